#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "message/date.h"
#include "message/message.h"
#include "message/message_id.h"
#include "message/mime_parser.h"
#include "message/raw_message_header.h"
#include "message/raw_message_lines.h"
#include "message/raw_message_mime.h"
#include "message/raw_message_warnings.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

// The header as it leaves: no hidden recipients, and what every message must have.
std::string RepairHeader(const HeaderBlock& header, HeaderFindings& findings,
                         const ComposeContext& context) {
  std::string result;
  result.reserve(header.size + 256);
  for (const Field& field : header.fields) {
    if (!IsBlindField(field)) absl::StrAppend(&result, field.bytes);
  }
  if (!findings.has_date) absl::StrAppend(&result, "Date: ", FormatDate(context.now), "\r\n");
  if (!findings.has_message_id) {
    findings.message_id = MakeMessageId(context.now, context.host_name, *context.random);
    absl::StrAppend(&result, "Message-ID: <", findings.message_id, ">\r\n");
  }
  // Also where the message had no body, not even the empty line before it.
  result += "\r\n";
  return result;
}

void Append(std::vector<Violation>& to, std::vector<Violation>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

Prepared CheckRaw(std::string raw, const ComposeContext& context) {
  Prepared prepared;
  const LineReport lines = NormalizeLines(raw);
  for (const LineProblem& problem : lines.problems) {
    prepared.violations.push_back({absl::StrCat("line ", problem.line), problem.description});
  }
  const MimeTree tree = ParseMime(raw);
  const HeaderBlock& header = tree.parts.front().header;
  HeaderFindings header_findings = CheckHeader(header);
  MimeFindings mime_findings = CheckMime(raw, tree);
  Append(prepared.violations, header_findings.violations);
  Append(prepared.violations, mime_findings.violations);
  if (!prepared.violations.empty()) return prepared;
  prepared.warnings = FindWarnings(tree, context.now);

  const std::string repaired = RepairHeader(header, header_findings, context);
  // The views of `tree` into `raw` end here.
  raw.replace(0, header.size, repaired);
  prepared.message.bytes = std::move(raw);
  prepared.message.message_id = std::move(header_findings.message_id);
  // A hidden recipient may have been the only 8-bit text.
  prepared.message.is_8bit = lines.is_8bit && !IsAscii(prepared.message.bytes);
  prepared.message.needs_smtputf8 = mime_findings.has_8bit_header;
  prepared.envelope = std::move(header_findings.envelope);
  return prepared;
}

}  // namespace mailstrom::message
