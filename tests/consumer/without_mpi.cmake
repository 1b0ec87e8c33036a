# cmake -DSOURCE=<heed> -DBINARY=<folder> -DCOMPILER=<C++ compiler> -DPREFIX_PATH=<for find_package> -DGENERATOR=<of CMake>
#   -P without_mpi.cmake
#
# Configures heed and its examples where FindMPI finds nothing. CMake's own module makes its target all the same.
file(REMOVE_RECURSE ${BINARY})
file(WRITE ${BINARY}/modules/FindMPI.cmake "
set(MPI_FOUND FALSE)
set(MPI_CXX_FOUND FALSE)
if(NOT TARGET MPI::MPI_CXX)
  add_library(MPI::MPI_CXX INTERFACE IMPORTED)
endif()
if(MPI_FIND_REQUIRED)
  message(FATAL_ERROR \"no MPI here\")
endif()
")

# configure(HEED_MPI): ${result}, ${text} and, where it succeeds, ${commands}.
function(configure mpi)
  execute_process(COMMAND ${CMAKE_COMMAND} -G "${GENERATOR}" -S ${SOURCE} -B ${BINARY}/${mpi} -DCMAKE_CXX_COMPILER=${COMPILER}
      "-DCMAKE_PREFIX_PATH=${PREFIX_PATH}" -DCMAKE_MODULE_PATH=${BINARY}/modules -DCMAKE_BUILD_TYPE=Release -DHEED_MPI=${mpi}
      -DHEED_BUILD_TESTS=OFF -DHEED_BUILD_BENCHMARKS=OFF -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
    OUTPUT_VARIABLE text ERROR_VARIABLE text RESULT_VARIABLE result)
  set(result "${result}" PARENT_SCOPE)
  set(text "${text}" PARENT_SCOPE)
  if(NOT result)
    file(READ ${BINARY}/${mpi}/compile_commands.json commands)
    set(commands "${commands}" PARENT_SCOPE)
  endif()
endfunction()

configure(AUTO)
if(result)
  message(FATAL_ERROR "not configured without MPI:\n${text}")
endif()
if(NOT commands MATCHES "classifier" OR commands MATCHES "_MPI")
  message(FATAL_ERROR "the trainer is missing, or it is compiled with MPI where there is none")
endif()

configure(ON)
if(NOT result OR NOT text MATCHES "no MPI here")
  message(FATAL_ERROR "HEED_MPI=ON is no error where there is no MPI:\n${text}")
endif()
