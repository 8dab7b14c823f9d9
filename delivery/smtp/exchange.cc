#include "delivery/smtp/exchange.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "delivery/smtp/bdat_framing.h"
#include "delivery/smtp/dot_stuffing.h"
#include "delivery/smtp/envelope.h"
#include "delivery/smtp/failure.h"
#include "delivery/smtp/seven_bit_form.h"

namespace mailstrom::delivery::smtp {
namespace {

using storage::Phase;

// Commands sent ahead of their replies are kept to what both sides' buffers surely hold, or each
// side could wait for the other to read (RFC 2920 §3.1).
constexpr size_t kGroupBytes = 8192;

bool IsPositive(const Reply& reply) { return reply.code / 100 == 2; }

// RFC 5321 §4.5.3.1.10: 452, and for old servers 552, means that the transaction is full, unless
// the enhanced code tells something else.
bool IsTooMany(const Reply& reply) {
  if (reply.code != 452 && reply.code != 552) return false;
  if (reply.enhanced_code.empty()) return reply.code == 452;
  return reply.enhanced_code.substr(1) == ".5.3";
}

struct Step {
  Phase phase;
  const char* name;
  absl::Duration Timeouts::* timeout;
};

constexpr Step kRset = {Phase::kMail, "reply to RSET", &Timeouts::mail};
constexpr Step kMail = {Phase::kMail, "reply to MAIL", &Timeouts::mail};
constexpr Step kRcpt = {Phase::kRcpt, "reply to RCPT", &Timeouts::rcpt};
constexpr Step kData = {Phase::kData, "reply to DATA", &Timeouts::data_command};
constexpr Step kBlock = {Phase::kData, "sending the message", &Timeouts::data_block};
constexpr Step kEnd = {Phase::kData, "reply to the end of the message", &Timeouts::data_end};

RecipientResult Failed(Failure failure) {
  RecipientResult result;
  result.kind = RecipientResult::Kind::kFailed;
  result.reply = failure.reply;
  result.failure = std::move(failure);
  return result;
}

RecipientResult FailedByReply(const Reply& reply, const Step& step) {
  return Failed(FailureFromReply(reply, step.phase, step.name));
}

RecipientResult Unsupported(const Obstacle& obstacle) {
  Failure failure;
  failure.kind = Failure::Kind::kUnsupported;
  failure.phase = Phase::kMail;
  failure.description = obstacle.description;
  failure.enhanced_code = obstacle.enhanced_code;
  return Failed(std::move(failure));
}

}  // namespace

Exchange::Exchange(Dialogue& dialogue, const Capabilities& capabilities, const Timeouts& timeouts,
                   Transaction transaction)
    : dialogue_(dialogue),
      capabilities_(capabilities),
      timeouts_(timeouts),
      transaction_(std::move(transaction)) {
  result_.recipients.resize(transaction_.forward_paths.size());
  stages_.resize(transaction_.forward_paths.size(), Stage::kOpen);
}

asio::awaitable<TransactionResult> Exchange::Run(bool reset) {
  FailObstacles();
  unfinished_ = reset;
  if (!Any(Stage::kOpen)) co_return std::move(result_);
  co_await SendEnvelope(reset);
  if (!session_ended() && (data_accepted_ || (use_bdat() && Any(Stage::kAccepted)))) {
    co_await SendContent();
  }
  SettleTooMany();
  co_return std::move(result_);
}

void Exchange::FailObstacles() {
  Convert8Bit();
  const Obstacles obstacles = FindObstacles(transaction_, capabilities_);
  for (size_t i = 0; i < stages_.size(); ++i) {
    const Obstacle& obstacle =
        obstacles.transaction.exists() ? obstacles.transaction : obstacles.recipients[i];
    if (!obstacle.exists()) continue;
    result_.recipients[i] = Unsupported(obstacle);
    stages_[i] = Stage::kDecided;
  }
}

void Exchange::Convert8Bit() {
  if (!transaction_.is_8bit || capabilities_.eight_bit_mime) return;
  // Where that is not possible, the missing 8BITMIME stays an obstacle.
  absl::StatusOr<std::string> converted = SevenBitForm(*transaction_.message);
  if (!converted.ok()) return;
  transaction_.message = std::make_shared<const std::string>(*std::move(converted));
  transaction_.is_8bit = false;
}

std::vector<Exchange::Command> Exchange::MakeCommands(bool reset) const {
  std::vector<Command> commands;
  if (reset) commands.push_back({Verb::kRset, 0, "RSET\r\n"});
  commands.push_back({Verb::kMail, 0, MailCommand(transaction_, capabilities_)});
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i] != Stage::kOpen) continue;
    commands.push_back({Verb::kRcpt, i, RcptCommand(transaction_, i, capabilities_)});
  }
  if (!use_bdat()) commands.push_back({Verb::kData, 0, "DATA\r\n"});
  return commands;
}

