#pragma once

// Which parameters an optimizer freezes, and which have another learning rate.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

class PartRates {
 public:
  PartRates() = default;
  /// Throws if a text is in no name, or if all parameters are frozen. `optimizer` is its name in the error.
  PartRates(std::span<const std::string> names, const std::vector<std::string>& frozen,
            const std::vector<NamedFactor>& rates, std::string_view optimizer);

  bool frozen(Index i) const { return frozen_[static_cast<std::size_t>(i)]; }
  /// The factor of the learning rate.
  double rate(Index i) const { return rates_[static_cast<std::size_t>(i)]; }

 private:
  std::vector<bool> frozen_;
  std::vector<double> rates_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION detail::PartRates::PartRates(std::span<const std::string> names,
                                                     const std::vector<std::string>& frozen,
                                                     const std::vector<NamedFactor>& rates, std::string_view optimizer)
    : frozen_(frozen_among(names, frozen, std::string(optimizer) + ": frozen")) {
  std::vector<std::string> parts;
  for (const NamedFactor& rate : rates) parts.push_back(rate.part);
  for (const int k : first_part_in(names, parts, std::string(optimizer) + ": rates")) {
    rates_.push_back(k < 0 ? 1 : rates[static_cast<std::size_t>(k)].factor);
  }
}

}  // namespace heed::inline HEED_ISA

#endif
