# libzip as the target heed_libzip, found by its header and its library: Debian's package file of CMake asks for programs
# that stand in other packages.
include_guard()

if(NOT TARGET heed_libzip)
  find_path(HEED_LIBZIP_INCLUDE zip.h)
  find_library(HEED_LIBZIP_LIBRARY zip)
  mark_as_advanced(HEED_LIBZIP_INCLUDE HEED_LIBZIP_LIBRARY)
  if(HEED_LIBZIP_INCLUDE AND HEED_LIBZIP_LIBRARY)
    add_library(heed_libzip UNKNOWN IMPORTED GLOBAL)
    set_target_properties(heed_libzip PROPERTIES IMPORTED_LOCATION ${HEED_LIBZIP_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${HEED_LIBZIP_INCLUDE})
  endif()
endif()
