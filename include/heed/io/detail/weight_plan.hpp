#pragma once

/// @file
/// Which tensors of a file fill which parameters of a model: an inner part of safetensors_load.hpp.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_file.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Whether heed wrote a file with this metadata.
bool is_own(const Metadata& metadata);
/// Throws for the checkpoint of a training run, which is easily mistaken for a model.
void refuse_checkpoint(const Metadata& metadata);

std::vector<TensorShape> shapes_of(std::span<const TensorInfo> tensors);

/// A parameter that the file should contain.
struct WantedTensor {
  std::string_view name;
  std::span<const Index> extents;
};

/// What to do with each parameter of a model.
struct WeightPlan {
  enum class Use : char { load, zero, keep };
  std::vector<Use> uses;  // of the wanted tensors, in order
  LoadedWeights report;
};

/// Throws `TensorMismatch` unless the file has exactly these tensors; the error names all that are missing, unexpected
/// or misshapen. With `partial` it throws only if the file has none of them.
WeightPlan plan_weights(const std::vector<WantedTensor>& wanted, const TensorFile& file, bool partial);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION bool is_own(const Metadata& metadata) {
  const auto format = metadata.find("format");
  return format != metadata.end() && format->second == "heed";
}

HEED_COLD HEED_FUNCTION void refuse_checkpoint(const Metadata& metadata) {
  const auto format = metadata.find("format");
  require(format == metadata.end() || format->second != "heed checkpoint", [] {
    return Fault{"a checkpoint of training, no model",
                 {},
                 "the file of a model: training that goes on from the checkpoint ends with one",
                 {}};
  });
}

HEED_COLD HEED_FUNCTION std::vector<TensorShape> shapes_of(std::span<const TensorInfo> tensors) {
  std::vector<TensorShape> shapes;
  for (const auto& tensor : tensors) shapes.push_back({tensor.name, tensor.extents});
  return shapes;
}

/// "lstm.bias_ih_l0" gives "lstm.weight_ih_l0"; empty for a name that is not a bias's.
HEED_COLD HEED_FUNCTION std::string weight_beside(std::string_view name) {
  const std::size_t at = name.find("bias", name.rfind('.') + 1);
  if (at == std::string_view::npos) return {};
  return std::string(name.substr(0, at)) + "weight" + std::string(name.substr(at + 4));
}

/// The tensors of parameters, by their numbers: a file of another program may contain tied weights twice.
class TiedWeights {
 public:
  HEED_COLD TiedWeights(const TensorFile& file, const std::set<std::string_view>& names)
      : file_(file), room_(times * file.data().size()) {
    for (const std::string_view name : names) {
      const TensorInfo* const tensor = file.find(name);
      std::optional<Numbers> numbers = tensor ? of(*tensor) : std::nullopt;
      if (numbers) parameters_.insert(std::move(*numbers));
    }
  }

  /// Whether a parameter has the numbers of this tensor.
  HEED_COLD bool contain(const TensorInfo& tensor) {
    const std::optional<Numbers> numbers = of(tensor);
    return numbers && parameters_.contains(*numbers);
  }

 private:
  struct Numbers {
    const TensorInfo* tensor;
    std::span<const std::byte> bytes;  // in row-major order
    std::vector<std::byte> own = {};   // of a view
    bool operator<(const Numbers& other) const {
      if (tensor->dtype != other.tensor->dtype) return tensor->dtype < other.tensor->dtype;
      if (tensor->extents != other.tensor->extents) return tensor->extents < other.tensor->extents;
      return std::memcmp(bytes.data(), other.bytes.data(), bytes.size()) < 0;
    }
  };

