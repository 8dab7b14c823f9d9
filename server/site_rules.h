#ifndef MAILSTROM_SERVER_SITE_RULES_H_
#define MAILSTROM_SERVER_SITE_RULES_H_

#include <vector>

#include "delivery/reply_rule.h"
#include "delivery/site_policy.h"
#include "delivery/smtp/session.h"
#include "mailstrom/config/v1/server_config.pb.h"

namespace mailstrom::server {

// All take what ParseConfig has completed.

delivery::smtp::TlsMode ToTlsMode(config::v1::TlsMode mode);

std::vector<delivery::ReplyRule> ToReplyRules(
    const google::protobuf::RepeatedPtrField<config::v1::ReplyRuleConfig>& configs);

// What a policy changes; port and TLS are not among it.
delivery::SitePolicyChanges ToPolicyChanges(const config::v1::SitePolicyConfig& config);

std::vector<delivery::SiteRule> MakeSiteRules(const config::v1::DeliveryConfig& config);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SITE_RULES_H_
