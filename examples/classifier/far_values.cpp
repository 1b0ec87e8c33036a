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

// The values of a feature: the least and the greatest different ones.
class Extremes {
 public:
  void add(double value) {
    ++count_;
    if (some_.size() <= enough && std::find(some_.begin(), some_.end(), value) == some_.end()) some_.push_back(value);
    least_.add(value);
    greatest_.add(-value);
  }

  // "-999 (2 of 240 values) is far from the others (4.1 to 15.8)"; empty if no value is.
  std::string far_values() const {
    if (some_.size() <= enough) return {};
    for (std::size_t all = 2 * ends - 2; all > 0; --all) {
      for (std::size_t low = 0; low <= std::min(all, ends - 1); ++low) {
        const std::size_t high = all - low;
        if (high < ends && least_.far_from(greatest_, low, high) && greatest_.far_from(least_, high, low)) {
          return text(low, high);
        }
      }
    }
    return {};
  }

 private:
  static constexpr std::size_t ends = 3;

  // The least different values, the greatest ones with the other sign.
  struct End {
    std::array<double, ends> values{INFINITY, INFINITY, INFINITY};
    std::array<Index, ends> counts{};

    void add(double value) {
      for (std::size_t i = 0; i < ends; ++i) {
        if (value == values[i]) {
          ++counts[i];
          return;
        }
        if (value > values[i]) continue;
        std::move_backward(values.begin() + i, values.end() - 1, values.end());
        std::move_backward(counts.begin() + i, counts.end() - 1, counts.end());
        values[i] = value;
        counts[i] = 1;
        return;
      }
    }
    // Whether the first values are far from those between value `first` of this end and `others` of the other one.
    bool far_from(const End& other, std::size_t first, std::size_t others) const {
      const double range = -other.values[others] - values[first];
      return first == 0 || (range >= 0 && values[first] - values[first - 1] > far * range);
    }
  };

  std::string text(std::size_t low, std::size_t high) const {
    std::string all;
    char part[80];
    const auto add = [&](double value, Index count) {
      std::snprintf(part, sizeof part, low + high == 1 ? "%s%g (%jd" : "%s%g (%jd)", all.empty() ? "" : ", ", value,
                    count);
      all += part;
    };
    for (std::size_t i = 0; i < low; ++i) add(least_.values[i], least_.counts[i]);
    for (std::size_t i = high; i-- > 0;) add(-greatest_.values[i], greatest_.counts[i]);
    std::snprintf(part, sizeof part, low + high == 1 ? " of %jd values) is" : " of %jd values are", count_);
    all += part;
    std::snprintf(part, sizeof part, " far from the others (%g to %g)", least_.values[low], -greatest_.values[high]);
    return all + part;
  }

  Index count_ = 0;
  std::vector<double> some_ = {};  // different values
  End least_ = {}, greatest_ = {};
};

}  // namespace

void note_far_values(const heed::Sequences<double>& data, const std::vector<std::string>& names,
                     const std::filesystem::path& path) {
  std::vector<Extremes> all(static_cast<std::size_t>(data.features() + data.targets.extent(1)));
  const auto features = static_cast<std::size_t>(data.features());
  for (Index i = 0; i < data.count(); ++i) {
    const Index length = data.lengths.empty() ? data.steps() : data.lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) {
      for (std::size_t f = 0; f < features; ++f) {
        const double value = data.x(i, t, static_cast<Index>(f));
        if (std::isfinite(value)) all[f].add(value);
      }
    }
  }
  for (Index i = 0; i < data.targets.extent(0); ++i) {
    for (std::size_t k = features; k < all.size(); ++k) all[k].add(data.targets(i, static_cast<Index>(k - features)));
  }
  constexpr Index shown = 3;
  Index found = 0, of_targets = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::string text = all[k].far_values();
    if (text.empty()) continue;
    const bool target = k >= features;
    of_targets += target ? 1 : 0;
    if (++found > shown) continue;
    const std::string name = !target && k < names.size()
                                 ? heed::in_quotes(names[k])
                                 : std::to_string(k - (target ? features : 0)) + " (counted from 0)";
    std::fprintf(stderr, "%s, %s %s: %s\n", path.string().c_str(), target ? "target" : "feature", name.c_str(),
                 text.c_str());
  }
  if (found > shown) {
    std::fprintf(stderr, "%s: so are values of %jd other features or targets\n", path.string().c_str(), found - shown);
  }
  if (found > 0) {
    std::fprintf(stderr, "%s: if they stand for missing %s\n", path.string().c_str(),
                 of_targets == found ? "targets, leave these sequences out"
                                     : "values, write NaN, ? or nothing there, and use --missing");
  }
}

}  // namespace classifier
