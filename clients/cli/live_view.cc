#include "clients/cli/live_view.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/status_text.h"
#include "clients/cli/utf8.h"

namespace mailstrom::cli {
namespace {

constexpr size_t kStateColumns = 10;
constexpr size_t kMaxAddressColumns = 40;

bool IsSettled(const v1::Recipient& recipient) {
  return recipient.state() == v1::Recipient::STATE_DELIVERED ||
         recipient.state() == v1::Recipient::STATE_FAILED;
}

// ANSI escape sequence of the colour that a state has.
absl::string_view Colour(v1::Recipient::State state) {
  switch (state) {
    case v1::Recipient::STATE_DELIVERED:
      return "\x1b[32m";
    case v1::Recipient::STATE_FAILED:
      return "\x1b[31m";
    case v1::Recipient::STATE_DEFERRED:
      return "\x1b[33m";
    default:
      return "";
  }
}

// `text` cut or filled up to exactly `columns`.
std::string Cell(absl::string_view text, size_t columns) {
  const std::string cut = Truncate(text, columns);
  return cut + std::string(columns - CountCharacters(cut), ' ');
}

std::string Detail(const v1::Recipient& recipient, absl::Time now) {
  std::string text;
  if (recipient.in_doubt()) text = "in doubt; ";
  if (recipient.state() == v1::Recipient::STATE_DEFERRED && recipient.has_next_attempt_time()) {
    const absl::Duration wait = ToTime(recipient.next_attempt_time()) - now;
    const absl::Duration shown = absl::Ceil(std::max(wait, absl::ZeroDuration()), absl::Seconds(1));
    absl::StrAppend(&text, "next in ", absl::FormatDuration(shown), "; ");
  }
  return absl::StrCat(text, LastAttempt(recipient));
}

std::string Row(const v1::Recipient& recipient, size_t address_columns, size_t columns,
                absl::Time now) {
  const absl::string_view colour = Colour(recipient.state());
  const std::string state = Cell(StateName(recipient.state()), kStateColumns);
  const size_t before = 2 + address_columns + 1 + kStateColumns + 1 + 2 + 1;
  const size_t rest = columns > before ? columns - before : 0;
  return absl::StrCat("  ", Cell(Printable(recipient.address()), address_columns), " ", colour,
                      state, colour.empty() ? "" : "\x1b[0m", " ",
                      Cell(absl::StrCat(recipient.attempt_count()), 2), " ",
                      Truncate(Detail(recipient, now), rest));
}

std::string Head(const v1::Email& email, size_t columns) {
  const int settled =
      std::count_if(email.recipients().begin(), email.recipients().end(), IsSettled);
  return Truncate(
      absl::StrCat(email.email_id(), "  ", settled, " of ", email.recipients_size(), " settled"),
      columns);
}

std::vector<const v1::Recipient*> InOrder(const v1::Email& email, bool unsettled_first) {
  std::vector<const v1::Recipient*> recipients;
  for (const v1::Recipient& recipient : email.recipients()) {
    if (!unsettled_first || !IsSettled(recipient)) recipients.push_back(&recipient);
  }
  for (const v1::Recipient& recipient : email.recipients()) {
    if (unsettled_first && IsSettled(recipient)) recipients.push_back(&recipient);
  }
  return recipients;
}

// At most `rows` lines for one email, with its head.
void AppendEmail(const v1::Email& email, size_t rows, size_t address_columns, size_t columns,
                 absl::Time now, std::vector<std::string>& lines) {
  if (rows == 0) return;
  lines.push_back(Head(email, columns));
  const size_t count = email.recipients_size();
  const bool fits = count <= rows - 1;
  const size_t shown = fits ? count : rows - std::min<size_t>(rows, 2);
  const std::vector<const v1::Recipient*> recipients = InOrder(email, /*unsettled_first=*/!fits);
  for (size_t i = 0; i < shown; ++i) {
    lines.push_back(Row(*recipients[i], address_columns, columns, now));
  }
  if (!fits && rows > 1) {
    lines.push_back(Truncate(absl::StrCat("  … and ", count - shown, " more"), columns));
  }
}

size_t AddressColumns(absl::Span<const v1::Email> emails) {
  size_t columns = 0;
  for (const v1::Email& email : emails) {
    for (const v1::Recipient& recipient : email.recipients()) {
      columns = std::max(columns, CountCharacters(Printable(recipient.address())));
    }
  }
  return std::min(columns, kMaxAddressColumns);
}

}  // namespace

std::vector<std::string> LiveLines(absl::Span<const v1::Email> emails, TerminalSize size,
                                   absl::Time now, const std::string& notice) {
  const size_t address_columns = AddressColumns(emails);
  // The last row stays free for the cursor, and one for the notice.
  const size_t rows = size.rows > 3 ? size.rows - 2 : 2;
  std::vector<std::string> lines;
  for (const v1::Email& email : emails) {
    AppendEmail(email, rows - std::min(lines.size(), rows), address_columns, size.columns, now,
                lines);
  }
  if (!notice.empty()) lines.push_back(Truncate(Printable(notice), size.columns));
  return lines;
}

void LiveView::Draw(absl::Span<const v1::Email> emails, TerminalSize size, absl::Time now,
                    const std::string& notice) {
  std::string text;
  if (lines_drawn_ > 0) absl::StrAppend(&text, "\x1b[", lines_drawn_, "A");
  const std::vector<std::string> lines = LiveLines(emails, size, now, notice);
  for (const std::string& line : lines) absl::StrAppend(&text, "\r", line, "\x1b[K\n");
  absl::StrAppend(&text, "\x1b[J");
  lines_drawn_ = lines.size();
  out_ << text << std::flush;
}

}  // namespace mailstrom::cli
