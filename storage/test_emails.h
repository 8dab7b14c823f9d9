#ifndef MAILSTROM_STORAGE_TEST_EMAILS_H_
#define MAILSTROM_STORAGE_TEST_EMAILS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "storage/records.h"
#include "storage/store.h"

namespace mailstrom::storage {

// Values for tests of stores.

// A fixed time, to which test times are relative.
inline const absl::Time kTestStart = absl::FromUnixSeconds(1'700'000'000);

// An email with `recipients` recipients, all due at `due`.
Email TestEmail(const std::string& id, int recipients = 1, absl::Time due = kTestStart);

// An email, and an attempt, in which no field has its default.
Email FullTestEmail(const std::string& id);
Attempt FullTestAttempt();

// What came of a claimed recipient.
Outcome Delivered(const ClaimedRecipient& claimed);
Outcome Failed(const ClaimedRecipient& claimed);
Outcome Deferred(const ClaimedRecipient& claimed, absl::Time next_attempt_time);

// All recipients of `work`, in order.
std::vector<ClaimedRecipient> AllOf(const DueWork& work);

// One text for a value, equal exactly when all fields are. For comparing and for messages.
std::string ToText(const Recipient& recipient);
std::string ToText(const EmailRecord& record);
std::string ToText(const Email& email);
std::string ToText(const Event& event);

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_TEST_EMAILS_H_
