# cmake -DROOT=<source tree> -DVERSION=<of the project> -DDESCRIPTION=<of the project> -P metadata.cmake
#
# What recipes of package managers must say themselves is what the project says.
cmake_minimum_required(VERSION 3.24)
set(faults "")

function(expect file what got expected)
  if(NOT got STREQUAL expected)
    set(faults "${faults}\n  ${file}: ${what} is \"${got}\", the project's is \"${expected}\"" PARENT_SCOPE)
  endif()
endfunction()

file(READ ${ROOT}/packaging/vcpkg/heed/vcpkg.json manifest)
string(JSON version GET "${manifest}" version-semver)
expect(vcpkg.json version-semver "${version}" "${VERSION}")
string(JSON description GET "${manifest}" description)
expect(vcpkg.json description "${description}" "${DESCRIPTION}")

file(STRINGS ${ROOT}/packaging/conan/conanfile.py lines REGEX "^    description = ")
string(REGEX REPLACE "^ *description = \"(.*)\"$" "\\1" description "${lines}")
expect(conanfile.py description "${description}" "${DESCRIPTION}")

file(STRINGS ${ROOT}/LICENSE owner REGEX "^Copyright ")
string(REGEX REPLACE "^Copyright \\(c\\) " "" owner "${owner}")
file(STRINGS ${ROOT}/packaging/debian/copyright lines REGEX "^Copyright: ")
string(REGEX REPLACE "^Copyright: " "" line "${lines}")
expect(packaging/debian/copyright Copyright "${line}" "${owner}")

if(faults)
  message(FATAL_ERROR "Packages say something else than the project:${faults}")
endif()
