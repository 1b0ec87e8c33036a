# protozero as the target heed_protozero: headers alone, found by one of them. Debian's package has no file for CMake.
include_guard()

if(NOT TARGET heed_protozero)
  find_path(HEED_PROTOZERO_INCLUDE protozero/pbf_writer.hpp)
  mark_as_advanced(HEED_PROTOZERO_INCLUDE)
  if(HEED_PROTOZERO_INCLUDE)
    add_library(heed_protozero INTERFACE IMPORTED GLOBAL)
    target_include_directories(heed_protozero SYSTEM INTERFACE ${HEED_PROTOZERO_INCLUDE})
  endif()
endif()
