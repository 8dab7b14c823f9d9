#ifndef MAILSTROM_SERVER_PAGE_TOKEN_H_
#define MAILSTROM_SERVER_PAGE_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "mailstrom/v1/mailstrom_service.pb.h"

namespace mailstrom::server {

// The page_token with which the list that `request` asked for goes on after `place`
// (ListPage::next). Opaque to callers, and bound to the conditions of the request; its page_size
// may change.
std::string FormatPageToken(const v1::ListEmailsRequest& request, const std::string& place);

// The place in `request`'s page_token; empty when it has none. InvalidArgument: FormatPageToken did
// not make it, or made it for other conditions.
absl::StatusOr<std::string> ParsePageToken(const v1::ListEmailsRequest& request);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_PAGE_TOKEN_H_
