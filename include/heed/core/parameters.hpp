#pragma once

/// @file
/// The parameters of a model as a list: what optimizers, averages, clipping, reduction and checkpoints work on. Their
/// code depends only on the scalar and is the same for all models.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

/// A view of the names and places of all parameters of a model, in the order of its `visit`. Parameters without
/// elements are left out. The model must outlive the list and keep its sizes. A const list gives const parameters.
template <class S>
class Parameters {
 public:
  using Scalar = S;

  Parameters() = default;
  /// Collects them in one walk.
  template <Visitable M>
    requires std::same_as<typename M::Scalar, S>
  explicit Parameters(M& model) {
    auto names = std::make_shared<std::vector<std::string>>();
    for_each_parameter(
        [&](const Path& path, ParameterArray<S>& p) {
          names->push_back(path.text());
          arrays_.push_back(&p);
        },
        model);
    names_ = std::move(names);
  }

  Index count() const { return static_cast<Index>(arrays_.size()); }
  const std::string& name(Index i) const { return (*names_)[static_cast<std::size_t>(i)]; }
  /// The names of all parameters; empty if there are none.
  std::span<const std::string> names() const {
    return names_ ? std::span<const std::string>(*names_) : std::span<const std::string>();
  }
  ParameterArray<S>& operator[](Index i) { return *arrays_[static_cast<std::size_t>(i)]; }
  const ParameterArray<S>& operator[](Index i) const { return *arrays_[static_cast<std::size_t>(i)]; }

  /// Refers to another model of the same type from now on; the names stay. Does not allocate after the first model.
  template <Visitable M>
  void look_at(M& model) {
    arrays_.clear();
    for_each_parameter([&](const Path&, ParameterArray<S>& p) { arrays_.push_back(&p); }, model);
  }

 private:
  template <class>
  friend class ParameterList;
  std::shared_ptr<const std::vector<std::string>> names_;
  std::vector<ParameterArray<S>*> arrays_;
};

/// A view of the parameters of a const model.
template <Visitable M>
const Parameters<typename M::Scalar> parameters_of(const M& model) {
  return Parameters<typename M::Scalar>(const_cast<M&>(model));
}

/// Parameters that the list owns: moments, averages, snapshots. A copy is another list with the same numbers.
template <class S>
class ParameterList {
 public:
  ParameterList() = default;
  /// A copy of these numbers.
  explicit ParameterList(const Parameters<S>& like);
  ParameterList(const ParameterList& other) : ParameterList(other.view()) {}
  ParameterList(ParameterList&&) noexcept = default;
  ParameterList& operator=(ParameterList other) noexcept {
    arrays_.swap(other.arrays_);
    std::swap(view_, other.view_);
    return *this;
  }
  ~ParameterList() = default;

  Parameters<S>& view() { return view_; }
  const Parameters<S>& view() const { return view_; }

 private:
  std::vector<ParameterArray<S>> arrays_;  // never grows: the view points into it
  Parameters<S> view_;
};

template <class S>
ParameterList<S>::ParameterList(const Parameters<S>& like) : view_(like) {
  arrays_.reserve(like.arrays_.size());
  for (const ParameterArray<S>* p : like.arrays_) arrays_.push_back(*p);
  for (std::size_t i = 0; i < arrays_.size(); ++i) view_.arrays_[i] = &arrays_[i];
}

