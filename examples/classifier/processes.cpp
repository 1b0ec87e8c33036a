#include "processes.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/train/fit.hpp"
#ifdef HEED_CLASSIFIER_MPI
#include "heed/distributed/mpi.hpp"
#endif

namespace classifier {

namespace {

constexpr const char* program_name = "classifier";

#ifdef HEED_CLASSIFIER_MPI
using Session = heed::MpiSession;
using Reducer = heed::MpiReducer;
#else
// What these are without MPI: nothing to start, and this process alone.
struct Session {
  Session(int&, char**&) {}
  // Several processes that know nothing of each other would all do the same work, and write the same files.
  static bool launched() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
      const char* const size = std::getenv(name);
      heed::require(!size || std::atoi(size) <= 1, [&] {
        return heed::Fault{"launched as " + std::string(size) + " processes, but built without MPI"};
      });
    }
    return false;
  }
  template <class... T>
  int failed(const T&...) const {
    return EXIT_FAILURE;
  }
};

struct Reducer : heed::InProcessReducer {
  int rank() const { return 0; }
  int size() const { return 1; }
  int threads() const { return 0; }
  heed::IndexRange part(heed::Index total) const { return {0, total}; }
  template <class F>
  void agree(F&& f) const {
    f();
  }
  template <class F>
  void in_turn(std::span<double>, F&& f) const {
    f();
  }
};
#endif

}  // namespace

struct Processes::Engine {
  std::string command_line;
  std::optional<Session> session;  // where there is none, MPI is not running
  std::optional<Reducer> reducer;
};

Processes::Processes(int& argc, char**& argv) : engine_(std::make_unique<Engine>()) {
  if (Session::launched()) engine_->session.emplace(argc, argv);
  engine_->reducer.emplace();
  for (int i = 1; i < argc; ++i) engine_->command_line += argv[i] + std::string(1, '\0');
}
Processes::~Processes() = default;

bool Processes::launched() const { return engine_->session.has_value(); }
int Processes::count() const { return engine_->reducer->size(); }
bool Processes::first() const { return engine_->reducer->rank() == 0; }
heed::IndexRange Processes::part(heed::Index sequences) const { return engine_->reducer->part(sequences); }
int Processes::threads() const { return engine_->reducer->threads(); }
void Processes::agree(const std::function<void()>& f) const { engine_->reducer->agree(f); }

void Processes::in_turn(std::span<double> sums, const std::function<void()>& f) const {
  engine_->reducer->in_turn(sums, f);
}

void Processes::require_same(const std::string& text) const {
  const auto rank = static_cast<std::size_t>(engine_->reducer->rank());
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(count()));
  hashes[rank] = std::hash<std::string_view>()(engine_->command_line + text);
  engine_->reducer->share(std::span(hashes));
  agree([&] {
    heed::require(hashes[rank] == hashes[0],
                  [] { return heed::Fault{"command line, data or model to start from are not those of rank 0"}; });
  });
}

template <class M>
heed::History Processes::fit(M& model, const heed::LabelledSequences<typename M::Input>& part, heed::Adam<M>& adam,
                             const heed::FitOptions& options,
                             const std::optional<heed::LabelledSequences<typename M::Input>>& test_part) const {
  return heed::fit(model, part, adam, options, test_part, *engine_->reducer);
}
heed::History Processes::fit(NumberModel& model, const heed::TargetSequences<float>& part,
                             heed::Adam<NumberModel>& adam, const heed::FitOptions& options,
                             const std::optional<heed::TargetSequences<float>>& test_part) const {
  return heed::fit(model, part, heed::MeanSquaredError<float>(), adam, options, test_part, *engine_->reducer);
}
template heed::History Processes::fit(NumberModel&, const heed::LabelledSequences<float>&, heed::Adam<NumberModel>&,
                                      const heed::FitOptions&,
                                      const std::optional<heed::LabelledSequences<float>>&) const;
template heed::History Processes::fit(TextModel&, const heed::LabelledSequences<std::int32_t>&, heed::Adam<TextModel>&,
                                      const heed::FitOptions&,
                                      const std::optional<heed::LabelledSequences<std::int32_t>>&) const;

int Processes::failed(const std::exception& error) const {
  return launched() ? engine_->session->failed(error, program_name) : failed(error.what(), EXIT_FAILURE);
}
int Processes::failed(const std::string& error, int code) const {
  if (launched()) return engine_->session->failed(program_name, error, code);
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", program_name, error.c_str());
  return code;
}

}  // namespace classifier
