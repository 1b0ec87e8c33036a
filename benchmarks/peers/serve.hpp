#pragma once

// What the peers in C++ share: the line protocol of peer.py, and the case that it names.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/models/sequence_classifier.hpp"

namespace peers {

using heed::Index;
using Model = heed::SequenceClassifier<float>;

inline std::string json(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}
inline std::string json(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}
template <class T>
std::string json(const std::vector<T>& values) {
  std::string out = "[";
  for (const T& value : values) out += (out.size() > 1 ? ", " : "") + json(value);
  return out + "]";
}

inline double wall() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
inline double cpu() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
/// CPU time where there is one thread.
inline double now() {
  static const char* const threads = std::getenv("OMP_NUM_THREADS");
  return threads && std::string_view(threads) == "1" ? cpu() : wall();
}
template <class Clock, class F>
double seconds(Clock&& clock, F&& work) {
  const double start = clock();
  work();
  return clock() - start;
}

using Words = std::istringstream;
using Commands = std::map<std::string, std::function<std::string(Words&)>>;

/// Answers each line of the standard input by one line of JSON.
inline void serve(const Commands& commands) {
  for (std::string line; std::getline(std::cin, line);) {
    Words words(line);
    std::string name, answer;
    words >> name;
    try {
      const auto command = commands.find(name);
      answer = command != commands.end() ? command->second(words) : "{\"error\": \"unknown command\"}";
    } catch (const std::exception& error) {
      answer = "{\"error\": " + json(std::string(error.what())) + "}";
    }
    std::cout << answer << std::endl;
  }
}

/// The number that comes next in a command; without one, what is given instead.
inline int count(Words& words, std::optional<int> otherwise = {}) {
  int value = 0;
  if (words >> value) return value;
  heed::require(otherwise.has_value(), [] { return heed::Fault{"a command lacks a number", "peer", {}, {}}; });
  return *otherwise;
}

/// The number of threads that the command line names: --threads N.
inline int threads(int argc, char** argv) {
  return argc == 3 && std::string(argv[1]) == "--threads" ? std::max(1, std::atoi(argv[2])) : 1;
}

struct Case {
  heed::Tensor<float, 3> x;
  std::vector<std::int32_t> labels;
  Model start;
};

/// "ATTENTION FOLDER"
inline Case read_case(Words& words) {
  std::string attention, folder;
  words >> attention >> std::ws;
  std::getline(words, folder);
  const std::filesystem::path path = folder;
  heed::NpyArray<float> x = heed::read_npy<float>(path / "x.npy");
  const std::vector<std::int64_t> labels = heed::read_npy<std::int64_t>(path / "labels.npy").values;
  return {.x = heed::Tensor<float, 3>({x.extents.at(0), x.extents.at(1), x.extents.at(2)}, std::move(x.values)),
          .labels = {labels.begin(), labels.end()},
          .start = heed::load<Model>(path / (attention + ".safetensors"))};
}

}  // namespace peers
