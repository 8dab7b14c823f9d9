#ifndef MAILSTROM_CLIENTS_CLI_QUEUE_OPTIONS_H_
#define MAILSTROM_CLIENTS_CLI_QUEUE_OPTIONS_H_

#include "clients/cli/arguments.h"

namespace mailstrom::cli {

// The options of `queue …` and `top`, for the table of commands.

inline constexpr Option kQueueSummaryOptions[] = {
    {"limit", "NUMBER", "Show at most so many sites, up to 1000. Default: 50."},
};

inline constexpr Option kQueueListOptions[] = {
    {"email", "EMAIL_ID", "Recipients of this email."},
    {"recipient", "ADDRESS", "This recipient."},
    {"domain", "DOMAIN", "Recipients of this domain."},
    {"site", "SITE", "Recipients whose mail went to this site, or to a host of this name."},
    {"tenant", "NAME", "Recipients of this tenant's emails."},
    {"tag", "KEY=VALUE", "Recipients of emails with this label.", true},
    {"held", "", "Those whom an operator holds back."},
    {"limit", "NUMBER", "Show at most so many. Default: 100."},
};

inline constexpr Option kQueueFilterOptions[] = {
    {"email", "EMAIL_ID", "Recipients of this email."},
    {"recipient", "ADDRESS", "This recipient."},
    {"domain", "DOMAIN", "Recipients of this domain."},
    {"site", "SITE", "Recipients whose mail went to this site, or to a host of this name."},
    {"tenant", "NAME", "Recipients of this tenant's emails."},
    {"tag", "KEY=VALUE", "Recipients of emails with this label.", true},
    {"held", "", "Those whom an operator holds back."},
};

inline constexpr Option kQueueScopeOptions[] = {
    {"site", "SITE", "Mail to this site, as a summary shows it, or with a host of this name."},
    {"domain", "DOMAIN", "Mail to this domain; `*.a.test` is every name below it."},
    {"tenant", "NAME", "Mail of this tenant."},
    {"tag", "KEY=VALUE", "Mail with this label."},
};

inline constexpr Option kQueueSuspendOptions[] = {
    {"site", "SITE", "Mail to this site, as a summary shows it, or with a host of this name."},
    {"domain", "DOMAIN", "Mail to this domain; `*.a.test` is every name below it."},
    {"tenant", "NAME", "Mail of this tenant."},
    {"tag", "KEY=VALUE", "Mail with this label."},
    {"for", "DURATION", "End by itself after `30m` or `12h`. Default: never."},
    {"reason", "TEXT", "Why, for others who look."},
    {"author", "NAME", "Who orders it. Default: $USER."},
};

inline constexpr Option kQueueRerouteOptions[] = {
    {"site", "SITE", "Mail to this site, as a summary shows it, or with a host of this name."},
    {"domain", "DOMAIN", "Mail to this domain; `*.a.test` is every name below it."},
    {"tenant", "NAME", "Mail of this tenant."},
    {"tag", "KEY=VALUE", "Mail with this label."},
    {"to", "HOST[:PORT]", "Where it goes: a host, or the name of a relay of the configuration."},
    {"end", "", "Send it where it belongs again."},
    {"for", "DURATION", "End by itself after `30m` or `12h`. Default: never."},
    {"reason", "TEXT", "Why, for others who look."},
    {"author", "NAME", "Who orders it. Default: $USER."},
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
