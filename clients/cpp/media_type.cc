#include "clients/cpp/media_type.h"

#include "absl/strings/match.h"

namespace mailstrom::client {
namespace {

struct MediaType {
  absl::string_view extension;
  absl::string_view type;
};

constexpr MediaType kMediaTypes[] = {
    {"csv", "text/csv"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"html", "text/html"},
    {"ics", "text/calendar"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"json", "application/json"},
    {"md", "text/markdown"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"txt", "text/plain"},
    {"vcf", "text/vcard"},
    {"webp", "image/webp"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml"},
    {"zip", "application/zip"},
};

}  // namespace

absl::string_view MediaTypeForFile(absl::string_view filename) {
  const size_t dot = filename.rfind('.');
  if (dot == absl::string_view::npos) return "";
  const absl::string_view extension = filename.substr(dot + 1);
  for (const MediaType& entry : kMediaTypes) {
    if (absl::EqualsIgnoreCase(entry.extension, extension)) return entry.type;
  }
  return "";
}

}  // namespace mailstrom::client
