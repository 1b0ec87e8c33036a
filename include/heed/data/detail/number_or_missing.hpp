#pragma once

// A number of a file whose values may be missing.

#include <cstddef>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {

/// The number of a field, as `TextReader::number_that_fits` gives it; NaN if it is missing and may be.
HEED_FUNCTION double number_or_missing(const TextReader& reader, std::string_view field, std::size_t bytes,
                                       Missing how);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <limits>
#include <system_error>

#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION double number_or_missing(const TextReader& reader, std::string_view field, std::size_t bytes,
                                       Missing how) {
  double value = 0;
  if (parse_number(field, value) == std::errc() && TextReader::fits(value, bytes)) [[likely]]
    return value;
  if (how != Missing::error && is_missing(field)) return std::numeric_limits<double>::quiet_NaN();
  return reader.number_that_fits(field, bytes);  // throws
}

}  // namespace heed::inline HEED_ISA

#endif
