#pragma once

/// @file
/// A graph of ONNX operators under construction: what the exports of layers write into. Opt-in: component heed::onnx.
///
/// A layer is exported by one function beside it, found by its arguments:
///
///     heed::OnnxSequence export_onnx(heed::OnnxGraph& graph, const Scale& layer, const heed::OnnxSequence& x) {
///       return x.with(graph.add("Mul", {x.value, graph.number(layer.factor)}));
///     }

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

/// ONNX's numbers of element types.
enum class OnnxType : int { float32 = 1, int32 = 6, int64 = 7, boolean = 9, float64 = 11 };

/// The extent of an axis: a number, or the name of what only a run decides ("batch", "steps").
using OnnxExtent = std::variant<Index, std::string>;

/// A value of the graph: the name of a node's output, of an input or of a constant. Without a name it is none, which
/// stands for an input that a node leaves out.
struct OnnxValue {
  std::string name = {};
  explicit operator bool() const { return !name.empty(); }
};

/// A named constant of a node.
struct OnnxAttribute {
  using Value = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<std::string>>;
  std::string name;
  Value value;
};

/// What a layer reads and gives: sequences (batch, steps, features) in one value, float32 or tokens of int32.
struct OnnxSequence {
  OnnxValue value = {};
  Index features = 0;  ///< 0: not known
  /// (batch) int32: the valid steps of each sequence; none: all are full. Values past an end are arbitrary, unless the
  /// layer says that they are 0.
  OnnxValue lengths = {};
  OnnxExtent steps = std::string("steps");
  bool pooled = false;  ///< one step in place of all

  /// The same sequences with other features.
  OnnxSequence with(OnnxValue v, Index count) const {
    OnnxSequence to = *this;
    to.value = std::move(v);
    to.features = count;
    return to;
  }
  OnnxSequence with(OnnxValue v) const { return with(std::move(v), features); }
  /// One step without lengths.
  static OnnxSequence one_step(OnnxValue v, Index count) {
    return {.value = std::move(v), .features = count, .lengths = {}, .steps = Index(1), .pooled = true};
  }
};

/// Nodes, constants, inputs and outputs. Nodes stand in the order in which they are added, which is a valid order of
/// running them. Constants of equal content are stored once.
class OnnxGraph {
 public:
  struct Tensor {
    std::string name;
    OnnxType type;
    std::vector<Index> extents;
    std::string bytes;  // little-endian, row-major
  };
  struct Node {
    std::string name, op;
    std::vector<OnnxValue> inputs, outputs;
    std::vector<OnnxAttribute> attributes;
  };
  struct Port {
    std::string name;
    OnnxType type;
    std::vector<OnnxExtent> extents;
  };
  /// During its lifetime, names of nodes and weights begin with this part: "front.0.conv".
  class Part {
   public:
    Part(OnnxGraph& graph, std::string_view name) : graph_(graph), length_(graph.path_.size()) {
      if (!graph.path_.empty() && !name.empty()) graph.path_ += '.';
      graph.path_ += name;
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    ~Part() { graph_.path_.resize(length_); }

   private:
    OnnxGraph& graph_;
    std::size_t length_;
  };

  /// Adds a node with one output.
  OnnxValue add(std::string_view op, std::vector<OnnxValue> inputs, std::vector<OnnxAttribute> attributes = {}) {
    return add_outputs(op, std::move(inputs), std::move(attributes), 1)[0];
  }
  /// Adds a node with several outputs.
  std::vector<OnnxValue> add_outputs(std::string_view op, std::vector<OnnxValue> inputs,
                                     std::vector<OnnxAttribute> attributes, std::size_t count);

  /// Adds an input or an output of the model. `output` gives the value this name.
  OnnxValue input(std::string name, OnnxType type, std::vector<OnnxExtent> extents);
  void output(const OnnxValue& value, std::string name, OnnxType type, std::vector<OnnxExtent> extents);

  // ---- constants

