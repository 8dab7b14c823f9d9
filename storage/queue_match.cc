#include "storage/queue_match.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "storage/list_query.h"

namespace mailstrom::storage {

std::string DomainOf(absl::string_view address) {
  return absl::AsciiStrToLower(address.substr(address.rfind('@') + 1));
}

bool MatchesRecord(const QueueQuery& query, const EmailRecord& record) {
  if (query.email_id.has_value() && *query.email_id != record.email_id) return false;
  if (query.tenant.has_value() && *query.tenant != record.tenant) return false;
  return std::all_of(query.tags.begin(), query.tags.end(), [&](const auto& tag) {
    const auto found = record.tags.find(tag.first);
    return found != record.tags.end() && found->second == tag.second;
  });
}

bool Matches(const QueueQuery& query, const EmailRecord& record, const Recipient& recipient) {
  if (IsFinal(recipient.state) || !MatchesRecord(query, record)) return false;
  if (query.held.has_value() && *query.held != recipient.held) return false;
  if (query.recipient.has_value() &&
      FoldAddress(*query.recipient) != FoldAddress(recipient.address)) {
    return false;
  }
  if (!query.domains.has_value()) return true;
  const std::string domain = DomainOf(recipient.address);
  return std::find(query.domains->begin(), query.domains->end(), domain) != query.domains->end();
}

void QueueCounter::Count(const EmailRecord& record, const Recipient& recipient) {
  std::string domain = DomainOf(recipient.address);
  auto found = domains_.find(domain);
  if (found == domains_.end()) {
    if (domains_.size() >= kMaxDomains) return others_.Count(record, recipient);
    found = domains_.try_emplace(domain).first;
    found->second.domain = std::move(domain);
  }
  found->second.Count(record, recipient);
}

QueueSummary QueueCounter::Finish(size_t max_domains) {
  QueueSummary summary;
  summary.others = std::move(others_);
  for (auto& [domain, queue] : domains_) summary.domains.push_back(std::move(queue));
  std::sort(summary.domains.begin(), summary.domains.end(),
            [](const DomainQueue& a, const DomainQueue& b) {
              return a.recipients != b.recipients ? a.recipients > b.recipients
                                                  : a.domain < b.domain;
            });
  for (size_t i = max_domains; i < summary.domains.size(); ++i) {
    summary.others.Add(summary.domains[i]);
  }
  if (summary.domains.size() > max_domains) summary.domains.resize(max_domains);
  return summary;
}

}  // namespace mailstrom::storage
