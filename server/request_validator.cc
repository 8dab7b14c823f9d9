#include "server/request_validator.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/duration_text.h"
#include "message/address.h"
#include "server/api_conversion.h"

namespace mailstrom::server {
namespace {

using Violations = std::vector<message::Violation>;

constexpr int kMaxTags = 16;
constexpr size_t kMaxTagKeyBytes = 64;
constexpr size_t kMaxTagValueBytes = 256;
constexpr size_t kMaxEmailIdBytes = 64;
constexpr size_t kMaxRequestIdBytes = 128;
constexpr int kMaxWatchedEmails = 1000;
constexpr absl::Duration kMaxAhead = absl::Hours(24 * 30);

bool IsTagKey(absl::string_view key) {
  if (key.empty() || key.size() > kMaxTagKeyBytes) return false;
  for (const char c : key) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (!absl::ascii_islower(byte) && !absl::ascii_isdigit(byte) && c != '_' && c != '.' &&
        c != '-')
      return false;
  }
  return true;
}

void ValidateTags(const google::protobuf::Map<std::string, std::string>& tags, Violations& out) {
  if (tags.size() > kMaxTags) {
    out.push_back({"tags", absl::StrCat("has ", tags.size(), " entries; at most ", kMaxTags)});
  }
  for (const auto& [key, value] : tags) {
    const std::string path =
        absl::StrCat("tags[", absl::string_view(key).substr(0, kMaxTagKeyBytes), "]");
    if (!IsTagKey(key)) out.push_back({path, "is no key: 1 to 64 characters of [a-z0-9_.-]"});
    if (value.size() > kMaxTagValueBytes) {
      out.push_back({path, absl::StrCat("has a value of ", value.size(), " bytes; at most ",
                                        kMaxTagValueBytes)});
    }
  }
}

void ValidateEmailId(absl::string_view path, absl::string_view email_id, Violations& out) {
  if (email_id.empty()) out.push_back({std::string(path), "is required"});
  if (email_id.size() > kMaxEmailIdBytes)
    out.push_back({std::string(path), "is longer than any email_id"});
}

void ValidateRequestId(absl::string_view request_id, Violations& out) {
  const bool is_printable = std::all_of(request_id.begin(), request_id.end(), [](char c) {
    return absl::ascii_isprint(static_cast<unsigned char>(c));
  });
  if (request_id.size() > kMaxRequestIdBytes || !is_printable) {
    out.push_back({"request_id", absl::StrCat("is no id: 1 to ", kMaxRequestIdBytes,
                                              " printable ASCII characters")});
  }
}

void ValidateEnvelope(const v1::Envelope& envelope, int max_recipients, Violations& out) {
  if (!envelope.reverse_path().empty()) {
    const auto path = message::ParseAddrSpec(envelope.reverse_path());
    if (!path.ok()) out.push_back({"envelope.reverse_path", std::string(path.status().message())});
  }
  if (envelope.forward_paths().empty())
    out.push_back({"envelope.forward_paths", "names no recipient; at least one"});
  if (envelope.forward_paths_size() > max_recipients) {
    out.push_back(
        {"envelope.forward_paths", absl::StrCat("names ", envelope.forward_paths_size(),
                                                " recipients; at most ", max_recipients)});
    return;
  }
  absl::flat_hash_map<std::string, int> seen;
  for (int i = 0; i < envelope.forward_paths_size(); ++i) {
    const std::string field = absl::StrCat("envelope.forward_paths[", i, "]");
    const auto path = message::ParseAddrSpec(envelope.forward_paths(i));
    if (!path.ok()) {
      out.push_back({field, std::string(path.status().message())});
    } else if (const auto [entry, is_new] = seen.emplace(path->ToString(), i); !is_new) {
      out.push_back({field, absl::StrCat("is the same mailbox as envelope.forward_paths[",
                                         entry->second, "]")});
    }
  }
}

void ValidateDuration(const char* path, const google::protobuf::Duration& duration,
                      absl::Duration least, absl::Duration most, Violations& out) {
  const absl::Duration value = FromProto(duration);
  if (value < least || value > most) {
    out.push_back(
        {path, absl::StrCat("is ", FormatDurationText(value), "; between ",
                            FormatDurationText(least), " and ", FormatDurationText(most))});
  }
}

void ValidateRetryPolicy(const v1::RetryPolicy& policy, Violations& out) {
  if (policy.has_max_retries() && (policy.max_retries() < 0 || policy.max_retries() > 1000)) {
    out.push_back({"retry_policy.max_retries",
                   absl::StrCat("is ", policy.max_retries(), "; between 0 and 1000")});
  }
  if (policy.has_multiplier() && !(policy.multiplier() >= 1 && policy.multiplier() <= 100)) {
    out.push_back({"retry_policy.multiplier",
                   absl::StrCat("is ", policy.multiplier(), "; between 1 and 100")});
  }
  const absl::Duration least = absl::Milliseconds(1);
  if (policy.has_initial_delay()) {
    ValidateDuration("retry_policy.initial_delay", policy.initial_delay(), least, kMaxAhead, out);
  }
  if (policy.has_max_delay())
    ValidateDuration("retry_policy.max_delay", policy.max_delay(), least, kMaxAhead, out);
  if (policy.has_lifetime()) {
    ValidateDuration("retry_policy.lifetime", policy.lifetime(), absl::Seconds(1), kMaxAhead, out);
  }
}

void ValidateTimestamp(const char* path, const google::protobuf::Timestamp& time, Violations& out) {
  // The years 1 to 9999, as protobuf defines.
  if (time.seconds() < -62135596800 || time.seconds() > 253402300799 || time.nanos() < 0 ||
      time.nanos() > 999999999) {
    out.push_back({path, "is no valid time"});
  }
}

int64_t PayloadBytes(const v1::Content& content) {
  int64_t bytes = static_cast<int64_t>(content.text().size() + content.html().size());
  for (const v1::Attachment& attachment : content.attachments())
    bytes += static_cast<int64_t>(attachment.data().size());
  return bytes;
}

void ValidateSize(const char* field, int64_t bytes, int64_t limit, Violations& out) {
  if (bytes > limit)
    out.push_back({field, absl::StrCat("has ", bytes, " bytes; a message has at most ", limit)});
}

}  // namespace

