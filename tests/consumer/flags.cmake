# cmake -DPROJECT=<consumer> -DSOURCE=<heed> -DBINARY=<folder> -DCOMPILER=<C++ compiler> -DPREFIX_PATH=<for find_package>
#   -DGENERATOR=<Ninja or Makefiles> -P flags.cmake
#
# Configures a project that uses heed, and looks at what CMake warns of and at the commands that it would run.
set(compiler -DCMAKE_CXX_COMPILER=${COMPILER})
set(warning "has no optimisation|no build type")

# configure(OPTION...): ${text} is what CMake said, ${commands} what it would run.
function(configure)
  file(REMOVE_RECURSE ${BINARY})
  execute_process(COMMAND ${CMAKE_COMMAND} -G "${GENERATOR}" -S ${PROJECT} -B ${BINARY} -DHEED_FROM=subdirectory -DHEED_SOURCE=${SOURCE}
      ${compiler} "-DCMAKE_PREFIX_PATH=${PREFIX_PATH}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON ${ARGN}
    OUTPUT_VARIABLE text ERROR_VARIABLE text RESULT_VARIABLE result)
  if(result)
    message(FATAL_ERROR "${ARGN}: not configured:\n${text}")
  endif()
  file(READ ${BINARY}/compile_commands.json commands)
  string(REGEX REPLACE "[ \n]+" " " text "${text}")
  set(text "${text}" PARENT_SCOPE)
  set(commands "${commands}" PARENT_SCOPE)
endfunction()

# flags_of(FILE): ${flags} of the first source whose name holds FILE.
function(flags_of file)
  string(REGEX MATCH "\"command\": \"[^\n]*${file}[^\n]*\"" flags "${commands}")
  if(flags STREQUAL "")
    message(FATAL_ERROR "no command compiles ${file}")
  endif()
  set(flags "${flags}" PARENT_SCOPE)
endfunction()

function(expect where)
  if(NOT (${ARGN}))
    message(SEND_ERROR "${where}: not so: ${ARGN}\n${text}\n${flags}")
  endif()
endfunction()

configure()
expect("no type" text MATCHES "${warning}")
flags_of(layers_float_1)
expect("no type" flags MATCHES " -O3 ")
flags_of(main.cpp)
expect("no type" flags MATCHES "-isystem ${SOURCE}/include" AND flags MATCHES "-isystem [^ ]*eigen3" AND NOT flags MATCHES "-I[^ ]*eigen3")
expect("no type" NOT flags MATCHES "-I${SOURCE}/include")

configure(-DCMAKE_BUILD_TYPE=Mine)
expect("a type without flags" text MATCHES "${warning}")

configure(-DCMAKE_BUILD_TYPE=Debug)
expect(Debug NOT text MATCHES "${warning}")
foreach(part core layers engine classifiers models)
  flags_of(${part}_float_1)
  expect("Debug, ${part}" flags MATCHES " -O3 ")
endforeach()
flags_of(main.cpp)
expect(Debug NOT flags MATCHES " -O[1-3]")

foreach(options "-DCMAKE_BUILD_TYPE=Release" "-DCMAKE_CXX_FLAGS=-O2" "-DCMAKE_BUILD_TYPE=Mine;-DCMAKE_CXX_FLAGS_MINE=-g -Os"
    "-DHEED_WARN_OPTIMISATION=OFF")
  configure(${options})
  expect("${options}" NOT text MATCHES "${warning}")
endforeach()

# A project may install heed with itself, and have made the target of Eigen.
configure(-DCMAKE_BUILD_TYPE=Release -DHEED_INSTALL=ON -DHEED_OWN_EIGEN=ON)

# The instruction set of the compiled library is that of its flags, wherever these stand.
function(instruction_set out)
  configure(-DCMAKE_BUILD_TYPE=Release ${ARGN})
  string(REGEX MATCH "HEED_COMPILED=([a-z0-9_]+)" _ "${commands}")
  set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()
instruction_set(plain)
instruction_set(native -DHEED_MARCH=native)
expect("the instruction set" plain MATCHES "_v[0-9]" AND native MATCHES "_v[0-9]")
foreach(options "-DCMAKE_CXX_FLAGS=-march=native" "-DCMAKE_CXX_FLAGS_RELEASE=-O3 -march=native" "-DCMAKE_CXX_FLAGS=-flto -march=native"
    "-DHEED_OPTIONS=$<$<COMPILE_LANGUAGE:CXX>:-march=native>" "-DHEED_OPTIONS=$<$<CONFIG:Release>:SHELL:-O3 -march=native>")
  instruction_set(found ${options})
  expect("${options}" found STREQUAL native)
endforeach()
instruction_set(found "-DHEED_OPTIONS=$<$<CONFIG:Debug>:-march=native>")
expect("flags of another type of build" found STREQUAL plain)
file(CONFIGURE OUTPUT ${BINARY}-launcher CONTENT "#!/bin/sh\nexec \"$@\"\n")
file(CHMOD ${BINARY}-launcher PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
set(ENV{CXX} "${BINARY}-launcher ${COMPILER}")
set(compiler "")
instruction_set(found -DHEED_MARCH=native)
expect("a compiler behind a launcher" found STREQUAL native)
