# Flags of heed's own programs: tests, examples, benchmarks. Users of heed::heed get none of them.
include_guard()

set(heed_warnings "")
if(NOT MSVC)
  list(APPEND heed_warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  if(HEED_WARNINGS_AS_ERRORS)
    list(APPEND heed_warnings -Werror)
  endif()
endif()
set(heed_program_flags ${heed_warnings})
if(HEED_MARCH)
  list(APPEND heed_program_flags -march=${HEED_MARCH})
endif()

function(heed_program target)
  target_compile_options(${target} PRIVATE ${heed_program_flags})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()
