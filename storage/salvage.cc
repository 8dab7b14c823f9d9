#include "storage/salvage.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"
#include "storage/record_walk.h"
#include "storage/records.h"
#include "storage/schema.h"

namespace mailstrom::storage {
namespace {

constexpr size_t kStepRecords = 256;
// Keys are tried in the order of numbers of so many bytes more than the last key that was read.
constexpr size_t kExtraBytes = 1;
constexpr size_t kIndexBytes = 4;

// Adds 2^`bit` to a number of big-endian bytes. False: it does not fit, and nothing is changed.
bool AddPower(size_t bit, std::string& number) {
  std::string sum = number;
  size_t place = number.size() - 1 - bit / 8;
  int carry = 1 << (bit % 8);
  while (true) {
    const int value = static_cast<unsigned char>(sum[place]) + carry;
    sum[place] = static_cast<char>(value & 0xff);
    carry = value >> 8;
    if (carry == 0) break;
    if (place-- == 0) return false;
  }
  number = std::move(sum);
  return true;
}

class Salvager {
 public:
  Salvager(const Database& damaged, Database& copy) : damaged_(damaged), copy_(copy) {}

  absl::StatusOr<Salvage> Run() {
    for (int i = 0; i < kFamilyCount; ++i) RETURN_IF_ERROR(CopyInOrder(static_cast<Family>(i)));
    // What a bad block hides need not be bad itself: it may lie in other files, among whose keys
    // the block stands. These can be found by their keys.
    RETURN_IF_ERROR(CopyEmailsByKey());
    RETURN_IF_ERROR(CopyEventsByKey());
    return salvage_;
  }

 private:
  using Records = std::vector<std::pair<std::string, std::string>>;

  absl::Status CopyInOrder(Family family) {
    std::string begin;
    while (true) {
      Records records;
      const absl::Status read = damaged_.Scan(family, begin, "", [&](auto key, auto value) {
        records.emplace_back(key, value);
        return records.size() < kStepRecords;
      });
      RETURN_IF_ERROR(Write(family, records));
      // Nothing sorts between a key and itself with a NUL appended.
      if (!records.empty()) begin = records.back().first + std::string(1, '\0');
      if (read.ok() && records.size() < kStepRecords) return absl::OkStatus();
      if (read.ok()) continue;
      ++salvage_.gaps;
      if (!SkipUnreadable(family, begin)) return absl::OkStatus();
    }
  }

  bool CanRead(Family family, const std::string& begin) const {
    return damaged_.Scan(family, begin, "", [](auto, auto) { return false; }).ok();
  }

  // Moves `begin` on, to about the first place from which it can be read again. False: there is
  // none.
  bool SkipUnreadable(Family family, std::string& begin) const {
    begin.append(kExtraBytes, '\0');
    size_t bit = 0;
    std::string end = begin;
    // Doubled steps find a place behind, halved ones the nearest.
    while (true) {
      end = begin;
      if (bit >= 8 * begin.size() || !AddPower(bit, end)) return false;
      if (CanRead(family, end)) break;
      ++bit;
    }
    while (bit-- > 0) {
      std::string middle = begin;
      if (AddPower(bit, middle) && middle < end && !CanRead(family, middle)) begin = middle;
    }
    AddPower(0, begin);
    return true;
  }

  absl::Status Write(Family family, const Records& records) {
    if (records.empty()) return absl::OkStatus();
    Database::Batch batch(copy_);
    for (const auto& [key, value] : records) batch.Put(family, key, value);
    salvage_.records += static_cast<int64_t>(records.size());
    return copy_.Write(batch);
  }

  // Copies a record that is not in the copy, if it can be read.
  absl::Status CopyOne(Family family, const std::string& key) {
    if (copy_.Get(family, key).ok()) return absl::OkStatus();
    absl::StatusOr<std::string> value = damaged_.Get(family, key);
    if (!value.ok()) return absl::OkStatus();
    return Write(family, {{key, *std::move(value)}});
  }

  absl::Status CopyEmailsByKey() {
    if (salvage_.gaps == 0) return absl::OkStatus();
    absl::Status status;
    const auto copy_email = [&](const std::string& id) {
      status.Update(CopyOne(Family::kEmails, id));
      status.Update(CopyOne(Family::kContents, id));
      const absl::StatusOr<std::string> bytes = copy_.Get(Family::kEmails, id);
      const absl::StatusOr<EmailRecord> record =
          bytes.ok() ? DecodeEmailRecord(id, *bytes) : bytes.status();
      for (int i = 0; record.ok() && i < record->recipient_count; ++i) {
        status.Update(CopyOne(Family::kRecipients, RecipientKey(id, i)));
      }
    };
    RETURN_IF_ERROR(ForEachRecord(copy_, Family::kByTime, [&](auto key, auto) {
      const absl::StatusOr<std::string> id = IndexedEmailId(Family::kByTime, key);
      if (id.ok()) copy_email(*id);
    }));
    RETURN_IF_ERROR(ForEachRecord(copy_, Family::kRecipients, [&](auto key, auto) {
      if (key.size() > kIndexBytes)
        copy_email(std::string(key.substr(0, key.size() - kIndexBytes)));
    }));
    RETURN_IF_ERROR(ForEachRecord(copy_, Family::kEmails,
                                  [&](auto key, auto) { copy_email(std::string(key)); }));
    return status;
  }

  absl::Status CopyEventsByKey() {
    if (salvage_.gaps == 0) return absl::OkStatus();
    absl::Status status;
    int64_t last = 0;
    RETURN_IF_ERROR(ForEachRecord(copy_, Family::kEvents, [&](auto key, auto) {
      const absl::StatusOr<int64_t> sequence = DecodeEventKey(key);
      if (!sequence.ok()) return;
      // What is before the first is past its retention.
      for (int64_t i = last == 0 ? *sequence : last + 1; i < *sequence; ++i) {
        status.Update(CopyOne(Family::kEvents, EventKey(i)));
      }
      last = *sequence;
    }));
    return status;
  }

  const Database& damaged_;
  Database& copy_;
  Salvage salvage_;
};

}  // namespace

absl::StatusOr<Salvage> SalvageRecords(const Database& damaged, Database& copy) {
  return Salvager(damaged, copy).Run();
}

}  // namespace mailstrom::storage