  /// A weight of the current part, row-major.
  OnnxValue weight(std::string_view name, const std::vector<float>& numbers, std::vector<Index> extents);
  /// One that is in the graph already.
  OnnxValue known_weight(std::string_view name) const { return {name_here(name)}; }
  OnnxValue numbers(const std::vector<float>& values, std::vector<Index> extents);
  /// A list of one axis, for shapes, axes and the like.
  OnnxValue list(const std::vector<std::int64_t>& values);
  OnnxValue number(double value) { return numbers({static_cast<float>(value)}, {}); }
  /// A scalar of int32, the type of lengths and tokens.
  OnnxValue count(Index value);
  /// Numbers that need more than float has.
  OnnxValue doubles(const std::vector<double>& values, std::vector<Index> extents);

  // ---- what layers have in common

  /// {a, b}: a + b, a * b, ... In braces, operands are computed from left to right by every compiler, so that equal
  /// models give equal bytes.
  OnnxValue sum(std::vector<OnnxValue> ab) { return add("Add", std::move(ab)); }
  OnnxValue times(std::vector<OnnxValue> ab) { return add("Mul", std::move(ab)); }
  OnnxValue product(std::vector<OnnxValue> ab) { return add("MatMul", std::move(ab)); }
  OnnxValue transpose(const OnnxValue& x, std::vector<std::int64_t> axes) {
    return add("Transpose", {x}, {{"perm", std::move(axes)}});
  }
  /// 0 keeps an extent, -1 is what is left.
  OnnxValue reshape(const OnnxValue& x, const std::vector<std::int64_t>& extents) {
    return add("Reshape", {x, list(extents)});
  }
  OnnxValue unsqueeze(const OnnxValue& x, const std::vector<std::int64_t>& axes) {
    return add("Unsqueeze", {x, list(axes)});
  }
  OnnxValue squeeze(const OnnxValue& x, const std::vector<std::int64_t>& axes) {
    return add("Squeeze", {x, list(axes)});
  }
  OnnxValue cast(const OnnxValue& x, OnnxType to) { return add("Cast", {x}, {{"to", std::int64_t(to)}}); }
  /// {yes, a, b}: a where yes, and b elsewhere.
  OnnxValue where(std::vector<OnnxValue> operands) { return add("Where", std::move(operands)); }
  /// Elements `first` to `end` of an axis; negative numbers count from the end.
  OnnxValue slice(const OnnxValue& x, std::int64_t axis, std::int64_t first, std::int64_t end);

  /// 0, 1, ... up to the steps of x (batch, steps, ...), int32.
  OnnxValue step_numbers(const OnnxValue& x);
  /// The number of steps of x, a scalar of int32.
  OnnxValue step_count(const OnnxValue& x);
  /// Whether a step lies before the sequence's end: (batch, steps, 1) bool. x has lengths.
  OnnxValue valid(const OnnxSequence& x);
  /// x, with `past` past each sequence's end; x itself without lengths.
  OnnxSequence valid_or(const OnnxSequence& x, double past = 0);
  /// Whether a sequence has any steps: (batch, 1, 1) bool. x has lengths.
  OnnxValue any_steps(const OnnxSequence& x);

  const std::string& path() const { return path_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }
  const std::vector<Port>& inputs() const { return inputs_; }
  const std::vector<Port>& outputs() const { return outputs_; }

 private:
  template <class T>
  static std::string bytes_of(const std::vector<T>& values);
  OnnxValue tensor(std::string name, OnnxType type, std::vector<Index> extents, std::string bytes);
  OnnxValue constant(OnnxType type, std::vector<Index> extents, std::string bytes);
  std::string unique(std::string name);
  OnnxValue remembered(const std::string& what, auto&& make);

  // The name of a weight of the current part.
  std::string name_here(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + '.' + std::string(name);
  }

  std::string path_;
  std::vector<Node> nodes_;
  std::vector<Tensor> tensors_;
  std::vector<Port> inputs_, outputs_;
  std::map<std::string, Index> names_;          // how often each was asked for
  std::map<std::string, OnnxValue> constants_;  // by type, extents and bytes
  std::map<std::string, OnnxValue> already_;    // what was derived from a value
};

}  // namespace heed::inline HEED_ISA

#include "heed/convert/detail/onnx_graph_bodies.hpp"