size_t Exchange::GroupEnd(const std::vector<Command>& commands, size_t begin) const {
  size_t end = begin + 1;
  if (!capabilities_.pipelining) return end;
  size_t bytes = commands[begin].line.size();
  while (end < commands.size() && bytes + commands[end].line.size() <= kGroupBytes) {
    bytes += commands[end++].line.size();
  }
  return end;
}

bool Exchange::InVain(const Command& next) const {
  switch (next.verb) {
    case Verb::kRset:
    case Verb::kMail:
      return false;
    case Verb::kRcpt:
      // Once the transaction is full, more recipients would only be refused.
      return !mail_accepted_ || (Any(Stage::kTooMany) && Any(Stage::kAccepted));
    case Verb::kData:
      return !Any(Stage::kAccepted);
  }
}

asio::awaitable<void> Exchange::SendEnvelope(bool reset) {
  const std::vector<Command> commands = MakeCommands(reset);
  for (size_t begin = 0; begin < commands.size();) {
    if (InVain(commands[begin])) {
      ++begin;
      continue;
    }
    const size_t end = GroupEnd(commands, begin);
    co_await SendGroup(commands, begin, end);
    if (session_ended()) co_return;
    begin = end;
  }
}

asio::awaitable<void> Exchange::SendGroup(const std::vector<Command>& commands, size_t begin,
                                          size_t end) {
  const auto step_of = [](const Command& command) -> const Step& {
    switch (command.verb) {
      case Verb::kRset:
        return kRset;
      case Verb::kMail:
        return kMail;
      case Verb::kRcpt:
        return kRcpt;
      case Verb::kData:
        return kData;
    }
  };
  const Step& first = step_of(commands[begin]);
  CheckSilence(first.phase);
  if (session_ended()) co_return;
  std::string lines;
  for (size_t i = begin; i < end; ++i) lines += commands[i].line;
  const absl::Status sent = co_await dialogue_.Send(lines, timeouts_.*first.timeout);
  if (!sent.ok()) {
    Failure failure = FailureFromStatus(sent, first.phase, first.name);
    failure.reply = LastWord();
    EndSession(std::move(failure));
    co_return;
  }
  for (size_t i = begin; i < end; ++i) {
    const Step& step = step_of(commands[i]);
    const absl::StatusOr<Reply> reply = co_await dialogue_.Receive(timeouts_.*step.timeout);
    if (!reply.ok()) {
      EndSession(FailureFromStatus(reply.status(), step.phase, step.name));
    } else if (reply->code == 421) {
      EndSession(FailureFromReply(*reply, step.phase, step.name));
    } else {
      TakeReply(commands[i], *reply);
    }
    if (session_ended()) co_return;
  }
}

void Exchange::CheckSilence(Phase phase) {
  const absl::StatusOr<std::optional<Reply>> unsolicited = dialogue_.TakeUnsolicited();
  if (!unsolicited.ok()) {
    EndSession(FailureFromStatus(unsolicited.status(), phase, "before a command"));
  } else if (unsolicited->has_value()) {
    Failure failure = FailureFromReply(**unsolicited, phase, "before a command");
    if ((*unsolicited)->code != 421) failure.kind = Failure::Kind::kProtocol;
    EndSession(std::move(failure));
  }
}

std::optional<Reply> Exchange::LastWord() {
  absl::StatusOr<std::optional<Reply>> reply = dialogue_.TakeUnsolicited();
  return reply.ok() ? *std::move(reply) : std::nullopt;
}

void Exchange::TakeReply(const Command& command, const Reply& reply) {
  switch (command.verb) {
    case Verb::kRset:
      if (!IsPositive(reply)) EndSession(FailureFromReply(reply, kRset.phase, kRset.name));
      unfinished_ = false;
      break;
    case Verb::kMail:
      TakeMailReply(reply);
      break;
    case Verb::kRcpt:
      TakeRcptReply(command.recipient, reply);
      break;
    case Verb::kData:
      TakeDataReply(reply);
      break;
  }
}

void Exchange::TakeMailReply(const Reply& reply) {
  if (IsPositive(reply)) {
    mail_accepted_ = unfinished_ = true;
  } else if (reply.code < 400) {
    EndSession(FailureFromReply(reply, kMail.phase, kMail.name));
  } else {
    Decide(Stage::kOpen, FailedByReply(reply, kMail));
  }
}

