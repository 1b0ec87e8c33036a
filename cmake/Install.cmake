# The installed package: headers in include/heed, and share/cmake/heed for find_package(heed). It holds no path of this
# build and nothing of this machine, so it may be moved and shared between architectures; the compiled library may be
# moved. Its components (cmake --install BUILD --component NAME): headers, licence, compiled.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(heed_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/heed)

set(sets FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT headers
  FILE_SET detail DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT headers)
install(TARGETS heed EXPORT heed-targets ${sets})
install(EXPORT heed-targets NAMESPACE heed:: DESTINATION ${heed_package_dir} COMPONENT headers)
foreach(component json keras mpi onnx pytorch rtneural zip)
  if(TARGET heed_${component})
    get_target_property(headers heed_${component} HEADER_SET)
    if(headers)
      set(headers ${sets})
    else()
      set(headers "")
    endif()
    install(TARGETS heed_${component} EXPORT heed-${component}-targets ${headers})
    install(EXPORT heed-${component}-targets NAMESPACE heed:: DESTINATION ${heed_package_dir} COMPONENT headers)
  endif()
endforeach()

# The compiled library is of one instruction set: it stands in lib/, and is a component of its own.
if(TARGET heed_compiled)
  install(TARGETS heed_compiled ${heed_compiled_archives} EXPORT heed-compiled-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT compiled)
  install(EXPORT heed-compiled-targets NAMESPACE heed:: DESTINATION ${heed_package_dir} COMPONENT compiled)
endif()

configure_package_config_file(cmake/heedConfig.cmake.in ${PROJECT_BINARY_DIR}/package/heedConfig.cmake
  INSTALL_DESTINATION ${heed_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/heedConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/package/heedConfig.cmake ${PROJECT_BINARY_DIR}/package/heedConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/Optimisation.cmake ${PROJECT_SOURCE_DIR}/cmake/Libzip.cmake ${PROJECT_SOURCE_DIR}/cmake/Protozero.cmake
  DESTINATION ${heed_package_dir} COMPONENT headers)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/heed COMPONENT licence)

include(cmake/PkgConfig.cmake)
if(PROJECT_IS_TOP_LEVEL)
  include(packaging/debian/Package.cmake)
  include(packaging/single_header/SingleHeader.cmake)
endif()
