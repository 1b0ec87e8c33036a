#pragma once

// The reference files of tests/reference: reading them, and comparing with them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "error_of.hpp"
#include "heed/core/visit.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/options/metadata.hpp"

namespace test_support {

using heed::Index;
using Values = std::vector<double>;

/// The largest difference of one forward or backward pass in double from PyTorch's.
inline constexpr double equal_in_double = 1e-12;

/// The largest difference over max(1, the largest expected value); infinite where sizes differ or a number is NaN.
template <class Actual, class Expected>
double largest_error(const Actual& actual, const Expected& expected) {
  if (std::size(actual) != std::size(expected)) return std::numeric_limits<double>::infinity();
  double difference = 0, scale = 1;
  auto e = std::begin(expected);
  for (const auto a : actual) {
    const double wanted = static_cast<double>(*e++), d = std::abs(static_cast<double>(a) - wanted);
    difference = std::isnan(d) ? std::numeric_limits<double>::infinity() : std::max(difference, d);
    scale = std::max(scale, std::abs(wanted));
  }
  return difference / scale;
}

template <class Actual, class Expected>
testing::AssertionResult equals(const Actual& actual, const Expected& expected, double limit = equal_in_double) {
  const double error = largest_error(actual, expected);
  if (error <= limit) return testing::AssertionSuccess();
  return testing::AssertionFailure() << std::size(actual) << " numbers against " << std::size(expected)
                                     << " are off by " << error << ", more than " << limit;
}

/// An array of a file: row-major.
struct Array {
  std::vector<Index> extents;
  Values values;
};
using Arrays = std::map<std::string, Array>;

/// A file of tests/reference/data, named without its ending: "lstm/given_state".
class Reference {
 public:
  explicit Reference(const std::string& name)
      : file_(std::filesystem::path(HEED_REFERENCE_DIR) / (name + ".safetensors")) {}

  bool has(const std::string& name) const { return file_.find(name) != nullptr; }
  Array array(const std::string& name) const {
    Array result;
    result.values = file_.read<double>(name);
    result.extents = file_.find(name)->extents;
    return result;
  }
  Values values(const std::string& name) const { return array(name).values; }
  double value(const std::string& name) const { return values(name).at(0); }
  Index extent(const std::string& name, std::size_t axis) const { return array(name).extents.at(axis); }
  /// Whole numbers: lengths and labels. None where the file has no such tensor.
  std::vector<std::int32_t> integers(const std::string& name) const {
    std::vector<std::int32_t> result;
    if (!has(name)) return result;
    for (const double v : values(name)) result.push_back(static_cast<std::int32_t>(v));
    return result;
  }

  /// All tensors whose names begin with `prefix`, by the rest of their names.
  Arrays arrays(const std::string& prefix) const {
    Arrays all;
    for (const auto& tensor : file_.tensors()) {
      if (tensor.name.starts_with(prefix)) all[tensor.name.substr(prefix.size())] = array(tensor.name);
    }
    return all;
  }

  const heed::Metadata& options() const { return file_.metadata(); }
  const std::string& text(const std::string& option) const { return heed::get_text(options(), option); }
  double number(const std::string& option) const { return heed::get_double(options(), option); }
  Index index(const std::string& option) const { return heed::get_index(options(), option); }
  bool flag(const std::string& option) const { return heed::get_bool(options(), option); }

