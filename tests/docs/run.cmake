# cmake -DPROGRAM=<program> -DEXPECTED=<file> -DFOLDER=<to run in> -P run.cmake: the program prints what the file holds.
cmake_minimum_required(VERSION 3.24)
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
execute_process(COMMAND ${PROGRAM} WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE result OUTPUT_VARIABLE output)
file(READ ${EXPECTED} expected)
if(NOT result EQUAL 0 OR NOT output STREQUAL expected)
  message(FATAL_ERROR "expected 0 and\n${expected}\ngot ${result} and\n${output}")
endif()
