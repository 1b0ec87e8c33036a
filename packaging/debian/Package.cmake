# Packages for a release, in release/ of the build tree: `package` makes libheed-dev for Debian, `package_source` the
# sources. The preset `package` configures for them. heed::mpi and heed::zip are in it where MPI and libzip are found.
# The same commit gives the same bytes.
include_guard()

set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/release)
set(CPACK_PACKAGE_VENDOR "The heed authors")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME heed-${PROJECT_VERSION})
set(CPACK_SOURCE_IGNORE_FILES "${PROJECT_SOURCE_DIR}/build/;/\\\\.git/;/__pycache__/;/\\\\.cache/;${PROJECT_BINARY_DIR}/")
set(CPACK_GENERATOR DEB)

# Headers and documents in one package of no architecture, whatever else is installed.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_COMPONENTS_ALL headers debian)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 0heed1)  # older than Debian's own 1
set(CPACK_DEBIAN_PACKAGE_NAME libheed-dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PACKAGE_MULTIARCH foreign)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libeigen3-dev (>= 3.4.0)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libprotozero-dev, libzip-dev, mpi-default-dev")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "heed is a library of C++20 headers on Eigen. It has recurrent layers,
attentions, transformers and convolutions, and trains them on series, text,
images and graphs. Its files are those that PyTorch reads.
.
Programs find it by CMake (find_package(heed)) or by pkg-config (heed).")
# Who makes a package says so, as for Debian's own tools.
if(NOT "$ENV{DEBEMAIL}" STREQUAL "")
  set(CPACK_DEBIAN_PACKAGE_MAINTAINER "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
  string(STRIP "${CPACK_DEBIAN_PACKAGE_MAINTAINER}" CPACK_DEBIAN_PACKAGE_MAINTAINER)
else()
  set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The heed authors <authors@heed.invalid>")  # no address: DEBEMAIL has one
endif()

# The time of the commit is that of every file in a package.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} log -1 --format=%ct
    OUTPUT_VARIABLE seconds OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
  if(result STREQUAL "0")
    set(ENV{SOURCE_DATE_EPOCH} ${seconds})
  endif()
endif()
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_BINARY_DIR}/package/debian/time.cmake)
  file(WRITE ${CPACK_PROJECT_CONFIG_FILE} "set(ENV{SOURCE_DATE_EPOCH} $ENV{SOURCE_DATE_EPOCH})\n")
endif()

# The documents that Debian wants in each package.
find_program(HEED_GZIP gzip)
mark_as_advanced(HEED_GZIP)
if(HEED_GZIP)
  set(documents ${PROJECT_BINARY_DIR}/package/debian)
  string(TIMESTAMP heed_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  configure_file(packaging/debian/changelog.in ${documents}/changelog @ONLY)
  foreach(document changelog.Debian:${documents}/changelog changelog:${PROJECT_SOURCE_DIR}/CHANGELOG.md)
    string(REGEX MATCH "^([^:]+):(.*)$" _ ${document})
    set(name ${CMAKE_MATCH_1}.gz)
    execute_process(COMMAND ${HEED_GZIP} -9nc ${CMAKE_MATCH_2} OUTPUT_FILE ${documents}/${name} COMMAND_ERROR_IS_FATAL ANY)
    install(FILES ${documents}/${name} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libheed-dev COMPONENT debian EXCLUDE_FROM_ALL)
  endforeach()
  install(FILES packaging/debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libheed-dev COMPONENT debian EXCLUDE_FROM_ALL)
endif()
include(CPack)
