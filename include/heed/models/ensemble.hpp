#pragma once

/// @file
/// Several models of one type as one model. Its predictions are the mean of theirs.
///
///     heed::Ensemble<Model> ensemble(5, options);       // or (std::vector<Model>), of trained models
///     heed::fit_ensemble(ensemble, data, {.epochs = 50});
///     heed::save(ensemble, "ensemble.safetensors");
///     heed::Predictor predictor(ensemble);              // probabilities: the mean over the members

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/compose/repeat.hpp"
#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/models/detail/average_outputs.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

/// The largest number of members.
inline constexpr Index most_members = 4096;

namespace detail {

/// The options of the members, if they describe themselves.
template <class M>
struct EnsembleBase {
  struct NoOptions {};
};
template <DescribedModel M>
struct EnsembleBase<M> {
  struct Options {
    Index members = 0;
    typename M::Options member = {};  ///< of each

    static void fields(auto&& f, auto&... o) {
      f({.name = "members", .meaning = "Models of the ensemble", .range = Range::from(1, most_members), .flag = ""},
        o.members...);
      M::Options::fields(f, o.member...);
    }
  };
  Options options;
};

/// "Ensemble of Model", if the model has a name.
template <class M>
struct EnsembleName {
  static constexpr std::string_view before = "Ensemble of ";
  static constexpr auto letters = [] {
    std::array<char, before.size() + name_of<M>().size()> all{};
    std::size_t i = 0;
    for (const char c : before) all[i++] = c;
    for (const char c : name_of<M>()) all[i++] = c;
    return all;
  }();
  static constexpr std::string_view text{letters.data(), letters.size()};
};

void check_members(Index count);
[[noreturn]] void throw_other_member(Index member, const Metadata& first, const Metadata& other);

/// The options with which an ensemble of M is loaded, if M has any.
template <class O, class M>
concept EnsembleOptionsOf = std::same_as<O, typename EnsembleBase<M>::Options>;

}  // namespace detail

/// N models with the same options and different weights, as one model:
///
///     classes   y = log(1/N sum_i softmax(f_i(x)))    the softmax of y is the mean of the members' probabilities
///     flags     y = logit(1/N sum_i sigmoid(f_i(x)))
///     numbers   y = 1/N sum_i f_i(x)
///
/// `outputs` tells which of the three applies. One member gives y = f_1(x). An ensemble can be saved, loaded, run by
/// `Predictor` and evaluated by `Evaluator`; its `attention_weights` are the mean. It cannot be trained as a whole:
/// `fit_ensemble` trains the members. The parameters are called member.0..., member.1....
template <Layer M>
struct Ensemble : detail::EnsembleBase<M> {
  using Scalar = typename M::Scalar;
  using Input = typename M::Input;
  using S = Scalar;
  static constexpr std::string_view architecture = detail::EnsembleName<M>::text;

  std::vector<M> members;
  OutputKind outputs = OutputKind::classes;

  struct Cache {
    std::vector<typename M::Cache> members;
    std::vector<TileBuffer<S>> outputs;
    TileBuffer<S> weights;  // the mean of the attention weights
    bool keeps_weights = false;
  };

  Ensemble() = default;
  /// From existing models. Throws if there are none, or if their options or metadata differ.
  explicit Ensemble(std::vector<M> models) : members(std::move(models)) { agree(); }
  /// `count` models with these options. The seed of model i is the options' seed + i. With seed 0, `fit_ensemble` gives
  /// each member its seed. Members whose files have the seed, as those of `RocketClassifier`, share it.
  template <class Options>
    requires std::constructible_from<M, Options>
  Ensemble(Index count, const Options& of_each) {
    detail::check_members(count);
    for (Index i = 0; i < count; ++i) {
      Options o = of_each;
      if constexpr (requires { o.seed; }) {
        if (o.seed != 0) o.seed += static_cast<std::uint64_t>(i);
        if constexpr (Described<Options>) {  // a seed that the file has is one for all
          if (to_metadata(o) != to_metadata(of_each)) o.seed = of_each.seed;
        }
      }
      members.emplace_back(o);
    }
    agree();
  }
  /// For `load`.
  template <detail::EnsembleOptionsOf<M> Options>
  explicit Ensemble(const Options& o) : Ensemble(o.members, o.member) {}

  Index size() const { return static_cast<Index>(members.size()); }
  /// Features of a step, if the members say it. Throws if there are none.
  Index input_size() const
    requires requires(const M& m) { m.input_size(); }
  {
    detail::check_members(size());
    return members.front().input_size();
  }

