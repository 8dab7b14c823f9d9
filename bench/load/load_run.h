#ifndef MAILSTROM_BENCH_LOAD_LOAD_RUN_H_
#define MAILSTROM_BENCH_LOAD_LOAD_RUN_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/load_email.h"
#include "bench/load/load_result.h"
#include "mailstrom/v1/mailstrom_service.grpc.pb.h"

namespace mailstrom::bench {

using Stub = v1::MailstromService::Stub;

struct LoadOptions {
  LoadShape shape;
  int64_t emails = 1000;
  // Calls, or emails of a stream, that wait for their answer at any time. With `rate`, the most.
  int concurrency = 20;
  // Emails due a second (an open loop: what comes late because answers are late counts as
  // latency); 0 sends the next as soon as an answer came.
  double rate = 0;
};

// Sends by SendEmail, over `stubs` in turn.
LoadResult RunUnary(const std::vector<std::unique_ptr<Stub>>& stubs, const LoadOptions& options);

// Sends by SendEmails, one stream for each of `stubs`, which share `concurrency`.
LoadResult RunStreams(const std::vector<std::unique_ptr<Stub>>& stubs, const LoadOptions& options);

}  // namespace mailstrom::bench

#endif  // MAILSTROM_BENCH_LOAD_LOAD_RUN_H_
