#pragma once

// What a fuzzer of saved models does with one type of model. It makes a model of chosen options, saves it, damages the
// file and loads it. The result is a whole model, or one heed::Error.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "choices.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/error.hpp"
#include "heed/io/safetensors_load.hpp"
#include "little_memory.hpp"
#include "memory_limit.hpp"

namespace fuzz {

using Bytes = std::vector<std::byte>;

/// Ends the fuzzer: the input is a finding.
inline void expect(bool holds, std::string_view what, std::string_view about = {}) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(), static_cast<int>(about.size()),
               about.data());
  std::abort();
}

/// The error of f(), or none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
    return {};
  } catch (const heed::Error& error) {
    return error.what();
  }
}

/// Loads a model, in memory that the file bounds. A self-test may have 2^25 numbers besides.
template <class M>
M loaded(const Bytes& file, bool self_test, const heed::Metadata& hints = {}) {
  const std::size_t beside = self_test ? std::size_t(1) << 28 : std::size_t(1) << 26;
  const heed::fuzz::MemoryLimit limit(16 * file.size() + beside, 1);
  return heed::load<M>(file, hints, {.self_test = self_test});
}

/// Changes the parts of a file: its metadata, and what it says of its tensors.
inline void damage_parts(Bytes& bytes, Choices& c) {
  const heed::SafetensorsFile file(bytes);
  heed::Metadata metadata = file.metadata();
  std::vector<heed::TensorInfo> tensors(file.tensors().begin(), file.tensors().end());
  Bytes data(file.data().begin(), file.data().end());
  const auto entry = [&] { return std::next(metadata.begin(), static_cast<std::ptrdiff_t>(c.below(metadata.size()))); };
  const auto tensor = [&]() -> heed::TensorInfo& { return tensors[c.below(tensors.size())]; };
  const std::size_t what = c.below(12);
  if (what < 5 && metadata.empty()) return;
  if (what > 5 && tensors.empty()) return;
  switch (what) {
    case 0:
      entry()->second = c.value();
      break;
    case 1:
      entry()->second += c.value();
      break;
    case 2:
      entry()->second = std::string(entry()->second);
      break;
    case 3:
      metadata.erase(entry());
      break;
    case 4:
      std::swap(entry()->second, entry()->second);
      break;
    case 5:
      metadata[c.text()] = c.value();
      break;
    case 6: {
      heed::TensorInfo twice = tensor();
      twice.name += c.text();
      tensors.push_back(twice);
      break;
    }
    case 7: {  // with numbers of its own
      heed::TensorInfo twice = tensor();
      data.insert(data.end(), data.begin() + static_cast<std::ptrdiff_t>(twice.begin),
                  data.begin() + static_cast<std::ptrdiff_t>(twice.end));
      const std::size_t size = twice.end - twice.begin;
      twice.begin = data.size() - size;
      twice.end = data.size();
      if (c.flag()) twice.name += c.text();
      tensors.push_back(twice);
      break;
    }
    case 8:
      std::swap(tensor().name, tensor().name);
      break;
    case 9:
      tensor().extents.push_back(c.size());
      break;
    case 10: {
      std::vector<Index>& extents = tensor().extents;
      std::reverse(extents.begin(), extents.end());
      break;
    }
    default:
      tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(c.below(tensors.size())));
      break;
  }
  const std::string header = heed::write_safetensors_header(metadata, tensors);
  const auto* const first = reinterpret_cast<const std::byte*>(header.data());
  bytes.assign(first, first + header.size());
  bytes.insert(bytes.end(), data.begin(), data.end());
}

/// Changes bytes, wherever they stand.
inline void damage_bytes(Bytes& bytes, Choices& c) {
  if (bytes.empty()) return;
  const std::size_t header = std::min<std::size_t>(bytes.size(), 4096);
  const auto place = [&] { return static_cast<std::ptrdiff_t>(c.below(c.flag() ? header : bytes.size())); };
  const auto digit = [](std::byte b) { return b >= std::byte{'0'} && b <= std::byte{'9'}; };
  switch (c.below(6)) {
    case 0:
      bytes[static_cast<std::size_t>(place())] ^= static_cast<std::byte>(1 << c.below(8));
      break;
    case 1:
      bytes[static_cast<std::size_t>(place())] = static_cast<std::byte>(c.byte());
      break;
    case 2:
      bytes.resize(static_cast<std::size_t>(place()));
      break;
    case 3:
      bytes.insert(bytes.begin() + place(), c.below(64) + 1, static_cast<std::byte>(c.byte()));
      break;
    case 4: {  // a part of the file once more
      const Bytes from(bytes);
      const auto at = place(), to = std::min(at + static_cast<std::ptrdiff_t>(c.below(256)), std::ssize(from));
      bytes.insert(bytes.begin() + place(), from.begin() + at, from.begin() + to);
      break;
    }
    default: {  // a number of the header
      const auto first = std::find_if(bytes.begin() + place(), bytes.end(), digit);
      const auto last = std::find_if_not(first, bytes.end(), digit);
      const std::string number = std::to_string(c.size());
      std::vector<std::byte> text;
      for (const char d : number) text.push_back(static_cast<std::byte>(d));
      const auto at = bytes.erase(first, last);
      bytes.insert(at, text.begin(), text.end());
      break;
    }
  }
}

inline void damage(Bytes& bytes, Choices& c) {
  for (std::size_t times = c.below(4); times > 0; --times) {
    if (c.flag()) {
      try {
        damage_parts(bytes, c);
      } catch (const heed::Error&) {  // it is damaged already, or it would not be text
      }
    } else {
      damage_bytes(bytes, c);
    }
  }
}

/// A model of any options. Types whose options are texts have their own way.
template <class M>
struct Make {
  static M from(Choices& c) { return M(options<typename M::Options>(c)); }
};

template <class M>
void fuzz_model(Choices& c) {
  std::optional<M> model;
  try {
    const heed::AllocationBudget budget(Index(1) << 17, "a model of the fuzzer");
    model.emplace(Make<M>::from(c));
    if constexpr (heed::RemembersOutputs<M>) model->outputs = static_cast<heed::OutputKind>(c.below(3));
  } catch (const heed::Error&) {
    return;
  }
  const Bytes file = heed::serialize(*model);
  const std::string refused =
      error_of([&] { expect(heed::serialize(loaded<M>(file, true)) == file, "another model", M::architecture); });
  expect(refused.empty(), "a saved model does not load", refused);

  Bytes damaged = file;
  damage(damaged, c);
  heed::Metadata hints;
  if (c.one_in(8)) hints[c.text()] = c.value();
  error_of([&] {
    const Bytes once = heed::serialize(loaded<M>(damaged, c.flag(), hints));
    expect(heed::serialize(loaded<M>(once, true)) == once, "a model changes when it is saved", M::architecture);
  });
  const std::string error =
      error_of([&] { heed::load_weights(*model, heed::SafetensorsFile(damaged), {.partial = c.flag()}); });
  expect(error.empty() || heed::serialize(*model) == file, "half of a file was loaded", error);
}

}  // namespace fuzz
