#include "delivery/content_reader.h"

#include <utility>

#include "asio/async_result.hpp"
#include "asio/post.hpp"
#include "asio/use_awaitable.hpp"
#include "delivery/strand_callback.h"

namespace mailstrom::delivery {
namespace {

constexpr size_t kFirstDrop = 64;

}  // namespace

ContentReader::ContentReader(storage::Store& store, asio::any_io_executor executor)
    : store_(store), executor_(std::move(executor)), drop_at_(kFirstDrop) {}

asio::awaitable<absl::StatusOr<ContentReader::Content>> ContentReader::Read(
    std::shared_ptr<ContentReader> self, std::string email_id) {
  const auto found = self->entries_.find(email_id);
  if (found != self->entries_.end()) {
    if (Content content = found->second.content.lock()) co_return content;
  }
  if (Content content = self->store_.ContentAtHand(email_id)) co_return content;
  const auto initiate = [](auto handler, ContentReader* reader, std::string id) {
    reader->Start(id,
                  [handler = std::move(handler)](const absl::StatusOr<Content>& content) mutable {
                    std::move(handler)(content);
                  });
  };
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable),
                                          void(absl::StatusOr<Content>)>(
      initiate, asio::use_awaitable, self.get(), email_id);
}

void ContentReader::Start(const std::string& email_id, Waiter waiter) {
  if (entries_.size() >= drop_at_) DropUnused();
  Entry& entry = entries_[email_id];
  entry.waiting.push_back(std::move(waiter));
  if (entry.waiting.size() > 1) return;
  store_.ReadContent(
      email_id, OnStrand(executor_, weak_from_this(),
                         [email_id](ContentReader& self, const absl::StatusOr<Content>& content) {
                           self.OnRead(email_id, content);
                         }));
}

void ContentReader::OnRead(const std::string& email_id, const absl::StatusOr<Content>& content) {
  Entry& entry = entries_[email_id];
  std::vector<Waiter> waiting = std::move(entry.waiting);
  entry.waiting.clear();
  if (content.ok()) {
    entry.content = *content;
  } else {
    entries_.erase(email_id);
  }
  for (Waiter& waiter : waiting) waiter(content);
}

void ContentReader::DropUnused() {
  absl::erase_if(entries_, [](const auto& entry) {
    return entry.second.waiting.empty() && entry.second.content.expired();
  });
  drop_at_ = 2 * entries_.size() + kFirstDrop;
}

}  // namespace mailstrom::delivery
