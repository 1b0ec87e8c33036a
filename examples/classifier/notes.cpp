#include "notes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "heed/data/missing.hpp"
#include "heed/data/text.hpp"
#include "heed/data/vocabulary.hpp"

namespace classifier {

using heed::Index;

namespace {

// Its name in a table where columns are chosen by name; otherwise its number.
std::string name_of_feature(const Columns& columns, Index f) {
  return f < std::ssize(columns.names) ? columns.names[static_cast<std::size_t>(f)] : std::to_string(f);
}

}  // namespace

void note_encoding(const heed::Sentences& sentences, const std::filesystem::path& path) {
  if (sentences.latin1_lines == 0) return;
  std::fprintf(
      stderr, "%s: %s no UTF-8, read as Latin-1; the first is line %jd (--encoding)\n", path.string().c_str(),
      sentences.latin1_lines == 1 ? "1 line is" : (std::to_string(sentences.latin1_lines) + " lines are").c_str(),
      sentences.first_latin1_line);
}

void note_sorted(Index sequences, const std::string& column, const std::filesystem::path& path) {
  if (sequences == 0) return;
  std::fprintf(stderr, "%s: rows of %s were not in order of '%s', and have been put in order\n", path.string().c_str(),
               counted(sequences, "sequence", "sequences").c_str(), column.c_str());
}

void note_without_steps(const heed::Sequences<double>& data, const std::filesystem::path& path) {
  Index empty = 0;
  for (Index i = 0; i < data.count(); ++i) empty += steps_there(data, i) == 0;
  if (empty == 0) return;
  std::fprintf(stderr, "%s: %s no value, and counted with the answer to an empty sequence\n", path.string().c_str(),
               counted(empty, "sequence has", "sequences have").c_str());
}

void note_unknown_sentences(const Tokens& tokens, const std::filesystem::path& path) {
  std::size_t unknown = 0;
  for (Index i = 0; i < tokens.count(); ++i) {
    const auto sentence = tokens.x[i];
    const bool known = std::any_of(sentence.begin(), sentence.end(),
                                   [](std::int32_t token) { return token > heed::Vocabulary::unknown; });
    unknown += !known && !tokens.words[static_cast<std::size_t>(i)].empty();
  }
  if (unknown == 0) return;
  std::fprintf(stderr, "%s: the model knows no word of %zu of %td sentences; its answers to these mean nothing\n",
               path.string().c_str(), unknown, tokens.count());
}

void note_constant_features(const heed::FeatureStatistics& s, const Columns& columns,
                            const std::filesystem::path& path) {
  constexpr Index shown = 10;
  Index count = 0;
  std::string names;
  for (Index f = 0; f < std::ssize(s.constant); ++f) {
    if (s.constant[static_cast<std::size_t>(f)] && count++ < shown) {
      names += (names.empty() ? "" : ", ") + name_of_feature(columns, f);
    }
  }
  if (count == 0) return;
  if (count == std::ssize(s.constant)) {
    std::fprintf(stderr, "%s: all features are constant in the training data\n", path.string().c_str());
    return;
  }
  std::string aside = columns.names.empty() ? "counted from 0" : "";
  if (count > shown) {
    names += ", ...";
    aside = std::to_string(count) + " in all" + (aside.empty() ? "" : ", " + aside);
  }
  if (!aside.empty()) names += " (" + aside + ')';
  const bool one = count == 1;
  std::fprintf(stderr, "%s: %s %s constant in the training data: leave %s out, as %s may spoil answers later\n",
               path.string().c_str(), one ? "feature" : "features", (names + (one ? " is" : " are")).c_str(),
               one ? "it" : "them", one ? "another value" : "other values");
}

void note_untested(std::span<const std::int32_t> classes, bool quiet) {
  std::map<std::int32_t, Index> counts;
  for (const std::int32_t c : classes) ++counts[c];
  const auto single = std::count_if(counts.begin(), counts.end(), [](const auto& c) { return c.second == 1; });
  if (single == 0 || quiet) return;
  std::printf("never tested: %s, as no other has the class\n", counted(single, "sequence", "sequences").c_str());
}

void note_odd_labels(const std::vector<std::string>& labels, const std::string& where) {
  std::map<std::string_view, std::size_t> counts;
  for (const std::string& label : labels) ++counts[label];
  std::size_t single = 0;
  std::string_view example;
  for (const auto& [label, count] : counts) {
    if (count == 1 && single++ == 0) example = label;
    if (!heed::is_missing(label) || heed::ascii_lower(label) == "none") continue;  // "none" may well be a class
    const std::string name = heed::in_quotes(label) + " is taken for a class, of " + std::to_string(count);
    std::fprintf(stderr, "%s: %s; if it means a missing label, remove these rows\n", where.c_str(), name.c_str());
  }
  if (labels.size() < 8 || single * 2 <= labels.size()) return;
  std::fprintf(stderr, "%s: %zu of %zu labels occur once, such as %s; are they labels?\n", where.c_str(), single,
               labels.size(), heed::in_quotes(example).c_str());
}

}  // namespace classifier
