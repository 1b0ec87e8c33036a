#pragma once

/// @file
/// Files whose tensors have other names than a model's parameters, or that contain more or fewer tensors.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// How the tensors of a file become parameters: `{.prefix = "_orig_mod.", .rename = {{"rnn", "lstm"}}}`.
struct WeightsOptions {
  /// The model's tensors have this prefix ("_orig_mod.", "encoder."); all others are ignored.
  std::string prefix = {};
  /// Replaces the beginnings of names, one rule after another, after `prefix` was removed. If `from` is a whole part of
  /// some name ("rnn" in "rnn.weight"), whole parts alone are replaced. Otherwise any beginning that matches is. An empty
  /// `to` removes it.
  std::vector<Rename> rename = {};
  /// Loads what fits. Tensors that are not parameters are ignored. A layer with a tensor of another shape keeps its
  /// weights, and so do parameters that the file lacks. An exception are biases of layers whose weights the file has:
  /// these layers were trained without biases, so the biases become 0.
  bool partial = false;
  /// Whether `load` compares the model's output with the one that stands in a file of heed (see self_test.hpp). Without
  /// the check it also loads weights that were changed in the file since.
  bool self_test = true;
};

/// What was done with the parameters of a model, and with the tensors of a file (by their new names).
struct LoadedWeights {
  std::vector<std::string> loaded;  ///< parameters that were filled
  std::vector<std::string> zeroed;  ///< biases that the file lacks although it has their layer
  std::vector<std::string> kept;    ///< parameters that stay as they were
  std::vector<std::string> unused;  ///< tensors that were not used
};

/// Thrown if the tensors of a file do not match a model, with a renaming that would help, if there is one.
class TensorMismatch : public Error {
 public:
  TensorMismatch(Fault fault, std::vector<Rename> renames) : Error(std::move(fault)), renames_(std::move(renames)) {}
  const std::vector<Rename>& renames() const noexcept { return renames_; }

 private:
  std::vector<Rename> renames_;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The tensors with the names that the options give. Throws if no tensor has a prefix or a name to replace, or if two
/// tensors get the same name. `file` is the name in messages.
std::vector<TensorInfo> renamed(std::span<const TensorInfo> tensors, const WeightsOptions& options,
                                const std::string& file);

/// Renamings that turn tensors of a file into wanted ones: each makes the names and shapes of some of them fit. Empty
/// if there are none.
std::vector<Rename> fitting_renames(std::span<const TensorShape> wanted, std::span<const TensorShape> tensors);

namespace detail {
/// Whether the name begins with `from` and one of its parts ends there.
bool begins_with_part(std::string_view name, std::string_view from);
/// "renaming "rnn" to "lstm" and "head" to "fc" would fit".
std::string proposal(const std::vector<Rename>& renames);
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

#include "heed/core/tensor.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION bool begins_with_part(std::string_view name, std::string_view from) {
  if (!name.starts_with(from)) return false;
  return from.empty() || from.back() == '.' || name.size() == from.size() || name[from.size()] == '.';
}

/// The name with its beginning `from` replaced.
HEED_COLD HEED_FUNCTION std::string with_beginning(std::string_view name, std::string_view from, std::string_view to,
                                                   bool whole_parts) {
  std::string_view rest = name.substr(from.size());
  if (!whole_parts) return std::string(to) + std::string(rest);
  if (rest.starts_with('.')) rest.remove_prefix(1);
  if (to.ends_with('.')) to.remove_suffix(1);
  return std::string(to) + (to.empty() || rest.empty() ? "" : ".") + std::string(rest);
}

HEED_COLD HEED_FUNCTION std::string proposal(const std::vector<Rename>& renames) {
  std::string text;
  for (std::size_t i = 0; i < renames.size(); ++i) {
    text += i == 0 ? "renaming " : i + 1 < renames.size() ? ", " : " and ";
    text += quote(renames[i].from) + (renames[i].to.empty() ? " to nothing" : " to " + quote(renames[i].to));
  }
  return text.empty() ? text : text + " would fit";
}

HEED_COLD HEED_FUNCTION std::string some_names(const std::vector<TensorInfo>& tensors) {
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(tensors.size(), most); ++i) text += (i ? ", " : "") + tensors[i].name;
  return tensors.size() > most ? text + ", and " + text_of(tensors.size() - most) + " more" : text;
}

HEED_COLD HEED_FUNCTION void rename(std::vector<TensorInfo>& tensors, const Rename& names, const std::string& file) {
  const auto is_part = [&](const TensorInfo& t) { return begins_with_part(t.name, names.from); };
  const bool parts = std::any_of(tensors.begin(), tensors.end(), is_part);
  bool any = false;
  for (TensorInfo& tensor : tensors) {
    if (parts ? !is_part(tensor) : !tensor.name.starts_with(names.from)) continue;
    any = true;
    tensor.name = with_beginning(tensor.name, names.from, names.to, parts);
  }
  require(any, [&] {
    return Fault{"no tensor has a name that begins with " + quote(names.from), file, {}, some_names(tensors)};
  });
}

}  // namespace detail

