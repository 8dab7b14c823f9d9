#include "message/base64.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace mailstrom::message {
namespace {

constexpr size_t kLineDigits = 76;
constexpr size_t kLineBytes = kLineDigits / 4 * 3;
constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Each pair of digits for twelve bits.
constexpr std::array<char, 8192> kPairs = [] {
  std::array<char, 8192> pairs{};
  for (int i = 0; i < 4096; ++i) {
    pairs[2 * i] = kDigits[i >> 6];
    pairs[2 * i + 1] = kDigits[i & 63];
  }
  return pairs;
}();

// Writes the digits of `size` octets to `to`, and returns their end.
char* EncodeGroups(const uint8_t* from, size_t size, char* to) {
  for (; size >= 3; size -= 3, from += 3, to += 4) {
    const uint32_t bits = from[0] << 16 | from[1] << 8 | from[2];
    std::memcpy(to, &kPairs[2 * (bits >> 12)], 2);
    std::memcpy(to + 2, &kPairs[2 * (bits & 4095)], 2);
  }
  if (size == 0) return to;
  const uint32_t bits = from[0] << 16 | (size == 2 ? from[1] << 8 : 0);
  *to++ = kDigits[bits >> 18];
  *to++ = kDigits[bits >> 12 & 63];
  *to++ = size == 2 ? kDigits[bits >> 6 & 63] : '=';
  *to++ = '=';
  return to;
}

#ifdef __x86_64__

// Writes the sixteen digits of the first twelve of sixteen readable octets.
__attribute__((target("ssse3"))) inline void EncodeTwelve(const uint8_t* from, char* to) {
  const __m128i input = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  // Each lane of 32 bits gets the octets b a c b of one group abc, so that all four digits lie
  // within 16 bits.
  const __m128i groups =
      _mm_shuffle_epi8(input, _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
  // Multiplying shifts each 16 bits by an amount of their own: right by 10 and 6 for the first and
  // third digit, left by 4 and 8 for the second and fourth.
  const __m128i odd = _mm_mulhi_epu16(_mm_and_si128(groups, _mm_set1_epi32(0x0fc0fc00)),
                                      _mm_set1_epi32(0x04000040));
  const __m128i even = _mm_mullo_epi16(_mm_and_si128(groups, _mm_set1_epi32(0x003f03f0)),
                                       _mm_set1_epi32(0x01000010));
  const __m128i values = _mm_or_si128(odd, even);
  // A value's range picks what to add to it: 0 to 25 row 13, 26 to 51 row 0, digits rows 1 to 10,
  // plus and slash rows 11 and 12.
  const __m128i row =
      _mm_or_si128(_mm_subs_epu8(values, _mm_set1_epi8(51)),
                   _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), values), _mm_set1_epi8(13)));
  const __m128i offsets =
      _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                    '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
  const __m128i digits = _mm_add_epi8(values, _mm_shuffle_epi8(offsets, row));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), digits);
}

// Encodes whole lines while four more octets than a line can be read. Moves `from` past them.
__attribute__((target("ssse3"))) char* EncodeLines(const uint8_t*& from, const uint8_t* end,
                                                   char* to) {
  while (static_cast<size_t>(end - from) >= kLineBytes + 4) {
    for (size_t i = 0; i < 4; ++i) EncodeTwelve(from + 12 * i, to + 16 * i);
    // The last nine octets of a line, with three once more.
    EncodeTwelve(from + kLineBytes - 12, to + kLineDigits - 16);
    std::memcpy(to + kLineDigits, "\r\n", 2);
    from += kLineBytes;
    to += kLineDigits + 2;
  }
  return to;
}

char* EncodeLinesIfSupported(const uint8_t*& from, const uint8_t* end, char* to) {
  static const bool supported = __builtin_cpu_supports("ssse3");
  return supported ? EncodeLines(from, end, to) : to;
}

#else

char* EncodeLinesIfSupported(const uint8_t*&, const uint8_t*, char* to) { return to; }

#endif

}  // namespace

size_t Base64Size(size_t data_size) {
  const size_t digits = (data_size + 2) / 3 * 4;
  return digits + (digits + kLineDigits - 1) / kLineDigits * 2;
}

void AppendBase64(absl::string_view data, std::string& out) {
  const size_t start = out.size();
  out.resize(start + Base64Size(data.size()));
  const auto* from = reinterpret_cast<const uint8_t*>(data.data());
  const uint8_t* const end = from + data.size();
  char* to = EncodeLinesIfSupported(from, end, out.data() + start);
  while (from < end) {
    const size_t size = std::min<size_t>(end - from, kLineBytes);
    to = EncodeGroups(from, size, to);
    std::memcpy(to, "\r\n", 2);
    from += size;
    to += 2;
  }
}

}  // namespace mailstrom::message
