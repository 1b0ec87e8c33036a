# The sources are those of the checkout that this port stands in: vcpkg install heed --overlay-ports=packaging/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release)  # headers are the same in both types of build

vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES
  mpi HEED_MPI
  onnx HEED_ONNX
  zip HEED_ZIP)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${features}
    -DHEED_COMPILED=OFF
    -DHEED_NATIVE=OFF
    -DHEED_BUILD_TESTS=OFF
    -DHEED_BUILD_EXAMPLES=OFF
    -DHEED_BUILD_BENCHMARKS=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/heed)
vcpkg_fixup_pkgconfig()

# vcpkg_install_copyright puts the licence where vcpkg looks for it
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/licenses")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
