#include "server/sender_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "message/address.h"
#include "message/originators.h"

namespace mailstrom::server {
namespace {

std::string FieldOf(const v1::SendEmailRequest& request, const std::string& header) {
  if (request.message_case() == v1::SendEmailRequest::kRawMessage) return "raw_message";
  if (header == "From") return "content.from";
  return header == "Sender" ? "content.sender" : "content.headers";
}

std::string Describe(const std::string& domain) {
  return domain.empty() ? "is of no domain that could be allowed"
                        : absl::StrCat("is of ", domain, ", from where the tenant may not send");
}

}  // namespace

std::vector<message::Violation> CheckSenders(const Tenant& tenant,
                                             const v1::SendEmailRequest& request,
                                             const Submission& submission) {
  if (tenant.from_domains.empty()) return {};
  std::vector<message::Violation> violations;
  bool has_author = false;
  for (const message::Originator& originator : message::FindOriginators(submission.content)) {
    has_author = has_author || originator.field == "From";
    if (tenant.MaySendFrom(originator.domain)) continue;
    violations.push_back({FieldOf(request, originator.field),
                          absl::StrCat(originator.field, " ", Describe(originator.domain))});
  }
  if (!has_author) violations.push_back({FieldOf(request, "From"), "From names nobody"});
  const std::string& reverse_path = submission.email.record.reverse_path;
  if (!reverse_path.empty()) {
    const absl::StatusOr<message::AddrSpec> path = message::ParseAddrSpec(reverse_path);
    const std::string domain = path.ok() ? path->domain : "";
    if (!tenant.MaySendFrom(domain)) {
      violations.push_back(
          {request.has_envelope() ? "envelope.reverse_path" : FieldOf(request, "Sender"),
           absl::StrCat("the reverse-path ", Describe(domain))});
    }
  }
  return violations;
}

}  // namespace mailstrom::server
