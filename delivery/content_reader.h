#ifndef MAILSTROM_DELIVERY_CONTENT_READER_H_
#define MAILSTROM_DELIVERY_CONTENT_READER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "asio/any_io_executor.hpp"
#include "asio/awaitable.hpp"
#include "storage/store.h"

namespace mailstrom::delivery {

// Reads messages from the store, each once for all that need it at a time: they share the bytes.
// Lives on one strand.
class ContentReader : public std::enable_shared_from_this<ContentReader> {
 public:
  using Content = std::shared_ptr<const std::string>;

  ContentReader(storage::Store& store, asio::any_io_executor executor);

  // Errors as Store::ReadContent.
  static asio::awaitable<absl::StatusOr<Content>> Read(std::shared_ptr<ContentReader> self,
                                                       std::string email_id);

 private:
  using Waiter = absl::AnyInvocable<void(const absl::StatusOr<Content>&)>;
  struct Entry {
    std::weak_ptr<const std::string> content;
    // While the store reads.
    std::vector<Waiter> waiting;
  };

  void Start(const std::string& email_id, Waiter waiter);
  void OnRead(const std::string& email_id, const absl::StatusOr<Content>& content);
  void DropUnused();

  storage::Store& store_;
  const asio::any_io_executor executor_;
  absl::flat_hash_map<std::string, Entry> entries_;
  // Entries are looked through when there are that many.
  size_t drop_at_;
};

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_CONTENT_READER_H_
