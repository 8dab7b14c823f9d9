#ifndef MAILSTROM_STORAGE_STANDING_ORDER_H_
#define MAILSTROM_STORAGE_STANDING_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace mailstrom::storage {

// A store keeps this many orders at most.
inline constexpr size_t kMaxOrders = 1000;

// Names part of the mail.
struct OrderScope {
  // The numbers are on the disk.
  enum class Kind {
    // A site's key, or the name of one of its hosts.
    kSite = 1,
    // Of the recipient, in lower-case A-labels; `*.example.com` is every name below it.
    kDomain = 2,
    // To whom the email belongs.
    kTenant = 3,
    // The email has the tag `name` with this value.
    kTag = 4,
  };
  Kind kind = Kind::kDomain;
  // Of a tag.
  std::string name = "";
  std::string value;

  bool operator==(const OrderScope& other) const = default;
};

// What an operator ordered for part of the mail, and stands until it is taken back or over.
struct StandingOrder {
  // The numbers are on the disk.
  enum class Kind {
    // Nothing is attempted.
    kSuspend = 1,
    // It goes to `host` instead of where it would.
    kReroute = 2,
  };
  Kind kind = Kind::kSuspend;
  OrderScope scope;
  // Name or address of a host, or the name of a relay of the configuration.
  std::string host = "";
  // Of `host`; 0: as the configuration says.
  uint16_t port = 0;
  // Who gave it, and why; for people.
  std::string author = "";
  std::string reason = "";
  absl::Time create_time = absl::UnixEpoch();
  // It is over then.
  absl::Time expire_time = absl::InfiniteFuture();
  // It was taken back, and what it held back is being let go.
  bool lifted = false;

  // Whether it counts at `now`.
  bool InForce(absl::Time now) const { return !lifted && now < expire_time; }
  // Whether its time is up, and nothing was done about that yet.
  bool IsOver(absl::Time now) const { return !lifted && now >= expire_time; }
  // Of the same kind there is one order for each scope.
  bool Replaces(const StandingOrder& other) const {
    return kind == other.kind && scope == other.scope;
  }
};

}  // namespace mailstrom::storage

#endif  // MAILSTROM_STORAGE_STANDING_ORDER_H_
