#pragma once

/// @file
/// The quality of entity recognition: precision, recall and F1 over spans of tags.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/metrics/classification.hpp"

namespace heed::inline HEED_ABI {

/// The words first .. last - 1 of a sentence.
struct Entity {
  Index first = 0, last = 0;
  std::string_view type;  ///< a view of the tag
  friend bool operator==(const Entity&, const Entity&) = default;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Whether a tag is `O`, or one of B, I, E, S, L, U, alone or followed by a hyphen and a type.
HEED_FUNCTION bool is_entity_tag(std::string_view tag);

/// The entities of a sentence from its tags. `B-type` begins an entity, `I-type` continues it, `E-type` (in BILOU
/// `L-type`) ends it. `S-type` (`U-type`) is an entity of one word. `O` is outside of all entities. An `I` or `E` that
/// does not continue an entity of its type begins one, as in conlleval, and as in seqeval unless it is strict. A tag
/// without a type has the type `_`. Throws at any other tag.
HEED_FUNCTION std::vector<Entity> entities_of(std::span<const std::string> tags);

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// The scores of all types together, and of each type. `support` is the number of true entities.
struct EntityReport {
  ClassReport all;                           ///< micro average: all entities together
  double macro_f1 = 0;                       ///< the mean F1 of the types
  std::map<std::string, ClassReport> types;  ///< those that occur in the truth or in the prediction
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Compares true and predicted tags of sentences. A hit is an entity with the same words and the same type. 0 / 0
/// counts as 0. The numbers are those of `seqeval.metrics.classification_report`. Throws if the numbers or lengths of
/// sentences differ, or if a tag is not a tag of entities.
HEED_FUNCTION EntityReport entity_f1(std::span<const std::vector<std::string>> truth,
                                     std::span<const std::vector<std::string>> predicted);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace heed::inline HEED_ISA {

HEED_FUNCTION bool is_entity_tag(std::string_view tag) {
  if (tag == "O") return true;
  return !tag.empty() && std::string_view("BIESLU").find(tag[0]) != std::string_view::npos &&
         (tag.size() == 1 || tag[1] == '-');
}

HEED_FUNCTION std::vector<Entity> entities_of(std::span<const std::string> tags) {
  std::vector<Entity> result;
  bool open = false;  // whether the last entity may continue
  for (Index t = 0; t < std::ssize(tags); ++t) {
    const std::string_view tag = tags[static_cast<std::size_t>(t)];
    require(is_entity_tag(tag), [&] {
      return Fault{"not a tag of entities", "word " + std::to_string(t + 1), "O, or B, I, E, S, L or U and a type",
                   "'" + std::string(tag.substr(0, 40)) + "'"};
    });
    if (tag == "O") {
      open = false;
      continue;
    }
    const char part = tag[0] == 'L' ? 'E' : tag[0] == 'U' ? 'S' : tag[0];
    const std::string_view type = tag.size() > 2 ? tag.substr(2) : "_";
    if (part == 'B' || part == 'S' || !open || result.back().type != type) result.push_back({t, t, type});
    result.back().last = t + 1;
    open = part == 'B' || part == 'I';
  }
  return result;
}

HEED_FUNCTION EntityReport entity_f1(std::span<const std::vector<std::string>> truth,
                                     std::span<const std::vector<std::string>> predicted) {
  const DefaultFloatingMode mode;
  const auto check_count = [](std::size_t expected, std::size_t got, const char* what, const std::string& where) {
    require(expected == got, [&] {
      return Fault{std::string("truth and prediction differ in their ") + what, where, std::to_string(expected),
                   std::to_string(got)};
    });
  };
  struct Counts {
    std::int64_t labelled = 0, predicted = 0, hits = 0;
    ClassReport report() const {
      const auto share = [&](std::int64_t of) {
        return of > 0 ? static_cast<double>(hits) / static_cast<double>(of) : 0;
      };
      const std::int64_t both = labelled + predicted;
      return {share(predicted), share(labelled), 2 * share(both), labelled};
    }
  };
  check_count(truth.size(), predicted.size(), "sentences", "entity_f1");
  Counts all;
  std::map<std::string, Counts, std::less<>> types;
  const auto count = [&](const Entity& e, std::int64_t Counts::*what) {
    auto found = types.find(e.type);
    if (found == types.end()) found = types.emplace(std::string(e.type), Counts{}).first;
    ++(found->second.*what);
    ++(all.*what);
  };
  for (std::size_t i = 0; i < truth.size(); ++i) {
    check_count(truth[i].size(), predicted[i].size(), "words", "entity_f1, sentence " + std::to_string(i + 1));
    const std::vector<Entity> wanted = entities_of(truth[i]), got = entities_of(predicted[i]);
    for (const Entity& e : wanted) count(e, &Counts::labelled);
    for (const Entity& e : got) {
      count(e, &Counts::predicted);
      if (std::find(wanted.begin(), wanted.end(), e) != wanted.end()) count(e, &Counts::hits);
    }
  }
  EntityReport report{.all = all.report(), .types = {}};
  for (const auto& [type, counts] : types) {
    report.types[type] = counts.report();
    report.macro_f1 += report.types[type].f1 / static_cast<double>(types.size());
  }
  return report;
}

}  // namespace heed::inline HEED_ISA

#endif