namespace detail {
/// Throws unless both lists have the same sizes.
template <class S>
void check_same_sizes(const Parameters<S>& a, const Parameters<S>& b) {
  require(a.count() == b.count(), [&] {
    return Fault{"models of different sizes side by side", "parameters", text_of(a.count()), text_of(b.count())};
  });
  for (Index i = 0; i < a.count(); ++i) {
    const std::span<const Index> first = a[i].extents(), second = b[i].extents();
    require(std::equal(first.begin(), first.end(), second.begin(), second.end()), [&] {
      return Fault{"models of different sizes side by side", a.name(i), to_text(a[i].extents()),
                   to_text(b[i].extents())};
    });
  }
}

/// The wanted ones.
template <class S>
void zero_parameters(Parameters<S>& parameters) {
  for (Index i = 0; i < parameters.count(); ++i) {
    if (parameters[i].wanted()) parameters[i].fill(0);
  }
}
/// The others, which layers may still have written.
template <class S>
void zero_unwanted(Parameters<S>& parameters) {
  for (Index i = 0; i < parameters.count(); ++i) {
    if (!parameters[i].wanted()) parameters[i].fill(0);
  }
}

/// For each name, the index of the first of `parts` that the name contains; -1: none. Throws if a part is in no name,
/// and lists the names. `where` is what messages call the list.
std::vector<int> first_part_in(std::span<const std::string> names, std::span<const std::string> parts,
                               std::string_view where);
/// Which names contain one of these parts. Throws as `first_part_in`, and if all names do: nothing would be trained.
std::vector<bool> frozen_among(std::span<const std::string> names, std::span<const std::string> parts,
                               std::string_view where);

template <class S>
void want_all_but(Parameters<S>& gradient, const std::vector<bool>& frozen) {
  for (Index i = 0; i < gradient.count(); ++i) gradient[i].want(!frozen[static_cast<std::size_t>(i)]);
}

template <class S>
void copy_parameters(const Parameters<S>& from, Parameters<S>& to) {
  check_same_sizes(from, to);
  for (Index i = 0; i < from.count(); ++i) to[i] = from[i];
}

template <class S>
void swap_parameters(Parameters<S>& a, Parameters<S>& b) {
  check_same_sizes(a, b);
  for (Index i = 0; i < a.count(); ++i) std::swap_ranges(a[i].begin(), a[i].end(), b[i].begin());
}

template <class S>
bool parameters_finite(const Parameters<S>& parameters) {
  for (Index i = 0; i < parameters.count(); ++i) {
    if (!std::all_of(parameters[i].begin(), parameters[i].end(), [](S value) { return std::isfinite(value); })) {
      return false;
    }
  }
  return true;
}

template <class S>
Index count_numbers(const Parameters<S>& parameters) {
  Index count = 0;
  for (Index i = 0; i < parameters.count(); ++i) count += parameters[i].size();
  return count;
}
}  // namespace detail

/// Marks gradients as not wanted, for each parameter whose name contains one of these texts ("lstm", "embedding.").
/// Layers skip these gradients, and optimizers keep the parameters as they are. Throws if a text is in no name, or if
/// nothing would be left to train.
template <Visitable M>
void freeze(M& gradient, const std::vector<std::string>& parts) {
  Parameters<typename M::Scalar> parameters(gradient);
  detail::want_all_but(parameters, detail::frozen_among(parameters.names(), parts, "freeze"));
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::ParameterList)
HEED_COMPILED_FUNCTION(heed::detail::check_same_sizes)
HEED_COMPILED_FUNCTION(heed::detail::zero_parameters)
HEED_COMPILED_FUNCTION(heed::detail::zero_unwanted)
HEED_COMPILED_FUNCTION(heed::detail::want_all_but)
HEED_COMPILED_FUNCTION(heed::detail::copy_parameters)
HEED_COMPILED_FUNCTION(heed::detail::swap_parameters)
HEED_COMPILED_FUNCTION(heed::detail::parameters_finite)
HEED_COMPILED_FUNCTION(heed::detail::count_numbers)

#if HEED_BODIES

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION std::vector<int> first_part_in(std::span<const std::string> names,
                                                       std::span<const std::string> parts, std::string_view where) {
  std::vector<int> first(names.size(), -1);
  for (std::size_t k = 0; k < parts.size(); ++k) {
    bool any = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (parts[k].empty() || names[i].find(parts[k]) == std::string::npos) continue;
      any = true;
      if (first[i] < 0) first[i] = static_cast<int>(k);
    }
    require(any, [&] {
      std::string all;
      for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
      return Fault{"no parameter has \"" + parts[k] + "\" in its name", where, "a part of one of " + all, {}};
    });
  }
  return first;
}

HEED_COLD HEED_FUNCTION std::vector<bool> frozen_among(std::span<const std::string> names,
                                                       std::span<const std::string> parts, std::string_view where) {
  const std::vector<int> first = first_part_in(names, parts, where);
  std::vector<bool> frozen;
  for (const int k : first) frozen.push_back(k >= 0);
  require(parts.empty() || std::find(frozen.begin(), frozen.end(), false) != frozen.end(),
          [&] { return Fault{"all parameters are frozen: nothing is left to train", where, {}, {}}; });
  return frozen;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
