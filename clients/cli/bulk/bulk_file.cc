#include "clients/cli/bulk/bulk_file.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "clients/cli/bulk/csv_emails.h"
#include "clients/cli/bulk/mbox_emails.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "openssl/sha.h"

namespace mailstrom::cli {
namespace {

// What no email of a file can have.
constexpr absl::string_view kOptionsOfOne[] = {"raw", "wait"};

// A source and the file that it reads.
class OwningSource final : public BulkSource {
 public:
  OwningSource(std::unique_ptr<std::istream> file, std::unique_ptr<BulkSource> source)
      : file_(std::move(file)), source_(std::move(source)) {}
  std::optional<BulkEmail> Next() override { return source_->Next(); }

 private:
  const std::unique_ptr<std::istream> file_;
  const std::unique_ptr<BulkSource> source_;
};

bool IsMbox(const std::string& path, std::istream& file) {
  const std::string lower = absl::AsciiStrToLower(path);
  if (absl::EndsWith(lower, ".csv")) return false;
  if (absl::EndsWith(lower, ".mbox")) return true;
  std::string begin(5, '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  file.clear();
  file.seekg(0);
  return begin == "From ";
}

// Names the mailing by what is sent: the file and what the options say of all emails.
absl::StatusOr<std::string> MailingName(std::istream& file, const v1::SendEmailRequest& shared) {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::array<char, 1 << 16> block;
  while (file.read(block.data(), block.size()) || file.gcount() > 0) {
    SHA256_Update(&context, block.data(), static_cast<size_t>(file.gcount()));
  }
  if (file.bad()) return absl::InvalidArgumentError("the file cannot be read");
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    shared.SerializeToCodedStream(&coded);
  }
  SHA256_Update(&context, bytes.data(), bytes.size());
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256_Final(digest.data(), &context);
  // 128 bits are enough for a name.
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), 16));
}

}  // namespace

absl::StatusOr<BulkFile> BulkFile::Open(const Arguments& arguments, const FileReader& read_file,
                                        FileOpener open_file, const std::string& default_from) {
  for (const absl::string_view option : kOptionsOfOne) {
    if (arguments.Has(option)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", option, " is for one email, so with --from-file it has no place"));
    }
  }
  BulkFile file;
  file.path_ = arguments.Get("from-file");
  file.open_file_ = std::move(open_file);
  ASSIGN_OR_RETURN(const std::unique_ptr<std::istream> stream, file.open_file_(file.path_));
  const std::string format = arguments.Get("format");
  file.is_mbox_ = format.empty() ? IsMbox(file.path_, *stream) : format == "mbox";
  ASSIGN_OR_RETURN(file.shared_, BuildSharedRequest(arguments, read_file));
  if (file.is_mbox_ && file.shared_.has_content()) {
    return absl::InvalidArgumentError(
        "the messages of a mailbox file are complete: only --envelope-from, --envelope-to and "
        "--tag "
        "can be given for them");
  }
  if (!file.is_mbox_) {
    RETURN_IF_ERROR(SetDefaultFrom(default_from, *file.shared_.mutable_content()));
  }
  file.mailing_ = arguments.Get("request-id");
  if (file.mailing_.empty()) {
    ASSIGN_OR_RETURN(file.mailing_, MailingName(*stream, file.shared_));
  }
  return file;
}

absl::StatusOr<std::unique_ptr<BulkSource>> BulkFile::Read() const {
  ASSIGN_OR_RETURN(std::unique_ptr<std::istream> stream, open_file_(path_));
  std::unique_ptr<BulkSource> source;
  if (is_mbox_) {
    source = std::make_unique<MboxEmails>(*stream, shared_);
  } else {
    ASSIGN_OR_RETURN(source, CsvEmails::Open(*stream, shared_));
  }
  return std::make_unique<OwningSource>(std::move(stream), std::move(source));
}

std::string BulkFile::RequestId(const BulkEmail& email) const {
  return absl::StrCat(mailing_, "-", email.number);
}

}  // namespace mailstrom::cli
