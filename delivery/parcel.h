#ifndef MAILSTROM_DELIVERY_PARCEL_H_
#define MAILSTROM_DELIVERY_PARCEL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "delivery/site.h"
#include "delivery/source_pool.h"
#include "storage/store.h"

namespace mailstrom::delivery {

// A claimed recipient with its path in the form that SMTP takes.
struct ParcelRecipient {
  storage::ClaimedRecipient claimed;
  std::string forward_path;
};

// Recipients of one email that go to one domain.
struct DomainGroup {
  // In lower-case A-labels, or a domain literal.
  std::string domain;
  // Some path needs SMTPUTF8; those that do not stand in a group of their own.
  bool needs_smtputf8 = false;
  std::vector<ParcelRecipient> recipients;
};

// Recipients of one email that go to one site, from one address.
struct Parcel {
  std::shared_ptr<const storage::EmailRecord> email;
  Site site;
  SourceChoice source;
  bool needs_smtputf8 = false;
  std::vector<ParcelRecipient> recipients;
  // The recipients' domain, all of them the same, when it has limits of its own; else empty.
  std::string limited_domain = "";
};

// Whether `recipients`, all of one email, hold the one with this index.
bool HasRecipient(const std::vector<ParcelRecipient>& recipients, int recipient_index);

// The domain of a path in the form that SMTP takes.
absl::string_view DomainOf(const ParcelRecipient& recipient);

struct GroupedRecipients {
  std::vector<DomainGroup> groups;
  // Those whose addresses are none.
  std::vector<storage::ClaimedRecipient> malformed;
};

// Groups in the order in which their domains appear first.
GroupedRecipients GroupByDomain(std::vector<storage::ClaimedRecipient> recipients);

struct ReversePath {
  // In the form that SMTP takes; empty is the null reverse-path.
  std::string path;
  // In lower-case A-labels; empty for the null reverse-path.
  std::string domain;
  bool needs_smtputf8 = false;
};

// What cannot be a reverse-path becomes the null one.
ReversePath ToReversePath(absl::string_view address);

}  // namespace mailstrom::delivery

#endif  // MAILSTROM_DELIVERY_PARCEL_H_