  /// Member i from `key.child(i)`.
  void initialize(Key key)
    requires requires(M& m) { m.initialize(key); }
  {
    for (std::size_t i = 0; i < members.size(); ++i) members[i].initialize(key.child(i));
  }

  /// Takes over the metadata of the members after they have changed. Throws as the constructor does.
  void agree();

  /// Throws if there are no members, or if the first does not accept x.
  Shape output_shape(Shape x) const {
    detail::check_members(size());
    return members.front().output_shape(x);
  }
  void check_input(TensorView<const Input, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where = "Ensemble") const
    requires requires(const M& m) { m.check_input(x, lengths, where); }
  {
    detail::check_members(size());
    members.front().check_input(x, lengths, where);
  }
  Index first_unknown(Tile<const Input> x) const noexcept
    requires FindsUnknown<M>
  {
    return members.front().first_unknown(x);
  }

  bool reads_distances() const { return !members.empty() && heed::reads_distances(members.front()); }

  void forward(Tile<const Input> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  /// The mean of the members' attention weights. They are kept only after `keep_attention_weights`.
  Tile<const S> attention_weights(const Cache& cache) const
    requires requires(const M& m, const typename M::Cache& c) { m.attention_weights(c); }
  {
    return cache.weights.view();
  }
  static void keep_attention_weights(Cache& cache)
    requires requires(const M& m, const typename M::Cache& c) { m.attention_weights(c); }
  {
    cache.keeps_weights = true;
  }

  static void visit(auto&& f, auto& first, auto&... rest) {
    (detail::check_same_stack(first.members.size(), false, rest.members.size(), false), ...);
    visit_members(f, detail::Children(first.members), detail::Children(rest.members)...);
  }

  // ---- files: the metadata besides the options is that of a member

  void write(Metadata& metadata) const {
    detail::check_members(size());
    metadata.merge(metadata_of(members.front()));
  }
  void restore(const Metadata& metadata) {
    for (M& member : members) restore_extras(member, metadata);
  }

 private:
  static void visit_members(auto& f, auto&&... lists) { f("member", lists...); }
};

template <Layer M>
void Ensemble<M>::agree() {
  detail::check_members(size());
  const Metadata first = metadata_of(members.front());
  for (Index i = 1; i < size(); ++i) {
    const Metadata other = metadata_of(members[static_cast<std::size_t>(i)]);
    if (other != first) detail::throw_other_member(i, first, other);
  }
  outputs = output_kind(members.front());
  if constexpr (DescribedModel<M>) {
    this->options.members = size();
    this->options.member = members.front().options;
  }
}

template <Layer M>
void Ensemble<M>::forward(Tile<const Input> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const std::size_t n = members.size();
  cache.members.resize(n);
  cache.outputs.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    typename M::Cache& own = cache.members[i];
    const Tile<S> z = n == 1 ? y : cache.outputs[i].take(y.shape(), y.lanes, y.lengths);
    if constexpr (requires { members[i].keep_attention_weights(own); }) {
      if (cache.keeps_weights) members[i].keep_attention_weights(own);
    }
    members[i].forward(x, z, own, pass.at(i));
    if constexpr (requires { members[i].attention_weights(own); }) {
      if (!cache.keeps_weights) continue;
      detail::average_weights<S>(members[i].attention_weights(own), static_cast<Index>(i), size(), cache.weights);
    }
  }
  if (n > 1) detail::average_outputs<S>(cache.outputs, outputs, y);
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA::detail {

HEED_COLD HEED_FUNCTION void check_members(Index count) {
  require(count >= 1 && count <= most_members, [&] {
    return Fault{"number of members out of range", "Ensemble", "1 to " + text_of(most_members), text_of(count)};
  });
}

HEED_COLD HEED_FUNCTION void throw_other_member(Index member, const Metadata& first, const Metadata& other) {
  const auto value = [](const Metadata& m, const std::string& key) {
    const auto found = m.find(key);
    return key + " " + (found == m.end() ? "none" : found->second);
  };
  std::string key;
  for (const auto& [name, text] : first) {
    const auto found = other.find(name);
    if (key.empty() && (found == other.end() || found->second != text)) key = name;
  }
  for (const auto& [name, text] : other) {
    if (key.empty() && !first.contains(name)) key = name;
  }
  throw Error(Fault{"the members of an ensemble differ", "Ensemble, member " + text_of(member) + " (counted from 0)",
                    value(first, key), value(other, key)});
}

}  // namespace heed::inline HEED_ISA::detail

#endif