  /// Nothing for biases, which are easily equal, and where views of the same numbers would take more time and memory
  /// than the file's size allows.
  HEED_COLD std::optional<Numbers> of(const TensorInfo& tensor) {
    const std::optional<std::size_t> size = byte_count(tensor.extents, tensor.dtype);
    if (tensor.extents.size() < 2 || !size || *size > room_) return std::nullopt;
    room_ -= *size;
    Numbers numbers{&tensor, file_.data().subspan(tensor.begin, tensor.end - tensor.begin)};
    if (tensor.strides.empty()) return numbers;
    numbers.own = in_row_major_order(numbers.bytes, tensor);
    numbers.bytes = numbers.own;
    return numbers;
  }

  static constexpr std::size_t times = 4;
  const TensorFile& file_;
  std::size_t room_;  // bytes that may yet be looked at
  std::set<Numbers> parameters_;
};

HEED_COLD HEED_FUNCTION std::string_view layer_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(0, dot);
}

[[noreturn]] HEED_COLD HEED_FUNCTION void throw_mismatch(const std::vector<WantedTensor>& wanted,
                                                         const TensorFile& file,
                                                         const std::vector<std::string>& problems, bool biases) {
  std::vector<TensorShape> shapes;
  for (const WantedTensor& w : wanted) shapes.push_back({std::string(w.name), {w.extents.begin(), w.extents.end()}});
  std::vector<Rename> renames = fitting_renames(shapes, shapes_of(file.tensors()));
  constexpr std::size_t most = 1000;
  Fault fault{"the tensors are not those of the model", file.name()};
  for (std::size_t i = 0; i < std::min(problems.size(), most); ++i) fault.what += "\n  " + problems[i];
  if (problems.size() > most) fault.what += "\n  and " + text_of(problems.size() - most) + " more";
  if (!renames.empty()) fault.what += "\n  " + proposal(renames);
  if (biases) fault.what += "\n  biases are missing of layers that are there: partial loading makes them 0";
  throw TensorMismatch(std::move(fault), std::move(renames));
}

HEED_COLD HEED_FUNCTION WeightPlan plan_weights(const std::vector<WantedTensor>& wanted, const TensorFile& file,
                                                bool partial) {
  using Use = WeightPlan::Use;
  WeightPlan plan;
  std::vector<std::string> problems;
  std::set<std::string_view> names, misshapen;  // names of layers
  for (const WantedTensor& w : wanted) {
    names.insert(w.name);
    const TensorInfo* tensor = file.find(w.name);
    const std::string expected = to_text(w.extents);
    if (!tensor) {
      problems.push_back("missing " + quote(w.name) + " " + expected);
    } else if (!std::equal(tensor->extents.begin(), tensor->extents.end(), w.extents.begin(), w.extents.end())) {
      misshapen.insert(layer_of(w.name));
      problems.push_back("misshapen " + quote(w.name) + ": expected " + expected + ", got " + to_text(tensor->extents));
    }
  }
  std::optional<TiedWeights> tied;
  for (const auto& tensor : file.tensors()) {
    if (names.contains(tensor.name)) continue;
    plan.report.unused.push_back(tensor.name);
    if (!is_own(file.metadata()) && !tied) tied.emplace(file, names);
    if (tied && tied->contain(tensor)) continue;
    problems.push_back("unexpected " + quote(tensor.name) + " " + to_text(tensor.extents));
  }
  bool biases = false;
  for (const WantedTensor& w : wanted) {
    const std::string weight = weight_beside(w.name);
    const bool kept = misshapen.contains(layer_of(w.name));
    const bool zero = !kept && !file.find(w.name) && names.contains(weight) && file.find(weight);
    biases = biases || zero;
    const Use use = zero ? Use::zero : kept || !file.find(w.name) ? Use::keep : Use::load;
    plan.uses.push_back(use);
    auto& list = use == Use::load ? plan.report.loaded : use == Use::zero ? plan.report.zeroed : plan.report.kept;
    list.emplace_back(w.name);
  }
  const bool nothing = plan.report.loaded.empty() && !wanted.empty();
  if (partial ? nothing : !problems.empty()) throw_mismatch(wanted, file, problems, biases && !partial);
  return plan;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