HEED_COLD HEED_FUNCTION std::vector<TensorInfo> renamed(std::span<const TensorInfo> all, const WeightsOptions& options,
                                                        const std::string& file) {
  std::vector<TensorInfo> tensors(all.begin(), all.end());
  if (!options.prefix.empty()) {
    const auto is_other = [&](const TensorInfo& t) { return !detail::begins_with_part(t.name, options.prefix); };
    std::vector<TensorInfo> chosen;
    std::remove_copy_if(tensors.begin(), tensors.end(), std::back_inserter(chosen), is_other);
    require(!chosen.empty(), [&] {
      return Fault{"no tensor has a name that begins with " + detail::quote(options.prefix),
                   file,
                   {},
                   detail::some_names(tensors)};
    });
    tensors = std::move(chosen);
    detail::rename(tensors, {options.prefix, ""}, file);
  }
  for (const Rename& names : options.rename) detail::rename(tensors, names, file);
  std::set<std::string_view> names;
  for (const TensorInfo& tensor : tensors) {
    require(!tensor.name.empty() && names.insert(tensor.name).second, [&] {
      return Fault{tensor.name.empty() ? "a tensor is left without a name"
                                       : "two tensors get the name " + detail::quote(tensor.name),
                   file,
                   {},
                   {}};
    });
  }
  return tensors;
}

namespace detail {

// names with shapes that nothing has matched yet
using ShapesByName = std::map<std::string, std::vector<Index>>;

/// What remains of two names without the parts that both end with; both empty: nothing in common.
HEED_COLD HEED_FUNCTION Rename beginnings(std::string_view from, std::string_view to) {
  std::size_t common = 0;
  while (common < std::min(from.size(), to.size()) && from[from.size() - 1 - common] == to[to.size() - 1 - common]) {
    ++common;
  }
  const auto at_part = [](std::string_view name, std::size_t rest) {
    return rest == name.size() || name[name.size() - rest - 1] == '.';
  };
  while (common > 0 && !(at_part(from, common) && at_part(to, common))) --common;
  if (common == 0) return {};
  const auto beginning = [&](std::string_view name) {
    return std::string(name.substr(0, name.size() - common - (common < name.size() ? 1 : 0)));
  };
  return {beginning(from), beginning(to)};
}

/// The pairs of tensors and wanted tensors that this renaming makes equal.
HEED_COLD HEED_FUNCTION std::vector<Rename> matches(const Rename& names, const ShapesByName& wanted,
                                                    const ShapesByName& tensors) {
  std::vector<Rename> found;
  for (const auto& [name, extents] : tensors) {
    if (!begins_with_part(name, names.from)) continue;
    std::string other = with_beginning(name, names.from, names.to, true);
    const auto match = wanted.find(other);
    if (match != wanted.end() && match->second == extents) found.push_back({name, std::move(other)});
  }
  return found;
}

}  // namespace detail

HEED_COLD HEED_FUNCTION std::vector<Rename> fitting_renames(std::span<const TensorShape> wanted,
                                                            std::span<const TensorShape> tensors) {
  constexpr std::size_t most = 1000;  // for hostile files: all pairs are compared, and each with all names
  std::size_t comparisons = 4'000'000;
  detail::ShapesByName missing, spare;
  std::vector<std::string> taken;
  for (const TensorShape& w : wanted) missing.emplace(w.name, w.extents);
  for (const TensorShape& t : tensors) {
    if (missing.erase(t.name) > 0) {
      taken.push_back(t.name);
    } else {
      spare.emplace(t.name, t.extents);
    }
  }
  std::vector<Rename> renames;
  if (missing.size() > most || spare.size() > most) return renames;
  while (!missing.empty() && !spare.empty()) {
    Rename best;
    std::vector<Rename> matched;
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& [to, shape] : missing) {
      for (const auto& [from, extents] : spare) {
        if (shape != extents) continue;
        const Rename names = detail::beginnings(from, to);
        if (names.from == names.to || !seen.insert({names.from, names.to}).second) continue;
        const std::size_t now = taken.size() + spare.size();
        if (comparisons < now) return {};
        comparisons -= now;
        if (std::any_of(taken.begin(), taken.end(),
                        [&](const std::string& t) { return detail::begins_with_part(t, names.from); })) {
          continue;
        }
        auto found = detail::matches(names, missing, spare);
        if (found.size() <= matched.size()) continue;
        best = names;
        matched = std::move(found);
      }
    }
    if (matched.empty()) break;
    for (const Rename& m : matched) {
      spare.erase(m.from);
      missing.erase(m.to);
      taken.push_back(m.from);
    }
    renames.push_back(best);
  }
  return renames;
}

}  // namespace heed::inline HEED_ISA

#endif
