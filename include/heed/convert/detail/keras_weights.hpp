#pragma once

// The weights of a layer of a Keras file: an inner part of keras.hpp.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/convert/detail/hdf5.hpp"
#include "heed/convert/detail/keras_graph.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_file.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

/// An array with its place in the file.
struct KerasArray {
  std::string path;
  const Hdf5Object* array = nullptr;
};

/// The arrays of a group, in the order in which Keras' `layer.weights` has them: its own by number, then those of its
/// parts. `random`: states of random numbers, which are no weights.
class KerasArrays {
 public:
  explicit KerasArrays(const Hdf5& h5) : h5_(h5) {}

  std::vector<KerasArray> of_group(const std::string& path) {
    if (const Hdf5Object* group = h5_.find(path)) collect(*group, path, 0);
    return std::move(found_);
  }

 private:
  void collect(const Hdf5Object& group, const std::string& path, int depth) {
    if (depth > 8) return;
    if (const Hdf5Object* vars = h5_.find("vars", &group)) own(*vars, path + "/vars");
    constexpr std::array<std::string_view, 11> first = {
        "cell",      "forward_layer", "backward_layer", "_query_dense",  "query_dense", "_key_dense",
        "key_dense", "_value_dense",  "value_dense",    "_output_dense", "output_dense"};
    for (const std::string_view name : first) {
      if (const Hdf5Object* part = h5_.find(name, &group)) collect(*part, path + '/' + std::string(name), depth + 1);
    }
    for (const auto& entry : group.children) {
      const bool done = entry.first == "vars" || std::find(first.begin(), first.end(), entry.first) != first.end();
      const bool random = entry.first == "seed_generator" || entry.first == "_seed_generator";
      if (!done && !random) collect(h5_.child(entry), path + '/' + entry.first, depth + 1);
    }
  }

  void own(const Hdf5Object& vars, const std::string& path) {
    for (std::size_t i = 0; i < vars.children.size(); ++i) {
      const std::string name = std::to_string(i);
      const Hdf5Object* const array = h5_.find(name, &vars);
      require(array && array->is_array,
              [&] { return Fault{"an array is missing", h5_.file + ": " + path + '/' + name}; });
      found_.push_back({path + '/' + name, array});
    }
  }

  const Hdf5& h5_;
  std::vector<KerasArray> found_;
};

/// Texts that Keras splits where an attribute gets too long: name, or name0, name1, ...
HEED_COLD inline std::vector<std::string> keras_texts(const Hdf5Object& group, const std::string& name) {
  if (const auto found = group.texts.find(name); found != group.texts.end()) return found->second;
  std::vector<std::string> all;
  for (std::size_t i = 0;; ++i) {
    const auto found = group.texts.find(name + std::to_string(i));
    if (found == group.texts.end()) return all;
    all.insert(all.end(), found->second.begin(), found->second.end());
  }
}

/// The arrays of a group that Keras 2 names, and which of them belong to a part of it.
class KerasNamed {
 public:
  KerasNamed(const Hdf5& h5, const Hdf5Object& group, const std::string& top, const std::string& file) {
    for (const std::string& name : keras_texts(group, "weight_names")) {
      if (name.find("seed_generator") != std::string::npos) continue;
      const Hdf5Object* const array = h5.find(name, &group);
      require(array && array->is_array, [&] { return Fault{"an array is missing", file + ": " + top + '/' + name}; });
      all_.push_back({top + '/' + name, array});
    }
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const std::string_view path = all_[i].path;
      for (std::size_t at = top.size(); at != path.npos; at = path.find('/', at + 1))
        ends_.push_back({path.substr(at + 1), i});
    }
    std::sort(ends_.begin(), ends_.end());
  }

  KerasNamed(const KerasNamed&) = delete;
  KerasNamed& operator=(const KerasNamed&) = delete;

  const std::vector<KerasArray>& all() const { return all_; }

  /// Those of "part/...", at any depth, in their order.
  std::vector<KerasArray> of(const std::string& part) const {
    const std::string head = part + '/';
    std::set<std::size_t> places;
    const auto first = std::lower_bound(ends_.begin(), ends_.end(), std::pair(std::string_view(head), std::size_t{0}));
    for (auto end = first; end != ends_.end() && end->first.starts_with(head); ++end) places.insert(end->second);
    std::vector<KerasArray> found;
    for (const std::size_t i : places) found.push_back(all_[i]);
    return found;
  }

 private:
  std::vector<KerasArray> all_;
  std::vector<std::pair<std::string_view, std::size_t>> ends_;  // what follows each slash of a path, sorted
};

/// Where the arrays of each layer stand.
class KerasStore {
 public:
  KerasStore(const Hdf5& h5, std::string file) : h5_(h5), file_(std::move(file)) {
    if (const Hdf5Object* group = h5.find("model_weights")) {
      legacy_ = group;
    } else if (!keras_texts(h5.root(), "layer_names").empty()) {  // of `save_weights`
      legacy_ = &h5.root();
    }
  }

  /// Whether weights stand by the names of layers, as Keras 2 stores them.
  bool by_name() const { return legacy_ != nullptr; }

