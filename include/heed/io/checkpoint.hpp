#pragma once

/// @file
/// Training that can be interrupted at any moment and resumes to the same bits.
///
///     heed::fit(model, data, {.epochs = 500, .checkpoint = heed::checkpoint("run.checkpoint", {.every = 10})});

#include <filesystem>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/train/training_state.hpp"

namespace heed::inline HEED_ISA {

/// The version that `save_state` writes. `load_state` also reads older ones. Version 1 has no checksum, no loss, and no
/// monitored loss of early stopping.
inline constexpr Index checkpoint_format_version = 2;

/// Writes a state to a file, atomically: tensors by name, series as F64 under "series.", the identity as metadata, and
/// a checksum of everything. Throws if it cannot be written; then as `write_file`.
void save_state(const TrainingState& state, const std::filesystem::path& path);

/// Fills the tensors and series of a state from a file. Throws, and fills nothing, if the file is not a checkpoint, is
/// damaged, or belongs to another run. The error lists all differences of identity and tensors.
void load_state(TrainingState& state, const SafetensorsFile& file);

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `checkpoint`.
struct CheckpointOptions {
  int every = 1;      ///< epochs
  bool write = true;  ///< of several processes only one writes; all read
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Stores a run in a file, for `FitOptions::checkpoint`. If the file exists, the run resumes from it, to the same bits
/// as if it had never ended. Otherwise the run starts. A process that is killed loses at most the epochs since the last
/// checkpoint.
///
/// `fit` throws if the file belongs to another model, data set or options. The number of epochs may differ, unless a
/// schedule depends on it; it must not be less than that of the epochs in the file. Parts of the model or loss that have
/// no weights and no name are compared by a few numbers that they compute. A relative difference below 1e-4 (in double
/// 1e-9) may be the rounding of another machine and is not detected.
Checkpoint checkpoint(const std::filesystem::path& path, CheckpointOptions options = {});

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "heed/core/detail/byte_order.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/files/detail/folder_names.hpp"
#include "heed/files/detail/system_error.hpp"
#include "heed/files/file.hpp"
#include "heed/io/detail/element_order.hpp"
#include "heed/io/safetensors_header.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

constexpr std::string_view series_prefix = "series.";

template <class A>
constexpr DataType data_type_of(const A*) {
  return std::is_same_v<typename A::Scalar, float> ? DataType::f32 : DataType::f64;
}

/// The contents of a file that stores a state.
struct StateBytes {
  std::string header;
  std::vector<std::byte> data;
};
StateBytes serialize_state(const TrainingState& state);

/// The checksum of a header without its checksum, and of the data after it.
HEED_COLD HEED_FUNCTION std::string checksum(Metadata metadata, const std::vector<TensorInfo>& tensors,
                                             std::span<const std::byte> data) {
  metadata.erase("checksum");
  std::uint64_t hash = 0x9e3779b97f4a7c15ULL;
  const auto add = [&](std::span<const std::byte> bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += sizeof hash) {
      std::array<std::byte, sizeof hash> word;
      store_number<std::uint64_t>(bytes.size(), word.data());
      std::memcpy(word.data(), bytes.data() + i, std::min(word.size(), bytes.size() - i));
      hash = (hash ^ load_number<std::uint64_t>(word.data())) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 32;
    }
  };
  const std::string header = write_safetensors_header(metadata, tensors);
  add(std::as_bytes(std::span(header)));
  add(data);
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

/// Throws if a file was changed after it was written.
HEED_COLD HEED_FUNCTION void check_checksum(const SafetensorsFile& file) {
  const std::string now = checksum(file.metadata(), {file.tensors().begin(), file.tensors().end()}, file.data());
  const auto kept = file.metadata().find("checksum");
  require(kept != file.metadata().end() && kept->second == now, [&] {
    return Fault{"the file is damaged: its checksum is another", file.name(), now,
                 kept == file.metadata().end() ? "none" : quote(kept->second)};
  });
}

/// Removes the temporary files of processes that were killed while they wrote this file. They stand beside the file to
/// which a symbolic link leads.
HEED_COLD HEED_FUNCTION void remove_leftovers(const std::filesystem::path& given) {
  const std::filesystem::path path = destination(given).path;
  const std::string head = path.filename().string().substr(0, 200) + '.';
  const auto folder = path.parent_path();
  for (const std::string& name : folder_names(folder.empty() ? "." : folder)) {
    if (!name.starts_with(head)) continue;
    std::string_view rest = std::string_view(name).substr(head.size());  // "4711.0.heed.tmp"
    bool numbers = true;
    for (int i = 0; i < 2; ++i) {
      const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
      numbers = numbers && digits > 0;
      rest.remove_prefix(digits);
      if (i == 0 && rest.starts_with('.')) rest.remove_prefix(1);
    }
    if (numbers && rest == ".heed.tmp") remove_if_abandoned(folder / name);
  }
}

}  // namespace detail

HEED_COLD HEED_FUNCTION detail::StateBytes detail::serialize_state(const TrainingState& state) {
  std::vector<TensorInfo> tensors;
  std::size_t size = 0;
  const auto add = [&](std::string name, DataType type, std::vector<Index> extents, Index count) {
    const std::size_t begin = size;
    size += static_cast<std::size_t>(count) * size_of(type);
    tensors.push_back({std::move(name), type, std::move(extents), begin, size});
  };
  // numbers of 8 bytes first, so that all are aligned
  for (const auto& [name, values] : state.series) {
    const auto count = static_cast<Index>(values.size());
    add(std::string(detail::series_prefix) + name, DataType::f64, {count}, count);
  }
  for (const StateTensor& tensor : state.tensors) {
    std::visit(
        [&](const auto* a) {
          add(tensor.name, detail::data_type_of(a), {a->extents().begin(), a->extents().end()}, a->size());
        },
        tensor.array);
  }
  Metadata metadata = state.identity;
  metadata["format"] = "heed checkpoint";
  set(metadata, "format_version", checkpoint_format_version);
  std::vector<std::byte> data(size);
  std::byte* out = data.data();
  for (const auto& series : state.series) {
    for (const double number : series.second) {
      detail::store_number(number, out);
      out += sizeof number;
    }
  }
  for (const StateTensor& tensor : state.tensors) {
    out = std::visit([&](const auto* a) { return detail::write_elements(*a, out); }, tensor.array);
  }
  metadata["checksum"] = detail::checksum(metadata, tensors, data);
  return {write_safetensors_header(metadata, tensors), std::move(data)};
}

HEED_COLD HEED_FUNCTION void save_state(const TrainingState& state, const std::filesystem::path& path) try {
  const detail::StateBytes bytes = detail::serialize_state(state);
  write_file(path, {std::as_bytes(std::span(bytes.header)), bytes.data});
} catch (...) {
  detail::rethrow_as_error(path.string());
}

HEED_COLD HEED_FUNCTION void load_state(TrainingState& state, const SafetensorsFile& file) try {
  const auto format = file.metadata().find("format");
  require(format != file.metadata().end() && format->second == "heed checkpoint", [&] {
    return Fault{"no checkpoint of training", file.name(), "format \"heed checkpoint\"",
                 format == file.metadata().end() ? "none" : detail::quote(format->second)};
  });
  const Index version = get_index(file.metadata(), "format_version");
  require(version >= 1 && version <= checkpoint_format_version, [&] {
    return Fault{"a checkpoint of another version of heed", file.name(), "1 to " + text_of(checkpoint_format_version),
                 text_of(version)};
  });
  if (version > 1) detail::check_checksum(file);

  std::vector<std::string> problems;
  Metadata there = file.metadata();
  there.erase("format");
  there.erase("format_version");
  there.erase("checksum");
  for (const auto& [key, value] : state.identity) {
    if (version == 1 && (key == "loss" || key.starts_with("loss.") || key.starts_with("watched."))) continue;
    const auto found = there.find(key);
    const std::string got = found == there.end() ? "nothing" : detail::quote(found->second);
    if (got != detail::quote(value)) problems.push_back(key + ": expected " + detail::quote(value) + ", got " + got);
    if (found != there.end()) there.erase(found);
  }
  for (const auto& [key, value] : there) problems.push_back(key + ": expected nothing, got " + detail::quote(value));
  std::set<std::string_view> wanted;
  for (const StateTensor& tensor : state.tensors) {
    wanted.insert(tensor.name);
    const TensorInfo* info = file.find(tensor.name);
    std::visit(
        [&](const auto* a) {
          const std::span<const Index> extents = a->extents();
          const bool same = info && info->dtype == detail::data_type_of(a) &&
                            std::equal(info->extents.begin(), info->extents.end(), extents.begin(), extents.end());
          if (same) return;
          problems.push_back("tensor " + detail::quote(tensor.name) + ": expected " +
                             std::string(name_of(detail::data_type_of(a))) + ' ' + to_text(a->extents()) + ", got " +
                             (info ? std::string(name_of(info->dtype)) + ' ' + to_text(info->extents) : "nothing"));
        },
        tensor.array);
  }
  for (const TensorInfo& tensor : file.tensors()) {
    if (tensor.name.starts_with(detail::series_prefix) || wanted.contains(tensor.name)) continue;
    problems.push_back("tensor " + detail::quote(tensor.name) + ": expected nothing, got " + to_text(tensor.extents));
  }
  detail::refuse_problems("a checkpoint of another model, data or options", file.name(), problems, 20);

  // everything is read before anything is filled
  auto series = state.series;
  for (const TensorInfo& tensor : file.tensors()) {
    if (!tensor.name.starts_with(detail::series_prefix)) continue;
    series[tensor.name.substr(detail::series_prefix.size())] = file.read<double>(tensor.name);
  }
  std::vector<std::variant<std::vector<float>, std::vector<double>>> numbers;
  for (const StateTensor& tensor : state.tensors) {
    std::visit(
        [&](auto* a) {
          using S = typename std::remove_pointer_t<decltype(a)>::Scalar;
          numbers.emplace_back(file.read<S>(tensor.name));
        },
        tensor.array);
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::visit(
        [&](auto* a) {
          using S = typename std::remove_pointer_t<decltype(a)>::Scalar;
          detail::set_elements(*a, std::get<std::vector<S>>(numbers[i]));
        },
        state.tensors[i].array);
  }
  state.series = std::move(series);
} catch (...) {
  detail::rethrow_as_error(file.name());
}

HEED_COLD HEED_FUNCTION Checkpoint checkpoint(const std::filesystem::path& path, CheckpointOptions options) try {
  require(!path.empty(), [] { return Fault{"no path of a checkpoint", "checkpoint", "a path", "nothing"}; });
  return {.every = options.every,
          .load =
              [path, options](TrainingState& state) {
                if (options.write) {
                  detail::remove_leftovers(path);
                  check_writable(path, detail::serialize_state(state).data.size() + 4096);
                }
                if (detail::type_of(path) == std::filesystem::file_type::not_found) return false;
                load_state(state, SafetensorsFile(path));
                return true;
              },
          .save =
              [path, options](const TrainingState& state) {
                if (options.write) save_state(state, path);
              }};
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA

#endif
