#ifndef MAILSTROM_CLIENTS_CLI_QUEUE_OPTIONS_H_
#define MAILSTROM_CLIENTS_CLI_QUEUE_OPTIONS_H_

#include "clients/cli/arguments.h"

namespace mailstrom::cli {

// The options of `queue …` and `top`, for the table of commands.

// Which recipients of the queue a call is about.
inline constexpr Option kEmailFilter = {"email", "EMAIL_ID", "Recipients of this email."};
inline constexpr Option kRecipientFilter = {"recipient", "ADDRESS", "This recipient."};
inline constexpr Option kDomainFilter = {"domain", "DOMAIN", "Recipients of this domain."};
inline constexpr Option kSiteFilter = {
    "site", "SITE", "Recipients whose mail went to this site, or to a host of this name."};
inline constexpr Option kTenantFilter = {"tenant", "NAME", "Recipients of this tenant's emails."};
inline constexpr Option kTagFilter = {"tag", "KEY=VALUE", "Recipients of emails with this label.",
                                      true};
inline constexpr Option kHeldFilter = {"held", "", "Those whom an operator holds back."};

// Which mail an order is about, and what goes with every order.
inline constexpr Option kSiteScope = {
    "site", "SITE", "Mail to this site, as a summary shows it, or with a host of this name."};
inline constexpr Option kDomainScope = {"domain", "DOMAIN",
                                        "Mail to this domain; `*.a.test` is every name below it."};
inline constexpr Option kTenantScope = {"tenant", "NAME", "Mail of this tenant."};
inline constexpr Option kTagScope = {"tag", "KEY=VALUE", "Mail with this label."};
inline constexpr Option kOrderDuration = {"for", "DURATION",
                                          "End by itself after `30m` or `12h`. Default: never."};
inline constexpr Option kOrderReason = {"reason", "TEXT", "Why, for others who look."};
inline constexpr Option kOrderAuthor = {
    "author", "NAME",
    "Who orders it; a server that knows its callers puts their own. Default: $USER."};

inline constexpr Option kQueueSummaryOptions[] = {
    {"limit", "NUMBER", "Show at most so many sites, up to 1000. Default: 50."},
};

inline constexpr Option kQueueListOptions[] = {
    kEmailFilter,  kRecipientFilter,
    kDomainFilter, kSiteFilter,
    kTenantFilter, kTagFilter,
    kHeldFilter,   {"limit", "NUMBER", "Show at most so many. Default: 100."},
};

inline constexpr Option kQueueFilterOptions[] = {
    kEmailFilter,  kRecipientFilter, kDomainFilter, kSiteFilter,
    kTenantFilter, kTagFilter,       kHeldFilter,
};

inline constexpr Option kQueueScopeOptions[] = {
    kSiteScope,
    kDomainScope,
    kTenantScope,
    kTagScope,
};

inline constexpr Option kQueueSuspendOptions[] = {
    kSiteScope, kDomainScope, kTenantScope, kTagScope, kOrderDuration, kOrderReason, kOrderAuthor,
};

inline constexpr Option kQueueRerouteOptions[] = {
    kSiteScope,
    kDomainScope,
    kTenantScope,
    kTagScope,
    {"to", "HOST[:PORT]", "Where it goes: a host, or the name of a relay of the configuration."},
    {"end", "", "Send it where it belongs again."},
    kOrderDuration,
    kOrderReason,
    kOrderAuthor,
};

inline constexpr Option kQueueDrainOptions[] = {
    {"wait", "", "Return once no attempt is under way."},
    {"end", "", "Go on delivering."},
};

inline constexpr Option kTopOptions[] = {
    {"interval", "DURATION", "Time between two looks. Default: 2s."},
    {"once", "", "Show it once, as without a terminal."},
};

}  // namespace mailstrom::cli

#endif  // MAILSTROM_CLIENTS_CLI_QUEUE_OPTIONS_H_
