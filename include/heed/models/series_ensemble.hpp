#pragma once

/// @file
/// Classifiers of series of different kinds as one model. Its predictions are the mean of theirs.
///
///     heed::SeriesEnsemble<float> together({narrow, wide}, {rocket});   // trained models
///     heed::save(together, "together.safetensors");
///     heed::Predictor predictor(together);                              // probabilities: the mean over the members

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/compose/repeat.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/last_value.hpp"
#include "heed/layers/standardize.hpp"
#include "heed/models/detail/average_outputs.hpp"
#include "heed/models/detail/series_input.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ABI {

/// Options of `SeriesEnsemble`.
struct SeriesEnsembleOptions {
  Index features = 0, classes = 0;
  /// Architecture and options of each member: "SequenceClassifier; cell none; kernels 8,5,3".
  std::vector<std::string> parts = {};

  static void fields(auto&& f, auto&... o) {
    f({.name = "features", .meaning = "Numbers per step", .range = Range::to(1 << 20), .flag = ""}, o.features...);
    f({.name = "classes", .meaning = "Number of classes", .flag = ""}, o.classes...);
    f({.name = "parts", .meaning = "What the members are", .flag = ""}, o.parts...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
struct SeriesPart {
  std::string architecture;
  Metadata options;
};
std::string text_of_part(std::string_view architecture, Metadata options);
/// Throws if the text is not in the form that `text_of_part` writes.
SeriesPart part_from(const SeriesEnsembleOptions& options, std::size_t i);
[[noreturn]] void throw_unknown_part(const std::string& architecture, std::size_t i);
/// What the members share: all metadata except their options.
Metadata without_options(Metadata metadata, const Metadata& options);
}  // namespace detail

/// `SequenceClassifier`s and `RocketClassifier`s, each with its own options, as one model:
///
///     classes   y = log(1/N sum_i softmax(f_i(x)))    the softmax of y is the mean of the members' probabilities
///     flags     y = logit(1/N sum_i sigmoid(f_i(x)))
///     numbers   y = 1/N sum_i f_i(x)
///
/// All members have the same weight. Of forecasts the last value is subtracted once, before the members, and added once
/// to their mean. The input is standardised once, before the members. (For models of one type with
/// the same options there is `Ensemble`.) It can be saved, loaded, run by `Predictor` and evaluated by `Evaluator`; its
/// members must be trained beforehand. The parameters are named network.0..., network.1..., rocket.0....
template <class S>
struct SeriesEnsemble {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = SeriesEnsembleOptions;
  static constexpr std::string_view architecture = "SeriesEnsemble";

  Options options;
  std::vector<SequenceClassifier<S>> networks;
  std::vector<RocketClassifier<S>> rockets;

  LastValue<S> last_value;          ///< of forecasts, for all members; they have none of their own
  Standardize<S> standardize;       ///< of the input, likewise
  std::vector<std::string> labels;  ///< names of the classes, in order; empty: 0, 1, ...
  OutputKind outputs = OutputKind::classes;

  struct Cache {
    typename detail::SeriesInput<S>::Cache input;
    std::vector<typename SequenceClassifier<S>::Cache> networks;
    std::vector<typename RocketClassifier<S>::Cache> rockets;
    std::vector<TileBuffer<S>> outputs;
  };

  SeriesEnsemble() = default;
  /// Takes over trained models. Throws if there are none, or if they differ in features, classes, labels,
  /// last value, standardisation or the kind of their outputs.
  HEED_COLD SeriesEnsemble(std::vector<SequenceClassifier<S>> of_networks, std::vector<RocketClassifier<S>> of_rockets);
  /// For `load`. Throws if a part is not valid, or if its options are out of range.
  HEED_COLD explicit SeriesEnsemble(Options o);

  Index size() const { return std::ssize(networks) + std::ssize(rockets); }
  /// Features of a step.
  Index input_size() const { return options.features; }

  bool reads_distances() const {
    bool reads = false;
    each([&](const auto& member) { reads = reads || heed::reads_distances(member); });
    return reads;
  }

  /// Throws if there are no members, or if one does not accept x.
  HEED_COLD Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto& first, auto&... rest) {
    visit_members(f, "network", detail::Children(first.networks), detail::Children(rest.networks)...);
    visit_members(f, "rocket", detail::Children(first.rockets), detail::Children(rest.rockets)...);
  }

  // ---- files

  static void extras(auto&& f, auto& model) {
    f("labels", model.labels, model.options.classes);
    detail::SeriesInput<S>::extras(f, model);
  }

 private:
  detail::SeriesInput<S> input() const { return {last_value, standardize}; }
  static void visit_members(auto& f, const char* name, auto&&... lists) { f(name, lists...); }
  template <class F>
  void each(F&& f) const {
    for (const auto& member : networks) f(member);
    for (const auto& member : rockets) f(member);
  }
  // the metadata that all members share becomes that of the ensemble
  void take_over(auto& member, Metadata& first, Index i);
};

template <class S>
SeriesEnsemble<S>::SeriesEnsemble(std::vector<SequenceClassifier<S>> of_networks,
                                  std::vector<RocketClassifier<S>> of_rockets)
    : networks(std::move(of_networks)), rockets(std::move(of_rockets)) {
  detail::check_members(size());
  Metadata first;
  Index i = 0;
  for (auto& member : networks) take_over(member, first, i++);
  for (auto& member : rockets) take_over(member, first, i++);
}

template <class S>
void SeriesEnsemble<S>::take_over(auto& member, Metadata& first, Index i) {
  const Metadata own = to_metadata(member.options);
  Metadata said = detail::without_options(metadata_of(member), own);
  if (i == 0) {
    options.features = member.options.features;
    options.classes = member.options.classes;
    labels = member.labels;
    last_value = member.last_value;
    standardize = member.standardize;
    outputs = member.outputs;
    first = std::move(said);
  } else if (said != first) {
    detail::throw_other_member(i, first, said);
  }
  member.labels.clear();
  member.last_value = {};
  member.standardize = {};
  options.parts.push_back(detail::text_of_part(member.architecture, own));
}

template <class S>
SeriesEnsemble<S>::SeriesEnsemble(Options o) : options(check(o, architecture)) {
  detail::check_members(std::ssize(options.parts));
  for (std::size_t i = 0; i < options.parts.size(); ++i) {
    const detail::SeriesPart part = detail::part_from(options, i);
    if (part.architecture == SequenceClassifier<S>::architecture) {
      networks.emplace_back(from_metadata<SequenceClassifierOptions>(part.options));
    } else if (part.architecture == RocketClassifier<S>::architecture) {
      rockets.emplace_back(from_metadata<RocketClassifierOptions>(part.options));
    } else {
      detail::throw_unknown_part(part.architecture, i);
    }
  }
}

template <class S>
Shape SeriesEnsemble<S>::output_shape(Shape x) const {
  detail::check_members(size());
  each([&](const auto& member) { member.output_shape(x); });
  input().check(x.features, options.classes);
  return {1, options.classes};
}

template <class S>
void SeriesEnsemble<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  x = input().forward(x, cache.input, pass);
  const std::size_t n = networks.size() + rockets.size();
  cache.networks.resize(networks.size());
  cache.rockets.resize(rockets.size());
  cache.outputs.resize(n);
  const auto answer = [&](const auto& member, auto& own, std::size_t i) {
    const Tile<S> z = n == 1 ? y : cache.outputs[i].take(y.shape(), y.lanes, y.lengths);
    member.forward(x, z, own, pass.at(i));
  };
  for (std::size_t i = 0; i < networks.size(); ++i) answer(networks[i], cache.networks[i], i);
  for (std::size_t i = 0; i < rockets.size(); ++i) answer(rockets[i], cache.rockets[i], networks.size() + i);
  if (n > 1) detail::average_outputs<S>(cache.outputs, outputs, y);
  input().finish(y, cache.input);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::SeriesEnsemble)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::SeriesEnsemble)

