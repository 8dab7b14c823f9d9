#include "message/charset.h"

#include <iconv.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "message/utf8.h"

namespace mailstrom::message {
namespace {

// What iconv is asked for. Names come from strangers, and its rarer modules are little tested.
constexpr absl::string_view kConverted[] = {
    "big5",         "cp1250",       "cp1251",       "cp1252",       "euc-jp",       "euc-kr",
    "gb18030",      "gb2312",       "gbk",          "iso-2022-jp",  "iso-2022-kr",  "iso-8859-1",
    "iso-8859-10",  "iso-8859-13",  "iso-8859-14",  "iso-8859-15",  "iso-8859-16",  "iso-8859-2",
    "iso-8859-3",   "iso-8859-4",   "iso-8859-5",   "iso-8859-6",   "iso-8859-7",   "iso-8859-8",
    "iso-8859-9",   "koi8-r",       "koi8-u",       "shift_jis",    "tis-620",      "windows-1250",
    "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256",
    "windows-1257", "windows-1258", "windows-874",
};

std::optional<std::string> ConvertByIconv(absl::string_view bytes, const std::string& charset) {
  const iconv_t converter = iconv_open("UTF-8", charset.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string input(bytes.data(), bytes.size());
  // No charset of the list takes more than three octets of UTF-8 for one of its own, but for a
  // shift sequence's rest, which the last call below writes.
  std::string output(bytes.size() * 4 + 16, '\0');
  char* from = input.data();
  size_t from_size = input.size();
  char* to = output.data();
  size_t to_size = output.size();
  const bool ok = iconv(converter, &from, &from_size, &to, &to_size) != static_cast<size_t>(-1) &&
                  iconv(converter, nullptr, nullptr, &to, &to_size) != static_cast<size_t>(-1);
  iconv_close(converter);
  if (!ok) return std::nullopt;
  output.resize(output.size() - to_size);
  if (!IsValidUtf8(output)) return std::nullopt;
  return output;
}

}  // namespace

std::optional<std::string> ConvertToUtf8(absl::string_view bytes, absl::string_view charset) {
  const std::string name = absl::AsciiStrToLower(charset);
  if (name == "utf-8" || name == "utf8") {
    if (!IsValidUtf8(bytes)) return std::nullopt;
    return std::string(bytes);
  }
  if (name == "us-ascii" || name == "ascii") {
    if (!IsAscii(bytes)) return std::nullopt;
    return std::string(bytes);
  }
  if (!std::binary_search(std::begin(kConverted), std::end(kConverted), name)) return std::nullopt;
  return ConvertByIconv(bytes, name);
}

}  // namespace mailstrom::message
