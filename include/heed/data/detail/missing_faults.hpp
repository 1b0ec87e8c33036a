#pragma once

// Errors about values that cannot be filled. For heed/data/missing.hpp.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Throws at the first infinity in the valid steps. NaN is allowed.
template <class S>
void check_infinity(TensorView<const S, 3> x, std::span<const std::int32_t> lengths, const std::string& where) {
  const Index count = x.extent(0), steps = x.extent(1), features = x.extent(2);
  check_lengths(lengths, count, steps, where);
  for (Index i = 0; i < count; ++i) {
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    const S* const sequence = x.data() + i * steps * features;
    for (Index k = 0; k < length * features; ++k) {
      require(!std::isinf(sequence[k]), [&] {
        return Fault{"value is not finite",
                     where + ", sequence " + text_of(i) + ", step " + text_of(k / features) + ", feature " +
                         text_of(k % features) + " (counted from 0)",
                     "a finite number, or NaN where it is missing", sequence[k] > 0 ? "infinity" : "-infinity"};
      });
    }
  }
}

/// Throws: `mean`, given or of the data, is no number of the type that it would fill.
[[noreturn]] void throw_no_mean(bool given, double mean, Index sequence, Index feature, const std::string& where);

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION void detail::throw_no_mean(bool given, double mean, Index sequence, Index feature,
                                                   const std::string& where) {
  const std::string of_feature = ", feature " + text_of(feature) + " (counted from 0)";
  require(std::isnan(mean), [&] {
    return Fault{"a mean cannot fill", where + ", means" + of_feature, "a finite number that fits", text_of(mean)};
  });
  throw Error(Fault{"a feature has no value that could fill it", where + ", sequence " + text_of(sequence) + of_feature,
                    "a value in some sequence, or zeros to fill it",
                    given ? "missing values alone, and a mean that is not known (NaN)" : "missing values alone"});
}

}  // namespace heed::inline HEED_ISA

#endif
