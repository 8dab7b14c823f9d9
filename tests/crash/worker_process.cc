#include "tests/crash/worker_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace mailstrom {

WorkerRun RunWorker(const std::vector<std::string>& command, size_t kill_after_bytes) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], STDOUT_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    std::vector<char*> argv;
    for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  WorkerRun run;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = read(pipe_ends[0], buffer, sizeof(buffer))) > 0) {
    run.output.append(buffer, static_cast<size_t>(got));
    // What it says until it is dead counts as well.
    if (run.output.size() >= kill_after_bytes) kill(child, SIGKILL);
  }
  close(pipe_ends[0]);
  waitpid(child, &run.wait_status, 0);
  return run;
}

bool WasKilled(const WorkerRun& run) {
  return WIFSIGNALED(run.wait_status) && WTERMSIG(run.wait_status) == SIGKILL;
}

bool Succeeded(const WorkerRun& run) {
  return WIFEXITED(run.wait_status) && WEXITSTATUS(run.wait_status) == 0;
}

}  // namespace mailstrom