#if HEED_BODIES

#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA::detail {

HEED_COLD HEED_FUNCTION std::string text_of_part(std::string_view architecture, Metadata options) {
  for (const char* shared : {"features", "classes"}) options.erase(shared);
  std::string text(architecture);
  for (const auto& [name, value] : options) text += "; " + name + ' ' + value;
  return text;
}

HEED_COLD HEED_FUNCTION SeriesPart part_from(const SeriesEnsembleOptions& options, std::size_t i) {
  constexpr std::string_view between = "; ";
  std::string_view rest = options.parts[i];
  const auto next = [&] {
    const std::size_t at = rest.find(between);
    const std::string_view piece = rest.substr(0, at);
    rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + between.size());
    return piece;
  };
  SeriesPart part{std::string(next()), {}};
  set(part.options, "features", options.features);
  set(part.options, "classes", options.classes);
  while (!rest.empty()) {
    const std::string_view piece = next();
    const std::size_t blank = piece.find(' ');
    require(blank != std::string_view::npos && blank > 0, [&] {
      return Fault{"an option of a part is malformed", "SeriesEnsemble, part " + text_of(i) + " (counted from 0)",
                   "a name and its value", quote(piece)};
    });
    set(part.options, std::string(piece.substr(0, blank)), piece.substr(blank + 1));
  }
  return part;
}

HEED_COLD HEED_FUNCTION void throw_unknown_part(const std::string& architecture, std::size_t i) {
  throw Error(Fault{"a part of an unknown architecture", "SeriesEnsemble, part " + text_of(i) + " (counted from 0)",
                    "SequenceClassifier or RocketClassifier", quote(architecture)});
}

HEED_COLD HEED_FUNCTION Metadata without_options(Metadata metadata, const Metadata& options) {
  for (const auto& entry : options) {
    if (entry.first != "features" && entry.first != "classes") metadata.erase(entry.first);
  }
  return metadata;
}

}  // namespace heed::inline HEED_ISA::detail

#endif
