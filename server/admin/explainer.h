#ifndef MAILSTROM_SERVER_ADMIN_EXPLAINER_H_
#define MAILSTROM_SERVER_ADMIN_EXPLAINER_H_

#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "delivery/control.h"
#include "mailstrom/admin/v1/admin_service.pb.h"
#include "mailstrom/v1/mailstrom_service.pb.h"
#include "storage/store.h"

namespace mailstrom::server {

// Says where a recipient is, why it is not moving and what happens next. Pure.
admin::v1::Explanation MakeExplanation(const delivery::RecipientInStore& recipient,
                                       const delivery::Outlook& outlook, absl::Time now);

// The same for recipients of an email: of one address, or (when that is empty) at most 100 that are
// not settled. `done` runs on a thread of the store or on delivery's strand.
void ExplainRecipients(
    storage::Store& store, delivery::Control& control, const Clock& clock,
    const admin::v1::ExplainRecipientsRequest& request,
    absl::AnyInvocable<void(std::variant<admin::v1::ExplainRecipientsResponse, v1::Error>)> done);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_ADMIN_EXPLAINER_H_
