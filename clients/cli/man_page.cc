#include "clients/cli/man_page.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "clients/cli/command_help.h"
#include "clients/cli/command_table.h"
#include "clients/cli/version.h"

namespace mailstrom::cli {
namespace {

// Text that the formatter takes literally. A dot at the beginning of a line would be a request.
std::string Literal(absl::string_view text) {
  std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"},
                                                   {"-", "\\-"},
                                                   {"'", "\\(aq"},
                                                   {"~", "\\(ti"},
                                                   {"^", "\\(ha"},
                                                   {"`", "\\(ga"}});
  if (absl::StartsWith(escaped, ".")) escaped.insert(0, "\\&");
  return absl::StrReplaceAll(escaped, {{" .", " \\&."}});
}

// With lines of at most 78 columns, as far as words allow.
std::string Wrapped(absl::string_view text) {
  std::string out;
  size_t column = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const bool fits = column + 1 + word.size() <= 78;
    if (column > 0) out += fits ? ' ' : '\n';
    column = fits && column > 0 ? column + 1 + word.size() : word.size();
    out.append(word.data(), word.size());
  }
  return out;
}

// Prose, in which what stands between back quotes is to be typed as it is.
std::string Prose(absl::string_view text) {
  std::string out;
  bool typed = false;
  for (const absl::string_view piece : absl::StrSplit(text, '`')) {
    absl::StrAppend(&out, typed && !piece.empty() ? "\\fB" : "", Literal(piece),
                    typed && !piece.empty() ? "\\fR" : "");
    typed = !typed;
  }
  return Wrapped(out);
}

std::string Tagged(absl::string_view tag, absl::string_view text) {
  return absl::StrCat(".TP\n", tag, "\n", Prose(text), "\n");
}

std::string DescribeOptions(absl::Span<const Option> options) {
  std::string text;
  for (const Option& option : options) {
    std::string tag = absl::StrCat("\\fB", Literal(absl::StrCat("--", option.name)), "\\fR");
    if (!option.value_name.empty())
      absl::StrAppend(&tag, " \\fI", Literal(option.value_name), "\\fR");
    absl::StrAppend(&text, Tagged(tag, OptionMeaning(option)));
  }
  return text;
}

std::string Details(absl::string_view details) {
  std::string text;
  bool example = false;
  for (const absl::string_view line : absl::StrSplit(absl::StripSuffix(details, "\n"), '\n')) {
    const bool is_example = absl::StartsWith(line, "  ");
    if (is_example != example) absl::StrAppend(&text, is_example ? ".PP\n.nf\n" : ".fi\n.PP\n");
    if (line.empty() && !example && !text.empty() && !absl::EndsWith(text, ".PP\n")) {
      absl::StrAppend(&text, ".PP\n");
    }
    if (!line.empty()) absl::StrAppend(&text, is_example ? Literal(line) : Prose(line), "\n");
    example = is_example;
  }
  if (example) absl::StrAppend(&text, ".fi\n");
  // Two breaks in a row are one.
  return absl::StrReplaceAll(text, {{".PP\n.PP\n", ".PP\n"}});
}

std::string DescribeCommand(const Command& command) {
  std::string text =
      absl::StrCat(".SS \"", Literal(command.name), command.operands.empty() ? "" : " ",
                   Literal(command.operands), "\"\n", Prose(command.summary), "\n");
  if (!command.details.empty()) absl::StrAppend(&text, ".PP\n", Details(command.details));
  return absl::StrReplaceAll(absl::StrCat(text, DescribeOptions(command.options)),
                             {{".PP\n.PP\n", ".PP\n"}});
}

std::string DescribeAll(absl::Span<const Explained> all) {
  std::string text;
  for (const Explained& one : all) {
    absl::StrAppend(&text, Tagged(absl::StrCat("\\fB", Literal(one.name), "\\fR"), one.meaning));
  }
  return text;
}

}  // namespace

std::string ManPage() {
  std::string text = absl::StrCat(
      ".TH MAILSTROM 1 \"", kReleaseDate, "\" \"mailstrom ", kVersion,
      "\" \"User Commands\"\n.SH NAME\nmailstrom \\- send email and follow its delivery\n"
      ".SH SYNOPSIS\n\\fBmailstrom\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n",
      Prose(kProgramSummary), "\n.SH COMMANDS\n");
  for (const Command& command : Commands()) absl::StrAppend(&text, DescribeCommand(command));
  absl::StrAppend(&text, ".SH OPTIONS\nOf every command:\n", DescribeOptions(CommonOptions()),
                  ".PP\nOf every command that calls a server:\n",
                  DescribeOptions(ConnectionOptions()), ".SH ENVIRONMENT\n",
                  DescribeAll(EnvironmentVariables()), ".SH FILES\n", Details(ConfigFileText()),
                  ".SH \"EXIT STATUS\"\n", DescribeAll(ExitCodeMeanings()));
  return text;
}

}  // namespace mailstrom::cli