 private:
  heed::SafetensorsFile file_;
};

/// The names of all files of a group that begin with `prefix`, sorted: "lstm/given_state", ...
inline std::vector<std::string> reference_names(const std::string& group, const std::string& prefix = {}) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(HEED_REFERENCE_DIR) / group)) {
    const std::string name = entry.path().stem().string();
    if (name.starts_with(prefix)) names.push_back(group + "/" + name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// ---- parameters

/// Calls f(parameter's element, its position in row-major order).
template <class P, class F>
void for_each_row_major(P& parameter, F&& f) {
  const auto axes = parameter.extents();
  const std::vector<Index> extents(axes.begin(), axes.end());
  for (Index i = 0; i < parameter.size(); ++i) {
    Index at = i;
    if (!parameter.row_major()) {  // the first index is the fastest
      at = 0;
      Index rest = i;
      for (std::size_t axis = extents.size(); axis-- > 0;) {
        Index stride = 1;
        for (std::size_t before = 0; before < axis; ++before) stride *= extents[before];
        at += rest % extents[axis] * stride;
        rest /= extents[axis];
      }
    }
    f(parameter.data()[at], static_cast<std::size_t>(i));
  }
}

template <class P>
Values row_major(const P& parameter) {
  Values values(static_cast<std::size_t>(parameter.size()));
  for_each_row_major(parameter, [&](const auto v, std::size_t i) { values[i] = static_cast<double>(v); });
  return values;
}

/// Calls f(name, parameter, array); names and shapes must be those of the arrays, with none left over.
template <class M, class F>
void match(M& model, const Arrays& arrays, F&& f) {
  std::size_t count = 0;
  heed::for_each_parameter(
      [&](const heed::Path& path, auto& parameter) {
        const std::string name = path.text();
        const auto found = arrays.find(name);
        if (found == arrays.end() || heed::to_text(found->second.extents) != heed::to_text(parameter.extents())) {
          throw std::runtime_error("the reference has no " + name + " " + heed::to_text(parameter.extents()));
        }
        f(name, parameter, found->second);
        ++count;
      },
      model);
  if (count != arrays.size()) throw std::runtime_error("the reference has more parameters than the model");
}

template <class M>
void set_weights(M& model, const Arrays& weights) {
  match(model, weights, [](const std::string&, auto& parameter, const Array& from) {
    using S = typename std::remove_reference_t<decltype(parameter)>::Scalar;
    for_each_row_major(parameter, [&](S& v, std::size_t i) { v = static_cast<S>(from.values[i]); });
  });
}
template <class M>
M with_weights(M model, const Reference& file) {
  set_weights(model, file.arrays("weight."));
  return model;
}

template <class M>
void expect_parameters(const M& model, const Arrays& expected, double limit = equal_in_double) {
  match(model, expected, [&](const std::string& name, const auto& parameter, const Array& wanted) {
    EXPECT_TRUE(equals(row_major(parameter), wanted.values, limit)) << name;
  });
}

/// All parameters one after another.
template <class M>
Values numbers(const M& model) {
  Values all;
  heed::for_each_parameter([&](const heed::Path&, const auto& p) { all.insert(all.end(), p.begin(), p.end()); }, model);
  return all;
}

/// Their names, each followed by a blank.
template <class M>
std::string parameter_names(const M& model) {
  std::string names;
  heed::for_each_parameter([&](const heed::Path& path, const auto&) { names += path.text() + ' '; }, model);
  return names;
}

// ---- sequences as lanes

/// Some sequences of a batch-first array (n, ...) as the lanes of a tile: [sequence][number] to [number][lane].
template <class S = double>
std::vector<S> to_lanes(const Values& values, Index n, Index first, Index count) {
  const Index each = static_cast<Index>(values.size()) / n;
  std::vector<S> lanes(static_cast<std::size_t>(each * count));
  for (Index i = 0; i < each; ++i) {
    for (Index l = 0; l < count; ++l) {
      lanes[static_cast<std::size_t>(i * count + l)] =
          static_cast<S>(values[static_cast<std::size_t>((first + l) * each + i)]);
    }
  }
  return lanes;
}

/// Adds the lanes of a tile to a batch-first array, as its sequences `first` and on.
template <class Lanes>
void append_lanes(const Lanes& lanes, Index count, Values& values) {
  const Index each = static_cast<Index>(std::size(lanes)) / count;
  for (Index l = 0; l < count; ++l) {
    for (Index i = 0; i < each; ++i) values.push_back(static_cast<double>(std::data(lanes)[i * count + l]));
  }
}

/// Lengths first .. first + count; none stay none.
inline std::vector<std::int32_t> some_lengths(const std::vector<std::int32_t>& lengths, Index first, Index count) {
  if (lengths.empty()) return {};
  return {lengths.begin() + first, lengths.begin() + first + count};
}

/// Zeroes what stands past the ends of the sequences of (n, steps, features).
inline Values zero_past_end(Values values, const std::vector<std::int32_t>& lengths, Index steps) {
  if (lengths.empty()) return values;
  const std::size_t features = values.size() / lengths.size() / static_cast<std::size_t>(steps);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t step = i / features, n = step / static_cast<std::size_t>(steps);
    if (step % static_cast<std::size_t>(steps) >= static_cast<std::size_t>(lengths[n])) values[i] = 0;
  }
  return values;
}

}  // namespace test_support
