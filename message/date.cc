#include "message/date.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "base/status_macros.h"
#include "message/cfws.h"

namespace mailstrom::message {
namespace {

constexpr absl::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
// In the order of absl::Weekday.
constexpr absl::string_view kWeekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

struct NamedZone {
  absl::string_view name;
  int hours;
};
constexpr NamedZone kNamedZones[] = {{"UT", 0},   {"GMT", 0},  {"EST", -5}, {"EDT", -4},
                                     {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6},
                                     {"PST", -8}, {"PDT", -7}};

absl::Status Error(absl::string_view what) { return absl::InvalidArgumentError(what); }

// Walks over the tokens of one date-time, comments and white space between them left out.
class Reader {
 public:
  explicit Reader(absl::string_view text) : text_(text) { Skip(); }

  bool AtEnd() const { return pos_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[pos_]; }

  bool Consume(char c) {
    if (AtEnd() || text_[pos_] != c) return false;
    ++pos_;
    Skip();
    return true;
  }

  // A possibly empty run of letters.
  absl::string_view Word() { return Take(absl::ascii_isalpha); }
  // A possibly empty run of digits.
  absl::string_view Digits() { return Take(absl::ascii_isdigit); }

 private:
  absl::string_view Take(bool (*accept)(unsigned char)) {
    const size_t begin = pos_;
    while (!AtEnd() && accept(text_[pos_])) ++pos_;
    const absl::string_view token = text_.substr(begin, pos_ - begin);
    Skip();
    return token;
  }
  void Skip() { pos_ = SkipCfws(text_, pos_); }

  absl::string_view text_;
  size_t pos_ = 0;
};

// Digits to a number; the caller has bounded their count.
int ToInt(absl::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

// The index of `word` in `names`, or -1.
template <size_t kSize>
int IndexOf(const absl::string_view (&names)[kSize], absl::string_view word) {
  for (size_t i = 0; i < kSize; ++i) {
    if (absl::EqualsIgnoreCase(names[i], word)) return static_cast<int>(i);
  }
  return -1;
}

absl::StatusOr<absl::CivilDay> ReadDay(Reader& reader) {
  const absl::string_view day = reader.Digits();
  if (day.empty() || day.size() > 2) return Error("the day of the month must have 1 or 2 digits");
  const int month = IndexOf(kMonths, reader.Word());
  if (month < 0) return Error("the month must be one of Jan to Dec");
  const absl::string_view digits = reader.Digits();
  if (digits.size() < 2 || digits.size() > 4) return Error("the year must have 4 digits");
  int year = ToInt(digits);
  if (digits.size() == 2) {
    year += year < 50 ? 2000 : 1900;
  } else if (digits.size() == 3) {
    year += 1900;
  }
  if (year < 1900) return Error("the year must not be before 1900");
  const absl::CivilDay result(year, month + 1, ToInt(day));
  if (result.day() != ToInt(day))
    return Error(absl::StrCat("there is no day ", day, " in that month"));
  return result;
}

absl::StatusOr<absl::Duration> ReadTimeOfDay(Reader& reader) {
  const absl::string_view hour = reader.Digits();
  if (hour.size() != 2 || ToInt(hour) > 23) return Error("the hour must be 00 to 23");
  if (!reader.Consume(':')) return Error("a colon must follow the hour");
  const absl::string_view minute = reader.Digits();
  if (minute.size() != 2 || ToInt(minute) > 59) return Error("the minute must be 00 to 59");
  absl::Duration result = absl::Hours(ToInt(hour)) + absl::Minutes(ToInt(minute));
  if (reader.Consume(':')) {
    const absl::string_view second = reader.Digits();
    if (second.size() != 2 || ToInt(second) > 60) return Error("the second must be 00 to 60");
    result += absl::Seconds(ToInt(second));
  }
  return result;
}

absl::StatusOr<absl::Duration> ReadZone(Reader& reader) {
  const bool east = reader.Peek() == '+';
  if (reader.Consume('+') || reader.Consume('-')) {
    const absl::string_view digits = reader.Digits();
    if (digits.size() != 4 || ToInt(digits.substr(2)) > 59) {
      return Error("the zone must be a sign and 4 digits, such as +0100");
    }
    const absl::Duration offset =
        absl::Hours(ToInt(digits.substr(0, 2))) + absl::Minutes(ToInt(digits.substr(2)));
    return east ? offset : -offset;
  }
  const absl::string_view word = reader.Word();
  for (const NamedZone& zone : kNamedZones) {
    if (absl::EqualsIgnoreCase(zone.name, word)) return absl::Hours(zone.hours);
  }
  // Military zones were defined the wrong way round once, so they mean nothing (§4.3).
  if (word.size() == 1 && absl::ascii_tolower(word[0]) != 'j') return absl::ZeroDuration();
  return Error("the zone must be a sign and 4 digits, such as +0100");
}

}  // namespace

std::string FormatDate(absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  time = std::clamp(time, absl::FromCivil(absl::CivilYear(1900), utc),
                    absl::FromCivil(absl::CivilYear(10000), utc) - absl::Seconds(1));
  const absl::CivilSecond second = absl::ToCivilSecond(time, utc);
  const auto two = [](int value) { return absl::Dec(value, absl::kZeroPad2); };
  return absl::StrCat(kWeekdays[static_cast<int>(absl::GetWeekday(second))], ", ",
                      two(second.day()), " ", kMonths[second.month() - 1], " ", second.year(), " ",
                      two(second.hour()), ":", two(second.minute()), ":", two(second.second()),
                      " +0000");
}

absl::StatusOr<absl::Time> ParseDate(absl::string_view text) {
  Reader reader(text);
  int weekday = -1;
  if (absl::ascii_isalpha(reader.Peek())) {
    weekday = IndexOf(kWeekdays, reader.Word());
    if (weekday < 0) return Error("the day of the week must be one of Mon to Sun");
    if (!reader.Consume(',')) return Error("a comma must follow the day of the week");
  }
  ASSIGN_OR_RETURN(const absl::CivilDay day, ReadDay(reader));
  if (weekday >= 0 && weekday != static_cast<int>(absl::GetWeekday(day))) {
    return Error(absl::StrCat("the day of the week is not that of the date, which is ",
                              kWeekdays[static_cast<int>(absl::GetWeekday(day))]));
  }
  ASSIGN_OR_RETURN(const absl::Duration time_of_day, ReadTimeOfDay(reader));
  ASSIGN_OR_RETURN(const absl::Duration offset, ReadZone(reader));
  if (!reader.AtEnd()) return Error("nothing but comments may follow the zone");
  return absl::FromCivil(absl::CivilSecond(day), absl::UTCTimeZone()) + time_of_day - offset;
}

}  // namespace mailstrom::message
