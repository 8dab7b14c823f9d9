#ifndef MAILSTROM_SERVER_CONFIG_COMPLAINTS_H_
#define MAILSTROM_SERVER_CONFIG_COMPLAINTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace mailstrom::server {

// Collects what is wrong with a configuration, by path, so that all of it is told at once.
class Complaints {
 public:
  void Add(absl::string_view path, absl::string_view problem) {
    list_.push_back(absl::StrCat(path, ": ", problem));
  }

  template <typename T>
  void CheckRange(absl::string_view path, T value, T least, T most) {
    if (!(value >= least && value <= most)) {
      Add(path, absl::StrCat(value, " is not between ", least, " and ", most));
    }
  }

  // InvalidArgument: there are some, a line each.
  absl::Status ToStatus() const;

 private:
  std::vector<std::string> list_;
};

// Whether `name` is a host name with at least one dot.
bool IsFullyQualified(absl::string_view name);

// Complains about what is no domain in A-labels, or `*.` before one, which means every name below.
void CheckDomainPattern(absl::string_view path, absl::string_view pattern, Complaints& complaints);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_CONFIG_COMPLAINTS_H_