Violations ValidateSend(const v1::SendEmailRequest& request, const RequestLimits& limits,
                        absl::Time now) {
  Violations out;
  ValidateRequestId(request.request_id(), out);
  switch (request.message_case()) {
    case v1::SendEmailRequest::kContent:
      ValidateSize("content", PayloadBytes(request.content()), limits.max_message_bytes, out);
      if (request.content().has_date())
        ValidateTimestamp("content.date", request.content().date(), out);
      break;
    case v1::SendEmailRequest::kRawMessage:
      ValidateSize("raw_message", static_cast<int64_t>(request.raw_message().size()),
                   limits.max_message_bytes, out);
      break;
    case v1::SendEmailRequest::MESSAGE_NOT_SET:
      out.push_back({"message", "is required: set content or raw_message"});
  }
  if (request.has_envelope()) ValidateEnvelope(request.envelope(), limits.max_recipients, out);
  if (request.has_send_time()) {
    ValidateTimestamp("send_time", request.send_time(), out);
    if (FromTimestamp(request.send_time()) > now + kMaxAhead) {
      out.push_back({"send_time", "is more than 30 days ahead"});
    }
  }
  if (request.has_retry_policy()) ValidateRetryPolicy(request.retry_policy(), out);
  ValidateTags(request.tags(), out);
  return out;
}

Violations ValidateQuery(const v1::QueryStatusRequest& request) {
  Violations out;
  ValidateEmailId("email_id", request.email_id(), out);
  return out;
}

Violations ValidateQuery(const v1::QueryDialoguesRequest& request) {
  Violations out;
  ValidateEmailId("email_id", request.email_id(), out);
  return out;
}

Violations ValidateWatch(const v1::WatchStatusRequest& request) {
  Violations out;
  if (request.email_ids_size() > kMaxWatchedEmails) {
    out.push_back({"email_ids", absl::StrCat("names ", request.email_ids_size(),
                                             " emails; at most ", kMaxWatchedEmails)});
  } else {
    for (int i = 0; i < request.email_ids_size(); ++i) {
      ValidateEmailId(absl::StrCat("email_ids[", i, "]"), request.email_ids(i), out);
    }
  }
  ValidateTags(request.tags(), out);
  return out;
}

Violations ValidateCancel(const v1::CancelEmailRequest& request) {
  Violations out;
  ValidateEmailId("email_id", request.email_id(), out);
  return out;
}

Violations ValidateList(const v1::ListEmailsRequest& request) {
  Violations out;
  if (request.page_size() < 0) {
    out.push_back({"page_size", absl::StrCat("is ", request.page_size(), "; at least 0")});
  }
  ValidateTags(request.tags(), out);
  if (!request.recipient().empty()) {
    const auto path = message::ParseAddrSpec(request.recipient());
    if (!path.ok()) out.push_back({"recipient", std::string(path.status().message())});
  }
  if (!v1::Email::State_IsValid(request.state())) {
    out.push_back(
        {"state", absl::StrCat("is ", static_cast<int>(request.state()), ", which is no state")});
  }
  if (request.has_start_time()) ValidateTimestamp("start_time", request.start_time(), out);
  if (request.has_end_time()) ValidateTimestamp("end_time", request.end_time(), out);
  return out;
}

}  // namespace mailstrom::server
