// The rule of heed/core/isa.hpp: nothing of HEED_ABI calls what stands in HEED_ISA. With HEED_BREAK_RULE something does.
#ifdef HEED_BREAK_RULE
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
inline int of_an_instruction_set() { return 1; }
}  // namespace heed::inline HEED_ISA
namespace heed::inline HEED_ABI {
inline int of_all() { return of_an_instruction_set(); }
}  // namespace heed::inline HEED_ABI
#else
#include "heed/heed.hpp"
#include "heed/io/checkpoint.hpp"
#include "heed/io/safetensors.hpp"
#endif
