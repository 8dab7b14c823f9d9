#ifndef MAILSTROM_SERVER_SITE_RULES_H_
#define MAILSTROM_SERVER_SITE_RULES_H_

#include <vector>

#include "delivery/domain_limits.h"
#include "delivery/reply_rule.h"
#include "delivery/site_policy.h"
#include "delivery/smtp/tls_mode.h"
#include "mailstrom/config/v1/server_config.pb.h"
#include "server/source_config.h"

namespace mailstrom::server {

// All take what ParseConfig has completed.

delivery::smtp::TlsMode ToTlsMode(config::v1::TlsMode mode);

std::vector<delivery::ReplyRule> ToReplyRules(
    const google::protobuf::RepeatedPtrField<config::v1::ReplyRuleConfig>& configs);

// What a policy changes; port and TLS are not among it.
delivery::SitePolicyChanges ToPolicyChanges(const config::v1::SitePolicyConfig& config);

// Those named, then those of all domains.
std::vector<delivery::DomainRule> MakeDomainRules(const config::v1::DeliveryConfig& config);

std::vector<delivery::SiteRule> MakeSiteRules(const config::v1::DeliveryConfig& config,
                                              const SourcePools& pools);

}  // namespace mailstrom::server

#endif  // MAILSTROM_SERVER_SITE_RULES_H_
