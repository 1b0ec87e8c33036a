# The target heed_single_header makes single/heed/heed.hpp, and the opt-in headers beside it, in the build tree, and an
# archive of them for a release. Its generator is installed there by pip, in the version that requirements.txt says.
include_guard()

find_program(HEED_PYTHON python3)
mark_as_advanced(HEED_PYTHON)
if(NOT HEED_PYTHON)
  return()
endif()

set(single ${PROJECT_BINARY_DIR}/single)
set(venv ${PROJECT_BINARY_DIR}/single-tools)
set(archive ${PROJECT_BINARY_DIR}/release/heed-${PROJECT_VERSION}-single-header.tar.gz)
set(generator ${CMAKE_CURRENT_LIST_DIR}/single_header.py)
set(requirements ${CMAKE_CURRENT_LIST_DIR}/requirements.txt)

add_custom_command(OUTPUT ${venv}/installed
  COMMAND ${HEED_PYTHON} -m venv ${venv}
  COMMAND ${venv}/bin/python -m pip install --quiet --disable-pip-version-check -r ${requirements}
  COMMAND ${CMAKE_COMMAND} -E touch ${venv}/installed
  DEPENDS ${requirements} VERBATIM COMMENT "Installing what makes the single header")
file(GLOB_RECURSE all_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/heed/*.hpp)
add_custom_command(OUTPUT ${archive}
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${single}
  COMMAND ${venv}/bin/python ${generator} --root ${PROJECT_SOURCE_DIR} --output ${single} --version ${PROJECT_VERSION}
    --description ${PROJECT_DESCRIPTION}
  COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/LICENSE ${single}/heed/LICENSE
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/release
  COMMAND ${CMAKE_COMMAND} -E chdir ${single} ${CMAKE_COMMAND} -E tar czf ${archive} heed
  DEPENDS ${venv}/installed ${generator} ${all_headers} ${PROJECT_SOURCE_DIR}/LICENSE
  VERBATIM COMMENT "Making the single header")
add_custom_target(heed_single_header DEPENDS ${archive})
