// sweep [--all] FOLDER [JOB]: does each job once for each call of the system in it, which fails, and checks what is
// promised. Without --all, some of the thousands of allocations of long jobs are left out.
// Runs under the library that makes calls fail: LD_PRELOAD=shim.so. The folder is made, and emptied.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "file_jobs.hpp"
#include "heed/core/error.hpp"
#include "jobs.hpp"
#include "shim.hpp"
#include "ways.hpp"

namespace {

using namespace faults;

int open_files() {
  int count = 0;
  for (int file = 0; file < 100; ++file) count += ::fcntl(file, F_GETFD) >= 0;
  return count;
}

enum Verdict { succeeded = 0, failed = 1, not_reached = 2, wrong = 3 };

char message[400];

Verdict complain(const char* what) {
  std::fprintf(stderr, "    %s%s%s\n", what, *message ? ": " : "", message);
  return wrong;
}

/// Runs in a process of its own.
Verdict attempt(const Job& job, const Way& way, long call, const std::filesystem::path& folder, long kept) {
  const int files = open_files();
  const long blocks = heed_fault_blocks();
  enum { none, error, other } thrown = none;
  arm({way.kind, call, way.error, way.mode});
  try {
    job.run();
  } catch (const heed::Error& e) {
    arm({});
    std::strncpy(message, e.what(), sizeof message - 1);
    thrown = error;
  } catch (const std::exception& e) {
    arm({});
    std::strncpy(message, e.what(), sizeof message - 1);
    thrown = other;
  }
  const bool reached = heed_fault_reached();
  arm({});
  const long leaked = heed_fault_blocks() - blocks - kept;
  const int left_open = open_files() - files;
  const bool no_memory_for_an_error = way.kind == Kind::memory && way.mode == Mode::on;
  if (thrown == other && !no_memory_for_an_error) return complain("another exception");
  if (thrown == error && !*message) return complain("an error without a message");
  if (thrown != none && way.must_succeed) return complain("an error");
  if (left_open != 0) return complain("files are left open");
  if (leaked > 0) return complain(("memory is left: " + std::to_string(leaked) + " blocks").c_str());
  for (const auto& [name, bytes] : files_in(folder)) {
    if (std::find(job.files.begin(), job.files.end(), name) == job.files.end()) return complain(name.c_str());
  }
  const std::string odd = thrown == none ? job.after_success() : job.after_error();
  if (!odd.empty()) return complain(odd.c_str());
  return !reached && thrown == none ? not_reached : thrown == none ? succeeded : failed;
}

void prepare(const Job& job, const std::filesystem::path& folder) {
  write_files(folder, {});
  job.prepare();
}

struct Counts {
  long runs = 0, errors = 0, wrong = 0;
};

Counts sweep(const Job& job, const Way& way, long step, const std::filesystem::path& folder, long kept) {
  Counts counts;
  for (long call = 0;; call += step) {
    prepare(job, folder);
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);  // seconds, after which a run that hangs is ended
      Verdict verdict = wrong;
      try {
        verdict = attempt(job, way, call, folder, kept);
      } catch (const std::exception& e) {
        complain(("afterwards: " + std::string(e.what())).c_str());
      }
      ::_exit(verdict);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) throw heed::Error({"cannot start a process"});
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_reached) return counts;
    ++counts.runs;
    counts.errors += WIFEXITED(status) && WEXITSTATUS(status) == failed;
    if (WIFEXITED(status) && WEXITSTATUS(status) != wrong) continue;
    std::fprintf(stderr, "  %s: call %ld of %s failed with %s: %s\n", job.name.c_str(), call, way.name,
                 way.error ? std::strerror(way.error) : "a part of the work",
                 WIFSIGNALED(status) ? ::strsignal(WTERMSIG(status)) : "a promise is broken");
    if (++counts.wrong == 10) return counts;
  }
}

int run(const std::filesystem::path& folder, const std::string& only, bool all) {
  if (!heed_fault_arm) throw heed::Error({"start it with LD_PRELOAD=shim.so"});
  std::filesystem::create_directories(folder);
  std::vector<Job> jobs = trainings();
  for (const Job& job : {making(), predicting(), reading(folder), loading(folder), loading_weights(folder),
                         saving("save", folder, false), saving("save_again", folder, true),
                         stored_training("store", folder, 0), stored_training("resume", folder, 1)}) {
    jobs.push_back(job);
  }
  long runs = 0, wrongs = 0;
  for (const Job& job : jobs) {
    if (!only.empty() && job.name != only) continue;
    prepare(job, folder);
    job.run();  // what is allocated once and for all
    prepare(job, folder);
    const long before = heed_fault_blocks();
    job.run();
    const long kept = heed_fault_blocks() - before;  // in what the job fills, not lost
    for (const Way& way : ways) {
      if (way.kind == job.spared) continue;
      const Counts c = sweep(job, way, way.kind == Kind::memory && !all ? job.every : 1, folder, kept);
      if (c.runs == 0) continue;
      std::printf("%-14s %-15s %-32s %5ld runs, %5ld errors%s\n", job.name.c_str(), way.name,
                  way.error
                      ? (std::strerror(way.error) + std::string(way.mode == Mode::on ? ", from then on" : "")).c_str()
                      : "one byte at a time",
                  c.runs, c.errors, c.wrong ? "  WRONG" : "");
      std::fflush(stdout);
      runs += c.runs, wrongs += c.wrong;
    }
  }
  std::printf("%ld runs, %ld broken promises\n", runs, wrongs);
  return wrongs > 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool all = std::erase(arguments, "--all") > 0;
    arguments.resize(2);
    return run(arguments[0].empty() ? "." : arguments[0], arguments[1], all);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sweep: %s\n", e.what());
    return 2;
  }
}
