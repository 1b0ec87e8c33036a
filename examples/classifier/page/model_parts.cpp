#include <cstddef>
#include <string>

#include "../architecture.hpp"
#include "diagram.hpp"
#include "heed/core/visit.hpp"

namespace classifier::page {

using heed::Index;

namespace {

std::string number(Index value) { return std::to_string(value); }
std::string vector_of(Index width) { return grouped(width) + " numbers"; }
std::string steps_of(const std::string& steps, Index width) { return steps + " steps × " + grouped(width); }

// what stands in front of the layers
template <class M>
void add_input(std::vector<ModelPart>& parts, const M& m, const std::string& steps) {
  const Index features = m.options.features;
  const std::string shape = steps_of(steps, features);
  if (m.last_value.active()) parts.push_back({"Subtract the last value", "the answer adds it", shape, 0});
  if (!m.standardize.active()) return;
  parts.push_back({"Standardise", "to mean 0 and deviation 1", shape, 0,
                   "2 × " + grouped(features) + " numbers of the training data"});
}

std::string cell_name(const heed::SequenceClassifierOptions& o) {
  const std::string cell = o.cell == heed::CellKind::lstm ? "LSTM" : o.cell == heed::CellKind::gru ? "GRU" : "RNN";
  return (o.layers > 1 ? number(o.layers) + " × " : "") + cell;
}

std::string pool_name(const heed::SequenceClassifierOptions& o) {
  switch (o.attention) {
    case heed::Attention::pool:
      return "Attention pool";
    case heed::Attention::multihead:
      return "Multi-head attention";
    case heed::Attention::additive:
      return "Additive attention";
    case heed::Attention::none:
      return "Last state";
    case heed::Attention::mean:
      return "Mean over time";
    case heed::Attention::max:
      return "Maximum over time";
    case heed::Attention::meanmax:
      return "Mean and maximum";
  }
  return "Pool";
}

// all behind what reads the input
void add_classifier(std::vector<ModelPart>& parts, const NumberModel& m, const std::string& steps) {
  const heed::SequenceClassifierOptions& o = m.options;
  add_input(parts, m, steps);
  Index width = o.features;
  for (std::size_t b = 0; b < m.front.blocks.size(); ++b) {
    const auto& block = m.front.blocks[b];
    width = block.output_shape({1, width}).features;
    parts.push_back({"Convolution",
                     "width " + number(o.kernels[static_cast<Index>(b)]) + ", " + number(width) + " channels" +
                         (o.causal ? ", causal" : "") + (o.residual ? ", residual" : ""),
                     steps_of(steps, width), heed::parameter_count(block)});
  }
  if (o.cell != heed::CellKind::none) {
    width = m.recurrent.output_size();
    parts.push_back({cell_name(o), number(o.hidden) + " states" + (o.bidirectional ? ", both directions" : ""),
                     steps_of(steps, width), heed::parameter_count(m.recurrent)});
  }
  const bool heads = o.attention == heed::Attention::multihead;
  const std::string detail = heads ? number(o.heads) + " heads, then the " + std::string(to_text(o.pooling)) : "";
  width = m.pool.output_size(width);
  parts.push_back({pool_name(o), detail, vector_of(width), heed::parameter_count(m.pool)});
  if (o.dense > 0) parts.push_back({"Dense", "then ReLU", vector_of(o.dense), heed::parameter_count(m.fc1)});
  parts.push_back({"Dense", "", vector_of(o.classes), heed::parameter_count(m.fc2)});
}

}  // namespace

ModelBranch branch_of(const NumberModel& m, const std::string& steps) {
  std::vector<ModelPart> parts{{"Sequence", "", steps_of(steps, m.options.features)}};
  add_classifier(parts, m, steps);
  return {parts};
}

ModelBranch branch_of(const TextModel& m, const std::string& steps) {
  std::vector<ModelPart> parts{{"Sentence", "", steps + " words"}};
  parts.push_back({"Embedding", grouped(m.options.tokens) + " tokens", steps_of(steps, m.options.embedding),
                   heed::parameter_count(m.embedding)});
  add_classifier(parts, m.classifier, steps);
  return {parts};
}

ModelBranch branch_of(const RocketModel& m, const std::string& steps) {
  const heed::RocketClassifierOptions& o = m.options;
  const Index features = m.rocket.output_features();
  std::vector<ModelPart> parts{{"Sequence", "", steps_of(steps, o.features)}};
  add_input(parts, m, steps);
  parts.push_back(
      {"Random convolutions", "their statistics over time", vector_of(features), heed::parameter_count(m.rocket)});
  parts.push_back(
      {"Standardise features", "by the training data", vector_of(features), heed::parameter_count(m.scaler)});
  parts.push_back({"Dense", "", vector_of(o.classes), heed::parameter_count(m.head)});
  return {parts};
}

std::vector<ModelBranch> branches_of(const StoredModel<MixedModel>& stored, const std::string& steps) {
  const MixedModel& m = stored.model;
  std::vector<ModelBranch> branches;
  std::vector<std::string> kinds;  // what the options of each say
  const auto add = [&](auto member, const std::string& kind) {
    if (!kinds.empty() && kinds.back() == kind) {
      ++branches.back().models;
      return;
    }
    member.last_value = m.last_value;  // one in front of all
    member.standardize = m.standardize;
    branches.push_back(branch_of(member, steps));
    kinds.push_back(kind);
  };
  for (const NumberModel& member : m.networks) add(member, describe(member.options));
  for (const RocketModel& member : m.rockets) add(member, describe(member.options));
  return branches;
}

}  // namespace classifier::page
