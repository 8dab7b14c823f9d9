#ifndef MAILSTROM_TESTS_MESSAGE_CONTENT_GENERATOR_H_
#define MAILSTROM_TESTS_MESSAGE_CONTENT_GENERATOR_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/random_source.h"
#include "message/content.h"

namespace mailstrom::message {

// Random bits that a seed determines.
class SeededRandomSource final : public RandomSource {
 public:
  explicit SeededRandomSource(uint64_t seed) : generator_(seed) {}
  uint64_t Next() override { return generator_(); }

 private:
  std::mt19937_64 generator_;
};

// What a reader must make of an address: the local-part without quotes, the domain in A-labels.
struct ReadAddress {
  std::string local_part;
  std::string domain;
};

// Makes valid contents that are hard to write down: text that looks like syntax, any character that
// Unicode has, white space in odd places, words too long for a line, bodies that look like
// delimiters, and file names of all these. The same seed gives the same contents.
class ContentGenerator {
 public:
  explicit ContentGenerator(uint64_t seed) : random_(seed) {}

  Content Next();

  // Of every address made so far, by its text in a content.
  const std::map<std::string, ReadAddress>& addresses() const { return addresses_; }

 private:
  // A number from 0 to `bound - 1`.
  size_t Draw(size_t bound) { return random_.Next() % bound; }
  bool OneIn(size_t n) { return Draw(n) == 0; }
  absl::string_view Pick(std::initializer_list<absl::string_view> choices);

  std::string Character();
  std::string Word();
  // One line of text without control characters other than tabs.
  std::string Line(size_t max_words);
  std::string TrimmedLine(size_t max_words);
  std::string Atom(bool utf8);
  Mailbox NextMailbox();
  Address NextAddress();
  std::vector<Address> Addresses(size_t max_count);
  std::string Id();
  std::string BodyLine();
  std::string Body();
  std::string Bytes();
  Attachment NextAttachment(std::string& html);
  HeaderField NextHeader(size_t index);
  void AddLists(Content& content);

  SeededRandomSource random_;
  std::map<std::string, ReadAddress> addresses_;
};

}  // namespace mailstrom::message

#endif  // MAILSTROM_TESTS_MESSAGE_CONTENT_GENERATOR_H_
