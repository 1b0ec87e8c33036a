#pragma once

// Errors of the operating system about files.

#include <filesystem>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// "model.safetensors: cannot open: Permission denied"
[[noreturn]] void throw_system_error(const std::filesystem::path& path, const std::string& doing, int error);

}  // namespace heed::inline HEED_ISA::detail

#if HEED_BODIES

#include <system_error>

namespace heed::inline HEED_ISA::detail {

HEED_COLD HEED_FUNCTION void throw_system_error(const std::filesystem::path& path, const std::string& doing,
                                                int error) {
  throw Error(Fault{"cannot " + doing + ": " + std::generic_category().message(error), path.string()});
}

}  // namespace heed::inline HEED_ISA::detail

#endif
