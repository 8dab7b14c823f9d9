#include "clients/cli/bulk/csv_reader.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace mailstrom::cli {

CsvReader::CsvReader(std::istream& in, size_t max_record_bytes)
    : in_(in), max_record_bytes_(max_record_bytes) {
  // UTF-8 byte order mark, which spreadsheets like to write.
  const std::string mark = "\xef\xbb\xbf";
  std::string begin(mark.size(), '\0');
  in_.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (in_.gcount() == static_cast<std::streamsize>(mark.size()) && begin == mark) return;
  in_.clear();
  in_.seekg(0);
}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>& fields) {
  RETURN_IF_ERROR(error_);
  fields.clear();
  while (in_.peek() == '\n' || in_.peek() == '\r') {
    if (Take() == '\r' && in_.peek() != '\n') return Fail(next_line_, "a CR without an LF");
  }
  line_ = next_line_;
  if (in_.peek() == std::istream::traits_type::eof()) {
    if (in_.bad()) return Fail(next_line_, "the file cannot be read");
    return false;
  }
  record_bytes_ = 0;
  std::string* field = &fields.emplace_back();
  bool quoted = false;
  for (;;) {
    const int64_t here = next_line_;
    const int byte = Take();
    if (byte == ',') {
      field = &fields.emplace_back();
      quoted = false;
      // Empty fields cost memory, too.
      RETURN_IF_ERROR(Append(kEnd, *field));
    } else if (byte == kEnd || byte == '\n') {
      return true;
    } else if (byte == '\r') {
      if (in_.peek() != '\n') return Fail(here, "a CR without an LF");
    } else if (quoted) {
      return Fail(here, "text after the closing quote of a field");
    } else if (byte == '"') {
      if (!field->empty()) return Fail(here, "a quote within a field that does not begin with one");
      quoted = true;
      RETURN_IF_ERROR(TakeQuoted(*field));
    } else {
      RETURN_IF_ERROR(Append(byte, *field));
    }
  }
}

int CsvReader::Take() {
  const int byte = in_.get();
  if (byte == std::istream::traits_type::eof()) return kEnd;
  if (byte == '\n') ++next_line_;
  return byte;
}

absl::Status CsvReader::Append(int byte, std::string& field) {
  if (byte != kEnd) field.push_back(static_cast<char>(byte));
  if (++record_bytes_ <= max_record_bytes_) return absl::OkStatus();
  return Fail(line_, absl::StrCat("a record of more than ", max_record_bytes_,
                                  " bytes; is a closing quote missing?"));
}

// What follows an opening quote, up to and with the closing one.
absl::Status CsvReader::TakeQuoted(std::string& field) {
  const int64_t opened = next_line_;
  for (;;) {
    const int byte = Take();
    if (byte == kEnd) return Fail(opened, "a quote that is opened here is never closed");
    if (byte == '"') {
      if (in_.peek() != '"') return absl::OkStatus();
      Take();
    }
    RETURN_IF_ERROR(Append(byte, field));
  }
}

absl::Status CsvReader::Fail(int64_t line, absl::string_view why) {
  line_ = line;
  error_ = absl::InvalidArgumentError(why);
  return error_;
}

}  // namespace mailstrom::cli
