#ifndef MAILSTROM_TESTS_CRASH_WORKER_PROCESS_H_
#define MAILSTROM_TESTS_CRASH_WORKER_PROCESS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mailstrom {

// A process that was run to its end.
struct WorkerRun {
  // What it said on standard output, as far as it was alive to say it.
  std::string output;
  // As of waitpid.
  int wait_status = 0;
};

// Runs a program, and kills it as kill -9 does once it has said `kill_after_bytes` bytes.
WorkerRun RunWorker(const std::vector<std::string>& command, size_t kill_after_bytes = SIZE_MAX);

// Whether it ended by kill -9, from within or without.
bool WasKilled(const WorkerRun& run);

// Whether it ended by itself, and well.
bool Succeeded(const WorkerRun& run);

}  // namespace mailstrom

#endif  // MAILSTROM_TESTS_CRASH_WORKER_PROCESS_H_
