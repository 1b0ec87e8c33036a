#pragma once

// The functions of OnnxGraph: an inner part of onnx_graph.hpp.

#include "heed/convert/onnx_graph.hpp"
#include "heed/core/detail/byte_order.hpp"

namespace heed::inline HEED_ISA {

template <class T>
std::string OnnxGraph::bytes_of(const std::vector<T>& values) {
  const auto bytes = detail::bytes_in_file<T>(values);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

HEED_COLD inline std::string OnnxGraph::unique(std::string name) {
  const Index uses = names_[name]++;
  return uses == 0 ? name : unique(name + '_' + std::to_string(uses));
}

HEED_COLD inline std::vector<OnnxValue> OnnxGraph::add_outputs(std::string_view op, std::vector<OnnxValue> inputs,
                                                               std::vector<OnnxAttribute> attributes,
                                                               std::size_t count) {
  while (!inputs.empty() && !inputs.back()) inputs.pop_back();  // optional ones that are left out
  const std::string name = unique(path_.empty() ? std::string(op) : path_ + '.' + std::string(op));
  std::vector<OnnxValue> outputs(count);
  for (std::size_t i = 0; i < count; ++i) outputs[i].name = count == 1 ? name : name + ':' + std::to_string(i);
  nodes_.push_back({name, std::string(op), std::move(inputs), outputs, std::move(attributes)});
  return outputs;
}

HEED_COLD inline OnnxValue OnnxGraph::input(std::string name, OnnxType type, std::vector<OnnxExtent> extents) {
  inputs_.push_back({unique(std::move(name)), type, std::move(extents)});
  return {inputs_.back().name};
}

HEED_COLD inline void OnnxGraph::output(const OnnxValue& value, std::string name, OnnxType type,
                                        std::vector<OnnxExtent> extents) {
  outputs_.push_back({unique(std::move(name)), type, std::move(extents)});
  nodes_.push_back({outputs_.back().name, "Identity", {value}, {{outputs_.back().name}}, {}});
}

HEED_COLD inline OnnxValue OnnxGraph::tensor(std::string name, OnnxType type, std::vector<Index> extents,
                                             std::string bytes) {
  tensors_.push_back({unique(std::move(name)), type, std::move(extents), std::move(bytes)});
  return {tensors_.back().name};
}

HEED_COLD inline OnnxValue OnnxGraph::constant(OnnxType type, std::vector<Index> extents, std::string bytes) {
  std::string key = std::to_string(int(type));
  for (const Index extent : extents) key += ' ' + std::to_string(extent);
  key += ':' + bytes;
  if (const auto found = constants_.find(key); found != constants_.end()) return found->second;
  return constants_[key] = tensor("constant", type, std::move(extents), std::move(bytes));
}

HEED_COLD inline OnnxValue OnnxGraph::weight(std::string_view name, const std::vector<float>& values,
                                             std::vector<Index> extents) {
  return tensor(name_here(name), OnnxType::float32, std::move(extents), bytes_of(values));
}

HEED_COLD inline OnnxValue OnnxGraph::numbers(const std::vector<float>& values, std::vector<Index> extents) {
  return constant(OnnxType::float32, std::move(extents), bytes_of(values));
}

HEED_COLD inline OnnxValue OnnxGraph::list(const std::vector<std::int64_t>& values) {
  return constant(OnnxType::int64, {static_cast<Index>(values.size())}, bytes_of(values));
}

HEED_COLD inline OnnxValue OnnxGraph::count(Index value) {
  return constant(OnnxType::int32, {}, bytes_of(std::vector<std::int32_t>{static_cast<std::int32_t>(value)}));
}

HEED_COLD inline OnnxValue OnnxGraph::doubles(const std::vector<double>& values, std::vector<Index> extents) {
  return constant(OnnxType::float64, std::move(extents), bytes_of(values));
}

HEED_COLD inline OnnxValue OnnxGraph::slice(const OnnxValue& x, std::int64_t axis, std::int64_t first,
                                            std::int64_t end) {
  return add("Slice", {x, list({first}), list({end}), list({axis})});
}

inline OnnxValue OnnxGraph::remembered(const std::string& what, auto&& make) {
  if (const auto found = already_.find(what); found != already_.end()) return found->second;
  OnnxValue made = make();  // may remember more
  return already_[what] = std::move(made);
}

HEED_COLD inline OnnxValue OnnxGraph::step_count(const OnnxValue& x) {
  return remembered("steps of " + x.name, [&] {
    const OnnxValue shape = add("Shape", {x}, {{"start", 1}, {"end", 2}});
    return cast(squeeze(shape, {0}), OnnxType::int32);
  });
}

HEED_COLD inline OnnxValue OnnxGraph::step_numbers(const OnnxValue& x) {
  return remembered("step numbers of " + x.name, [&] { return add("Range", {count(0), step_count(x), count(1)}); });
}

HEED_COLD inline OnnxValue OnnxGraph::valid(const OnnxSequence& x) {
  return remembered("valid by " + x.lengths.name, [&] {
    const OnnxValue before = add("Less", {step_numbers(x.value), unsqueeze(x.lengths, {1})});
    return unsqueeze(before, {2});
  });
}

HEED_COLD inline OnnxSequence OnnxGraph::valid_or(const OnnxSequence& x, double past) {
  if (!x.lengths) return x;
  return x.with(where({valid(x), x.value, number(past)}));
}

HEED_COLD inline OnnxValue OnnxGraph::any_steps(const OnnxSequence& x) {
  return remembered("any steps by " + x.lengths.name,
                    [&] { return unsqueeze(add("Greater", {x.lengths, count(0)}), {1, 2}); });
}

}  // namespace heed::inline HEED_ISA
