#pragma once

/// @file
/// The basic types of all headers: `Index`, `IndexRange`, `SeriesSteps`, `Shape`, `Metadata`, and the inline namespaces.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/isa.hpp"
#include "heed/core/requirements.hpp"

// Kernels consist of small functions that must be inlined. Without this attribute, compilers stop inlining at unrolled
// blocks.
#define HEED_INLINE inline __attribute__((always_inline))
#define HEED_LAMBDA __attribute__((always_inline))
// A kernel that need not be inlined: one copy, called by all.
#if defined(__clang__)
#define HEED_KERNEL __attribute__((noinline))
#else
#define HEED_KERNEL __attribute__((noinline, noclone))
#endif

#ifdef HEED_COMPILED
namespace heed::inline HEED_ISA::detail {
#define HEED_TEXT_OF(name) #name
#define HEED_TEXT(name) HEED_TEXT_OF(name)
static_assert(
    std::string_view(HEED_TEXT(HEED_COMPILED)) == HEED_TEXT(HEED_ISA),
    "heed::compiled is built for another instruction set than this source, or one of both with -D_GLIBCXX_DEBUG. "
    "Give both the same -march. CMake: set HEED_MARCH, for instance to native; what links heed::compiled then "
    "has it, too.");
#undef HEED_TEXT
#undef HEED_TEXT_OF
}  // namespace heed::inline HEED_ISA::detail
#endif

namespace heed::inline HEED_ABI {

/// Of 64 bits, where addresses have 32, too: the product of two sizes of options, each up to 2^28, must fit.
using Index = std::int64_t;

/// The shape of one sequence: `steps` in time, `features` numbers each.
struct Shape {
  Index steps = 0;
  Index features = 0;
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// The indices first, first + 1, ... last - 1.
struct IndexRange {
  Index first = 0, last = 0;
  Index count() const { return last - first; }
  friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

/// Steps of one of several series, from 0.
struct SeriesSteps {
  Index series = 0;
  IndexRange steps = {};
  friend bool operator==(const SeriesSteps&, const SeriesSteps&) = default;
};

/// What a model file says about its model, as text: its architecture and everything that prediction needs.
using Metadata = std::map<std::string, std::string>;

}  // namespace heed::inline HEED_ABI
