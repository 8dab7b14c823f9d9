#ifndef MAILSTROM_CLIENTS_CLI_DOCTOR_DOCTOR_H_
#define MAILSTROM_CLIENTS_CLI_DOCTOR_DOCTOR_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "asio/awaitable.hpp"
#include "clients/cli/doctor/finding.h"
#include "clients/cli/doctor/mx_checks.h"
#include "message/dkim_key.h"

namespace mailstrom::cli {

// What shall be looked at.
struct Examination {
  // The domain of the authors, in lower-case A-labels.
  std::string domain;
  // Of DKIM keys.
  std::vector<std::string> selectors;
  // The key of the only selector.
  std::optional<message::DkimKey> dkim_key;
  // The sending server's name in EHLO; empty: unknown.
  std::string helo;
  // From which it sends; empty: those that `helo` has.
  std::vector<std::string> addresses;
  // Zones of lists of senders to be blocked.
  std::vector<std::string> blocklists;
};

// Looks at all that receivers look at, one after the other. `parts` and `examination` must outlive
// the call.
asio::awaitable<Findings> Examine(const MxCheckParts& parts, const Examination& examination);

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_DOCTOR_DOCTOR_H_
