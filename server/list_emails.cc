#include "server/list_emails.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/api_conversion.h"
#include "server/page_token.h"
#include "server/request_validator.h"
#include "server/rpc_status.h"

namespace mailstrom::server {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
// What an email with a thousand recipients takes, times this, is still a message of a few MiB.
constexpr int kEmailsPerRead = 10;
constexpr size_t kMaxPageBytes = size_t{1} << 20;

storage::ListQuery ToQuery(const v1::ListEmailsRequest& request, std::optional<std::string> tenant,
                           std::string after) {
  storage::ListQuery query;
  query.after = std::move(after);
  query.tenant = std::move(tenant);
  query.tags.insert(request.tags().begin(), request.tags().end());
  if (!request.recipient().empty()) query.recipient = request.recipient();
  if (request.state() != v1::Email::STATE_UNSPECIFIED) {
    query.settled = request.state() == v1::Email::STATE_SETTLED;
  }
  if (request.has_start_time()) query.start_time = FromTimestamp(request.start_time());
  if (request.has_end_time()) query.end_time = FromTimestamp(request.end_time());
  return query;
}

int PageSize(const v1::ListEmailsRequest& request) {
  return request.page_size() == 0 ? kDefaultPageSize : std::min(request.page_size(), kMaxPageSize);
}

// One page on its way.
class PageCall : public std::enable_shared_from_this<PageCall> {
 public:
  using Done = absl::AnyInvocable<void(std::variant<v1::ListEmailsResponse, v1::Error>)>;

  PageCall(storage::Store& store, const v1::ListEmailsRequest& request,
           std::optional<std::string> tenant, std::string after, Done done)
      : store_(store),
        request_(request),
        page_size_(PageSize(request)),
        query_(ToQuery(request, std::move(tenant), std::move(after))),
        done_(std::move(done)) {}

  void ReadOn() {
    query_.page_size = std::min(page_size_ - response_.emails_size(), kEmailsPerRead);
    store_.ListEmails(query_, [self = shared_from_this()](absl::StatusOr<storage::ListPage> page) {
      self->OnPage(std::move(page));
    });
  }

 private:
  void OnPage(absl::StatusOr<storage::ListPage> page) {
    if (!page.ok()) return done_(ToError(page.status()));
    for (const storage::Email& email : page->emails) {
      *response_.add_emails() = ToApi(email);
      bytes_ += response_.emails().rbegin()->ByteSizeLong();
    }
    // A store that gave less than was asked for has done what it does for one page.
    const bool is_cut = static_cast<int>(page->emails.size()) < query_.page_size;
    const bool is_full = response_.emails_size() >= page_size_ || bytes_ >= kMaxPageBytes;
    if (!page->next.empty() && !is_cut && !is_full) {
      query_.after = std::move(page->next);
      return ReadOn();
    }
    if (!page->next.empty()) response_.set_next_page_token(FormatPageToken(request_, page->next));
    done_(std::move(response_));
  }

  v1::Error ToError(const absl::Status& status) const {
    // The only part of the query that the validator cannot judge.
    if (absl::IsInvalidArgument(status)) {
      return MakeFieldError({{"page_token", "is no token of an earlier page"}});
    }
    return MakeStoreError(status);
  }

  storage::Store& store_;
  const v1::ListEmailsRequest request_;
  const int page_size_;
  storage::ListQuery query_;
  v1::ListEmailsResponse response_;
  size_t bytes_ = 0;
  Done done_;
};

}  // namespace

void ListEmails(storage::Store& store, const v1::ListEmailsRequest& request,
                std::optional<std::string> tenant, PageCall::Done done) {
  std::vector<message::Violation> violations = ValidateList(request);
  absl::StatusOr<std::string> after = ParsePageToken(request);
  if (!after.ok()) {
    violations.push_back({"page_token", std::string(after.status().message())});
  }
  if (!violations.empty()) return done(MakeFieldError(violations));
  std::make_shared<PageCall>(store, request, std::move(tenant), *std::move(after), std::move(done))
      ->ReadOn();
}

}  // namespace mailstrom::server
