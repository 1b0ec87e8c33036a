# Each dependency is found where it is installed, and downloaded otherwise: never vendored. What the parent project has
# already found or made is taken as it is. Targets are global: the parent links to them through heed::heed.
include_guard()
include(FetchContent)
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

# A header-only library: where its package is missing, the target that the package would have made is made here.
function(heed_find_headers target)
  cmake_parse_arguments(PARSE_ARGV 1 dependency "" "MINIMUM;REPOSITORY;TAG;INCLUDE" "")
  if(TARGET ${target})
    return()
  endif()
  string(REGEX REPLACE "::.*" "" name ${target})
  # No version is asked of find_package: a version file admits one major version, heed takes Eigen 3.4 and 5.
  find_package(${name} CONFIG QUIET)
  if(TARGET ${target})
    if(${name}_VERSION VERSION_LESS dependency_MINIMUM)
      message(FATAL_ERROR "heed needs ${name} ${dependency_MINIMUM} or later, found ${${name}_VERSION} in ${${name}_DIR}")
    endif()
    return()
  endif()
  message(STATUS "heed: ${name} is not installed, downloading ${dependency_TAG}")
  FetchContent_Declare(${name} GIT_REPOSITORY ${dependency_REPOSITORY} GIT_TAG ${dependency_TAG} GIT_SHALLOW ON
    SOURCE_SUBDIR headers-need-no-build)
  FetchContent_MakeAvailable(${name})
  FetchContent_GetProperties(${name} SOURCE_DIR source)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} INTERFACE ${source}/${dependency_INCLUDE})
endfunction()

function(heed_find_eigen)
  heed_find_headers(Eigen3::Eigen MINIMUM 3.4 REPOSITORY https://gitlab.com/libeigen/eigen.git TAG 3.4.0)
endfunction()

# MPI is the machine's own: never downloaded. MPI_CXX_FOUND says whether it is there; the target MPI::MPI_CXX does not, since
# CMake's module makes it before it looks.
macro(heed_find_mpi)
  set(MPI_CXX_SKIP_MPICXX ON)  # the C interface is enough
  if(HEED_MPI STREQUAL "AUTO")
    find_package(MPI QUIET COMPONENTS CXX)
  else()
    find_package(MPI REQUIRED COMPONENTS CXX)
  endif()
endmacro()

# libzip is the machine's own, too.
macro(heed_find_zip)
  include(${PROJECT_SOURCE_DIR}/cmake/Libzip.cmake)
  if(NOT TARGET heed_libzip AND NOT HEED_ZIP STREQUAL "AUTO")
    message(FATAL_ERROR "heed: HEED_ZIP needs libzip (Debian: libzip-dev), which was not found")
  endif()
endmacro()

# So is protozero.
macro(heed_find_protozero)
  include(${PROJECT_SOURCE_DIR}/cmake/Protozero.cmake)
  if(NOT TARGET heed_protozero AND HEED_ONNX STREQUAL "AUTO")
    message(STATUS "heed: no component onnx: protozero (Debian: libprotozero-dev) was not found")
  elseif(NOT TARGET heed_protozero)
    message(FATAL_ERROR "heed: HEED_ONNX needs protozero (Debian: libprotozero-dev), which was not found")
  endif()
endmacro()

function(heed_find_cli11)
  heed_find_headers(CLI11::CLI11 MINIMUM 2.1
    REPOSITORY https://github.com/CLIUtils/CLI11.git TAG v2.4.2 INCLUDE include)
endfunction()

function(heed_find_googletest)
  if(NOT TARGET GTest::gtest_main)
    set(INSTALL_GTEST OFF)
    FetchContent_Declare(GTest GIT_REPOSITORY https://github.com/google/googletest.git GIT_TAG v1.14.0 GIT_SHALLOW ON
      FIND_PACKAGE_ARGS)
    FetchContent_MakeAvailable(GTest)
  endif()
endfunction()

function(heed_find_benchmark)
  if(NOT TARGET benchmark::benchmark_main)
    set(BENCHMARK_ENABLE_TESTING OFF)
    set(BENCHMARK_ENABLE_INSTALL OFF)
    FetchContent_Declare(benchmark GIT_REPOSITORY https://github.com/google/benchmark.git GIT_TAG v1.8.3 GIT_SHALLOW ON
      FIND_PACKAGE_ARGS)
    FetchContent_MakeAvailable(benchmark)
  endif()
endfunction()
