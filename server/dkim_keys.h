#ifndef MAILSTROM_SERVER_DKIM_KEYS_H_
#define MAILSTROM_SERVER_DKIM_KEYS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "mailstrom/config/v1/server_config.pb.h"
#include "message/dkim_key_ring.h"

namespace mailstrom::server {

// The configured signing keys, which are replaced as a whole when their files change. Thread-safe.
class DkimKeys {
 public:
  explicit DkimKeys(config::v1::DkimConfig config);

  // Reads the key files. True: the keys are others than before. InvalidArgument: a file cannot be
  // read, or holds no usable key; it is named, and the keys stay as they were.
  absl::StatusOr<bool> Reload();

  // Reads the files of another list of keys, which takes the place of the present one. Errors are
  // those of Reload; then the list, too, stays as it was.
  absl::Status Replace(config::v1::DkimConfig config);

  // The keys in force, none before the first Reload; never null.
  std::shared_ptr<const message::DkimKeyRing> ring() const;

 private:
  // Held while files are read, so that one list is not mixed with another.
  absl::Mutex reading_;
  mutable absl::Mutex mutex_;
  config::v1::DkimConfig config_ ABSL_GUARDED_BY(mutex_);
  // As last read, in the order of the configuration.
  std::vector<std::string> pems_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const message::DkimKeyRing> ring_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_DKIM_KEYS_H_
