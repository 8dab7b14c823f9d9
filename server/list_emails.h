#ifndef MAILSTROM_SERVER_LIST_EMAILS_H_
#define MAILSTROM_SERVER_LIST_EMAILS_H_

#include <optional>
#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "storage/store.h"

namespace mailstrom::server {

// Fills one page of a list. Takes a few emails at a time from the store and stops at about 1 MiB,
// whatever the page size, because an email with many recipients is large. A page may be short, or
// empty, and still have a next one. `tenant`: whose emails; nullopt: all. `done` runs once, within
// the call or on a thread of the store.
void ListEmails(storage::Store& store, const v1::ListEmailsRequest& request,
                std::optional<std::string> tenant,
                absl::AnyInvocable<void(std::variant<v1::ListEmailsResponse, v1::Error>)> done);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_LIST_EMAILS_H_