  std::vector<KerasArray> arrays(const KerasLayer& layer) {
    if (legacy_) return named(layer);
    if (h5_.find("layers")) return KerasArrays(h5_).of_group(layer.path);
    // Keras 2.12 and 2.13
    return KerasArrays(h5_).of_group("_layer_checkpoint_dependencies" + layer.path.substr(6));
  }

  /// Throws if a layer of the file is not one of these: the file is of another model.
  void check_no_other(std::span<const KerasLayer> layers) const {
    const Hdf5Object* const group = legacy_ ? legacy_ : h5_.find("layers");
    if (!group) return;
    std::set<std::string, std::less<>> known;
    for (const KerasLayer& layer : layers) {
      if (legacy_) known.insert(layer.top);
      if (!legacy_ && !layer.nested) known.insert(layer.path.substr(7));
      if (!legacy_ && layer.nested) known.insert(layer.path.substr(7, layer.path.find('/', 7) - 7));
    }
    for (const auto& entry : group->children) {
      if (known.contains(entry.first) || entry.first == "top_level_model_weights") continue;
      if (!holds_arrays(h5_.child(entry), 0)) continue;
      throw Error(Fault{"weights of a layer that the model does not have", file_ + ": " + quote(entry.first)});
    }
  }

 private:
  bool holds_arrays(const Hdf5Object& group, int depth) const {
    if (group.is_array) return true;
    for (const auto& entry : group.children) {
      const bool random = entry.first == "seed_generator" || entry.first == "_seed_generator";
      if (!random && depth < 64 && holds_arrays(h5_.child(entry), depth + 1)) return true;
    }
    return false;
  }

  std::vector<KerasArray> named(const KerasLayer& layer) {
    const Hdf5Object* const group = h5_.find(layer.top, legacy_);
    if (!group) return {};
    auto known = named_.find(layer.top);
    if (known == named_.end()) known = named_.try_emplace(layer.top, h5_, *group, layer.top, file_).first;
    return layer.nested ? known->second.of(layer.name) : known->second.all();
  }

  const Hdf5& h5_;
  std::string file_;
  const Hdf5Object* legacy_ = nullptr;
  std::map<std::string, KerasNamed> named_;  // by the name of the outermost layer
};

/// Hands out the weights of one layer in order.
class KerasWeights {
 public:
  KerasWeights(const std::string& file, const KerasLayer& layer, std::vector<KerasArray> arrays)
      : where_(file + ": layer " + quote(layer.name) + " (" + layer.class_name + ')'), arrays_(std::move(arrays)) {}

  const std::string& where() const { return where_; }
  std::size_t left() const { return arrays_.size() - next_; }
  /// The extents of the next array; empty if there is none.
  std::vector<Index> extents() const { return left() > 0 ? arrays_[next_].array->extents : std::vector<Index>{}; }

  /// The next array, which must have this shape: its elements in row-major order, all finite.
  template <std::floating_point S>
  std::vector<S> take(const char* what, const std::vector<Index>& wanted) {
    const KerasArray& from = next(what, wanted);
    const Hdf5Object& array = *from.array;
    const TensorInfo info{from.path, array.type.dtype, array.extents, 0, array.bytes.size()};
    std::vector<S> values = read_elements<S>(array.bytes, info, where_);
    for (std::size_t i = 0; i < values.size(); ++i) {
      require(std::isfinite(values[i]), [&] {
        return Fault{"a weight is not finite", detail::place(where_, info) + " at " + index_text(info.extents, i)};
      });
    }
    return values;
  }

  /// Throws unless the arrays that `take` will give next have these shapes: before anything of this size is made.
  void expect(const char* what, std::initializer_list<std::vector<Index>> shapes) {
    const std::size_t start = next_;
    for (const std::vector<Index>& wanted : shapes) next(what, wanted);
    next_ = start;
  }

  /// Throws if there are arrays that nobody took.
  void finish() const {
    require(left() == 0, [&] {
      return Fault{"more weights than the layer has", where_, text_of(next_) + " arrays", text_of(arrays_.size())};
    });
  }

 private:
  const KerasArray& next(const char* what, const std::vector<Index>& wanted) {
    require(left() > 0,
            [&] { return Fault{std::string("the weights have no ") + what, where_, to_text(wanted), "no array"}; });
    const KerasArray& from = arrays_[next_++];
    const Hdf5Object& array = *from.array;
    const std::string place = where_ + ": " + from.path;
    require(array.refused.empty(), [&] { return Fault{array.refused, place}; });
    require(array.type.kind == Hdf5Type::Kind::number,
            [&] { return Fault{"no numbers", place, "F64, F32, F16 or BF16", array.type.name}; });
    require(array.extents == wanted, [&] {
      return Fault{std::string("wrong shape of the ") + what, place, to_text(wanted), to_text(array.extents)};
    });
    return from;
  }

  std::string where_;
  std::vector<KerasArray> arrays_;
  std::size_t next_ = 0;
};

}  // namespace heed::inline HEED_ISA::detail
