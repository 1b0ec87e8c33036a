# heed::compiled: the same code as a static library. Each header of heed that ends with lines HEED_COMPILED_... has a
# source made here, which includes it and instantiates what these lines name; one source more has the bodies of plain
# functions. See heed/core/compiled.hpp.
#
# It is several libraries behind one name, so that a program of heed's own waits for those alone that it uses.
include_guard()

# The name that types.hpp gives to the instruction set of these flags: what links the library must be built for the same.
function(heed_instruction_set out)
  separate_arguments(flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS}")
  file(WRITE ${PROJECT_BINARY_DIR}/compiled/isa.cpp "#include \"${PROJECT_SOURCE_DIR}/include/heed/core/isa.hpp\"\nHEED_ISA\n")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${flags} ${ARGN} -E -P ${PROJECT_BINARY_DIR}/compiled/isa.cpp
    OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE result)
  if(result OR NOT text MATCHES "([a-z0-9_]+)[ \n]*$")
    message(FATAL_ERROR "heed: the instruction set of heed::compiled is not known:\n${errors}")
  endif()
  set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()

# Makes a source of each of the headers that have something to instantiate; `out` is their list.
function(heed_compiled_sources out)
  set(sources "")
  foreach(header IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
    file(STRINGS ${header} lines REGEX "^HEED_COMPILED_[A-Z_]+\\(")
    if(NOT lines)
      continue()
    endif()
    cmake_path(RELATIVE_PATH header BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/include OUTPUT_VARIABLE path)
    list(TRANSFORM lines REPLACE "^HEED_COMPILED_" "HEED_INSTANTIATE_")
    list(JOIN lines "\n" text)
    string(REGEX REPLACE "\\.hpp$" ".cpp" source ${path})
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/compiled/${source} @ONLY CONTENT
"#include \"${path}\"

#include \"heed/core/detail/instantiate.hpp\"

${text}
")
    list(APPEND sources ${PROJECT_BINARY_DIR}/compiled/${source})
  endforeach()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

function(heed_compiled_part part)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;NEEDS")
  heed_compiled_sources(sources ${arg_HEADERS})
  set(target heed_compiled_${part})
  add_library(${target} STATIC ${sources} ${arg_SOURCES})
  add_library(heed::compiled_${part} ALIAS ${target})
  list(TRANSFORM arg_NEEDS PREPEND heed_compiled_)
  target_link_libraries(${target} PUBLIC heed ${arg_NEEDS})
  target_compile_definitions(${target} PUBLIC HEED_COMPILED=${heed_isa})
  target_compile_options(${target} PUBLIC ${heed_march})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME compiled_${part} POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF EXCLUDE_FROM_ALL ${heed_not_in_all})
  # heed is parsed once, not for each source
  if(part STREQUAL "core")
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include/heed/heed.hpp)
  else()
    target_precompile_headers(${target} REUSE_FROM heed_compiled_core)
  endif()
  if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(${target} PRIVATE ${heed_warnings})
  endif()
  # fast kernels in every type of build
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_compile_options(${target} PRIVATE $<$<OR:$<CONFIG:>,$<CONFIG:Debug>>:-O2>)
  endif()
endfunction()

set(heed_march "")
if(HEED_MARCH)
  set(heed_march -march=${HEED_MARCH})
endif()
set(heed_not_in_all ON)
if(PROJECT_IS_TOP_LEVEL)
  set(heed_not_in_all OFF)
endif()
heed_instruction_set(heed_isa ${heed_march})

# The headers by folder. `engine` is what trains and predicts, whatever the model.
foreach(folder core layers compose losses optim models train infer data io)
  file(GLOB_RECURSE heed_in_${folder} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/heed/${folder}/*.hpp)
endforeach()
set(heed_in_classifiers ${heed_in_models})
list(FILTER heed_in_classifiers INCLUDE REGEX "/(sequence_classifier|text_classifier)\\.hpp$")
list(REMOVE_ITEM heed_in_models ${heed_in_classifiers})

file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/compiled/bodies.cpp @ONLY CONTENT
"#define HEED_COMPILING_BODIES
#include \"heed/heed.hpp\"
#include \"heed/io/checkpoint.hpp\"
#include \"heed/io/safetensors.hpp\"
#include \"heed/testing/check_layer.hpp\"
")
set_source_files_properties(${PROJECT_BINARY_DIR}/compiled/bodies.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
heed_compiled_part(core HEADERS ${heed_in_core} SOURCES ${PROJECT_BINARY_DIR}/compiled/bodies.cpp)
heed_compiled_part(engine HEADERS ${heed_in_losses} ${heed_in_optim} ${heed_in_train} ${heed_in_infer} ${heed_in_data}
  ${heed_in_io} NEEDS core)
target_link_libraries(heed_compiled_core INTERFACE heed_compiled_engine)  # bodies use what is instantiated there
heed_compiled_part(layers HEADERS ${heed_in_layers} ${heed_in_compose} NEEDS core)
heed_compiled_part(classifiers HEADERS ${heed_in_classifiers} NEEDS layers)
heed_compiled_part(models HEADERS ${heed_in_models} NEEDS layers)
set(heed_compiled_parts core engine layers classifiers models)

add_library(heed_compiled INTERFACE)
add_library(heed::compiled ALIAS heed_compiled)
target_link_libraries(heed_compiled INTERFACE heed_compiled_engine heed_compiled_classifiers heed_compiled_models)
set_target_properties(heed_compiled PROPERTIES EXPORT_NAME compiled)
