#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "heed/data/labels.hpp"
#include "notes.hpp"

namespace classifier {

using heed::Index;

namespace {

constexpr double far = 5;          // times the range of all other values
constexpr std::size_t enough = 8;  // different values of a feature that is measured, and no code of few

// The values of a feature: the two least and the two greatest different ones.
class Extremes {
 public:
  void add(double value) {
    ++count_;
    if (some_.size() < enough + 1 && std::find(some_.begin(), some_.end(), value) == some_.end())
      some_.push_back(value);
    least_.add(value, value);
    greatest_.add(-value, value);
  }

  // "-999 (2 of 240 values) is far from the others (4.1 to 15.8)"; empty if no value is.
  std::string far_value() const {
    if (some_.size() <= enough) return {};
    const std::string low = far_value(least_, greatest_.value[0]);
    return low.empty() ? far_value(greatest_, least_.value[0]) : low;
  }

 private:
  struct End {
    std::array<double, 2> key{INFINITY, INFINITY}, value{};
    Index count = 0;  // of the outer one

    void add(double new_key, double new_value) {
      if (new_key == key[0]) {
        ++count;
      } else if (new_key < key[0]) {
        key = {new_key, key[0]};
        value = {new_value, value[0]};
        count = 1;
      } else if (new_key < key[1]) {
        key[1] = new_key;
        value[1] = new_value;
      }
    }
  };

  std::string far_value(const End& end, double other_end) const {
    const double others = std::abs(other_end - end.value[1]);
    if (!(std::abs(end.value[1] - end.value[0]) > far * others)) return {};
    char text[160];
    std::snprintf(text, sizeof text, "%g (%jd of %jd values) is far from the others (%g to %g)", end.value[0],
                  end.count, count_, std::min(end.value[1], other_end), std::max(end.value[1], other_end));
    return text;
  }

  Index count_ = 0;
  std::vector<double> some_ = {};  // different values
  End least_ = {}, greatest_ = {};
};

}  // namespace

void note_far_values(const heed::Sequences<double>& data, const std::vector<std::string>& names,
                     const std::filesystem::path& path) {
  std::vector<Extremes> of_features(static_cast<std::size_t>(data.features()));
  for (Index i = 0; i < data.count(); ++i) {
    const Index length = data.lengths.empty() ? data.steps() : data.lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) {
      for (std::size_t f = 0; f < of_features.size(); ++f) {
        const double value = data.x(i, t, static_cast<Index>(f));
        if (std::isfinite(value)) of_features[f].add(value);
      }
    }
  }
  constexpr Index shown = 3;
  Index found = 0;
  for (Index f = 0; f < data.features(); ++f) {
    const std::string text = of_features[static_cast<std::size_t>(f)].far_value();
    if (text.empty() || ++found > shown) continue;
    const std::string name = f < std::ssize(names) ? heed::in_quotes(names[static_cast<std::size_t>(f)])
                                                   : std::to_string(f) + " (counted from 0)";
    std::fprintf(stderr, "%s, feature %s: %s\n", path.string().c_str(), name.c_str(), text.c_str());
  }
  if (found > shown)
    std::fprintf(stderr, "%s: so are values of %jd other features\n", path.string().c_str(), found - shown);
  if (found > 0) {
    std::fprintf(stderr, "%s: if it stands for a missing value, leave the field empty and use --missing\n",
                 path.string().c_str());
  }
}

}  // namespace classifier