void Exchange::TakeRcptReply(size_t recipient, const Reply& reply) {
  // After a refused MAIL the replies to what was sent along with it say nothing.
  if (!mail_accepted_) return;
  if (IsPositive(reply)) {
    stages_[recipient] = Stage::kAccepted;
  } else if (reply.code < 400) {
    EndSession(FailureFromReply(reply, kRcpt.phase, kRcpt.name));
  } else {
    result_.recipients[recipient] = FailedByReply(reply, kRcpt);
    stages_[recipient] = IsTooMany(reply) ? Stage::kTooMany : Stage::kDecided;
  }
}

void Exchange::TakeDataReply(const Reply& reply) {
  if (reply.code == 354) {
    data_accepted_ = true;
  } else if (reply.code < 400) {
    EndSession(FailureFromReply(reply, kData.phase, kData.name));
  } else {
    Decide(Stage::kAccepted, FailedByReply(reply, kData));
  }
}

asio::awaitable<void> Exchange::SendContent() {
  CheckSilence(Phase::kData);
  if (session_ended()) co_return;
  if (use_bdat()) {
    BdatFramer blocks(*transaction_.message);
    if (!co_await SendBlocks(blocks)) co_return;
  } else {
    // 354 although every RCPT was refused: nobody is to get the message, yet the server waits for a
    // dot.
    const absl::string_view message = *transaction_.message;
    DotStuffer blocks(Any(Stage::kAccepted) ? message : absl::string_view());
    if (!co_await SendBlocks(blocks)) co_return;
  }
  const absl::StatusOr<Reply> reply = co_await dialogue_.Receive(timeouts_.*kEnd.timeout);
  if (reply.ok()) {
    TakeFinalReply(*reply);
    co_return;
  }
  RecipientResult in_doubt;
  in_doubt.kind = RecipientResult::Kind::kInDoubt;
  in_doubt.failure = FailureFromStatus(reply.status(), kEnd.phase, kEnd.name);
  Decide(Stage::kAccepted, in_doubt);
  EndSession(in_doubt.failure);
}

void Exchange::NoteContent() {
  if (dialogue_.transcript() == nullptr) return;
  dialogue_.transcript()->Note(Any(Stage::kAccepted)
                                   ? absl::StrCat("the message, ", transaction_.message->size(),
                                                  " bytes", use_bdat() ? ", by BDAT" : "")
                                   : "a lone dot, for nobody is to get the message");
}

asio::awaitable<bool> Exchange::SendBlocks(BlockSource& blocks) {
  NoteContent();
  while (!blocks.done()) {
    const absl::string_view block = blocks.NextBlock();
    const absl::Status sent = co_await dialogue_.SendContent(block, timeouts_.*kBlock.timeout);
    if (sent.ok()) continue;
    Failure failure = FailureFromStatus(sent, kBlock.phase, kBlock.name);
    failure.reply = LastWord();
    if (failure.reply.has_value() && failure.reply->code >= 400) {
      // It did not wait for the end to say no.
      Decide(Stage::kAccepted, FailedByReply(*failure.reply, kEnd));
    } else if (blocks.done()) {
      // How much of the last block has arrived is unknown: the end may have.
      RecipientResult in_doubt;
      in_doubt.kind = RecipientResult::Kind::kInDoubt;
      in_doubt.failure = failure;
      Decide(Stage::kAccepted, in_doubt);
    }
    EndSession(std::move(failure));
    co_return false;
  }
  co_return true;
}

void Exchange::TakeFinalReply(const Reply& reply) {
  unfinished_ = false;
  RecipientResult result;
  result.reply = reply;
  if (IsPositive(reply)) {
    result.kind = RecipientResult::Kind::kDelivered;
  } else if (reply.code >= 400) {
    result = FailedByReply(reply, kEnd);
  } else {
    result.kind = RecipientResult::Kind::kInDoubt;
    result.failure = FailureFromReply(reply, kEnd.phase, kEnd.name);
  }
  Decide(Stage::kAccepted, result);
  if (reply.code == 421 || reply.code / 100 == 3) {
    EndSession(FailureFromReply(reply, kEnd.phase, kEnd.name));
  }
}

bool Exchange::Any(Stage stage) const { return absl::c_linear_search(stages_, stage); }

void Exchange::Decide(Stage stage, const RecipientResult& result) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i] != stage) continue;
    result_.recipients[i] = result;
    stages_[i] = Stage::kDecided;
  }
}

void Exchange::EndSession(Failure failure) {
  if (session_ended()) return;
  dialogue_.Close();
  result_.session_failure = std::move(failure);
}

void Exchange::SettleTooMany() {
  // A new transaction with the rest gets on only if this one got on with someone; else the refusal
  // counts, or it would be tried for ever.
  if (!Any(Stage::kDecided) && !session_ended()) return;
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i] == Stage::kTooMany) result_.recipients[i] = RecipientResult();
  }
}

}  // namespace mailstrom::delivery::smtp
