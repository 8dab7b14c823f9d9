#include "clients/cli/status_text.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "clients/cli/utf8.h"

namespace mailstrom::cli {
namespace {

std::string UtcText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string UtcText(const google::protobuf::Timestamp& timestamp) {
  return UtcText(ToTime(timestamp));
}

// `FAILURE_CAUSE_BAD_DOMAIN` as `bad domain`.
std::string CauseName(v1::FailureCause cause) {
  const std::string name = v1::FailureCause_Name(cause);
  if (name.empty()) return absl::StrCat("cause ", static_cast<int>(cause));
  return absl::AsciiStrToLower(
      absl::StrReplaceAll(absl::StripPrefix(name, "FAILURE_CAUSE_"), {{"_", " "}}));
}

std::string ReplyText(const v1::Reply& reply) {
  std::string text = absl::StrCat(reply.code());
  if (!reply.enhanced_code().empty()) absl::StrAppend(&text, " ", reply.enhanced_code());
  return absl::StrCat(text, " ", reply.text());
}

std::string Tries(int count) { return count == 1 ? "1 attempt" : absl::StrCat(count, " attempts"); }

// State, cause, attempts and what comes next.
std::string Standing(const v1::Recipient& recipient) {
  std::vector<std::string> parts = {StateName(recipient.state())};
  if (recipient.failure_cause() != v1::FAILURE_CAUSE_UNSPECIFIED) {
    parts.push_back(absl::StrCat("(", CauseName(recipient.failure_cause()), ")"));
  }
  if (recipient.attempt_count() > 0) {
    parts.push_back(absl::StrCat("after ", Tries(recipient.attempt_count())));
  }
  if (recipient.state() == v1::Recipient::STATE_DEFERRED && recipient.has_next_attempt_time()) {
    parts.push_back(absl::StrCat("until ", UtcText(recipient.next_attempt_time())));
  }
  if (recipient.in_doubt()) parts.push_back("[in doubt: may arrive twice]");
  return absl::StrJoin(parts, " ");
}

const char* SpeakerMark(v1::DialogueLine::Speaker speaker) {
  switch (speaker) {
    case v1::DialogueLine::SPEAKER_CLIENT:
      return "C:";
    case v1::DialogueLine::SPEAKER_SERVER:
      return "S:";
    default:
      return "--";
  }
}

std::string TagsText(const v1::Email& email) {
  std::vector<std::string> tags;
  for (const auto& [key, value] : email.tags()) tags.push_back(absl::StrCat(key, "=", value));
  std::sort(tags.begin(), tags.end());
  return absl::StrJoin(tags, " ");
}

}  // namespace

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string StateName(v1::Recipient::State state) {
  const std::string name = v1::Recipient::State_Name(state);
  if (name.empty()) return absl::StrCat("STATE ", static_cast<int>(state));
  return std::string(absl::StripPrefix(name, "STATE_"));
}

std::string LastAttempt(const v1::Recipient& recipient) {
  if (!recipient.has_last_attempt()) return "";
  const v1::Attempt& attempt = recipient.last_attempt();
  std::string text = attempt.has_reply() ? ReplyText(attempt.reply()) : attempt.description();
  std::string host = attempt.mx_host();
  if (!attempt.mx_address().empty()) absl::StrAppend(&host, " [", attempt.mx_address(), "]");
  if (!attempt.source_address().empty()) {
    absl::StrAppend(&host, " from ", attempt.source_address());
  }
  if (!attempt.tls().empty()) absl::StrAppend(&host, " ", attempt.tls());
  if (!host.empty()) absl::StrAppend(&text, " (", host, ")");
  return Printable(text);
}

std::string EmailText(const v1::Email& email) {
  std::string text = absl::StrCat("Email       ", email.email_id(), "\n");
  absl::StrAppend(&text, "Message-ID  <", Printable(email.message_id()), ">\n");
  absl::StrAppend(&text, "State       ",
                  absl::StripPrefix(v1::Email::State_Name(email.state()), "STATE_"), "\n");
  absl::StrAppend(&text, "Accepted    ", UtcText(email.accept_time()), "\n");
  if (email.state() == v1::Email::STATE_ACTIVE && email.has_expire_time()) {
    absl::StrAppend(&text, "Expires     ", UtcText(email.expire_time()), "\n");
  }
  absl::StrAppend(&text, "Size        ", email.size_bytes(), " bytes\n");
  if (!email.tags().empty()) {
    absl::StrAppend(&text, "Tags        ", Printable(TagsText(email)), "\n");
  }
  for (const v1::Recipient& recipient : email.recipients()) {
    absl::StrAppend(&text, "\n  ", Printable(recipient.address()), "\n    ", Standing(recipient),
                    "\n");
    const std::string attempt = LastAttempt(recipient);
    if (!attempt.empty()) absl::StrAppend(&text, "    ", attempt, "\n");
  }
  return text;
}

std::string DialogueText(const v1::Dialogue& dialogue) {
  std::string text = absl::StrCat("\nAttempt recorded ", UtcText(dialogue.record_time()), " for ",
                                  Printable(absl::StrJoin(dialogue.recipients(), ", ")), "\n");
  for (const v1::DialogueLine& line : dialogue.lines()) {
    const absl::Duration since = ToTime(line.time()) - ToTime(dialogue.lines(0).time());
    absl::StrAppend(&text, absl::StrFormat("  %9.3f %s %s\n", absl::ToDoubleSeconds(since),
                                           SpeakerMark(line.speaker()), Printable(line.text())));
  }
  return text;
}

std::string EmailLine(const v1::Email& email) {
  std::map<v1::Recipient::State, int> counts;
  for (const v1::Recipient& recipient : email.recipients()) ++counts[recipient.state()];
  std::vector<std::string> parts;
  for (const auto& [state, count] : counts) {
    parts.push_back(absl::StrCat(count, " ", StateName(state)));
  }
  return absl::StrCat(UtcText(email.accept_time()), " ", email.email_id(), " ",
                      absl::StrJoin(parts, ", "));
}

std::string RecipientLine(absl::Time time, absl::string_view email_id,
                          const v1::Recipient& recipient) {
  std::string line = absl::StrCat(UtcText(time), " ", email_id, " ", Printable(recipient.address()),
                                  " ", Standing(recipient));
  const std::string attempt = LastAttempt(recipient);
  if (!attempt.empty()) absl::StrAppend(&line, "; ", attempt);
  return line;
}

}  // namespace mailstrom::cli
