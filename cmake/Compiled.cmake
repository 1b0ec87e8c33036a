# heed::compiled: the same code as a static library. Sources are made here of the lines HEED_COMPILED_... that headers end
# with: they instantiate what these lines name. One source more has the bodies of plain functions. See
# heed/core/compiled.hpp.
#
# It is several libraries behind one name, so that a program of heed's own waits for those alone that it uses.
include_guard()

# The options that a parent project gave by add_compile_options, without conditions: those that hold for C++ and the type
# of build. What other conditions say is left out.
function(heed_plain_options out)
  get_directory_property(options COMPILE_OPTIONS)
  set(holds_COMPILE_LANGUAGE CXX)
  set(holds_CXX_COMPILER_ID ${CMAKE_CXX_COMPILER_ID})
  set(holds_COMPILE_LANG_AND_ID CXX,${CMAKE_CXX_COMPILER_ID})
  set(holds_CONFIG ${CMAKE_TRY_COMPILE_CONFIGURATION})
  set(plain "")
  foreach(option IN LISTS options)
    while(option MATCHES "^\\$<\\$<([A-Z_]+):([^<>]*)>:(.*)>$")
      set(option "")
      if("${CMAKE_MATCH_2}" STREQUAL "${holds_${CMAKE_MATCH_1}}")
        set(option "${CMAKE_MATCH_3}")
      endif()
    endwhile()
    if(NOT option MATCHES "\\$<")
      string(REGEX REPLACE "^SHELL:" "" option "${option}")
      separate_arguments(option NATIVE_COMMAND "${option}")
      list(APPEND plain ${option})
    endif()
  endforeach()
  set(${out} ${plain} PARENT_SCOPE)
endfunction()

# The name that isa.hpp gives to the instruction set of the flags of this project: what links the library must be built
# for the same. It stands in the error of a source. Empty if the source is not compiled that far.
function(heed_instruction_set out)
  set(CMAKE_TRY_COMPILE_CONFIGURATION ${CMAKE_BUILD_TYPE})
  if(CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_TRY_COMPILE_CONFIGURATION Release)
  endif()
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
  heed_plain_options(options)
  get_directory_property(definitions COMPILE_DEFINITIONS)
  list(FILTER definitions EXCLUDE REGEX "\\$<")
  list(TRANSFORM definitions PREPEND -D)
  set(source ${PROJECT_BINARY_DIR}/compiled/isa.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#include \"heed/core/isa.hpp\"
#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)
static_assert(false, \"heed_isa=\" TEXT(HEED_ISA) \";\");
")
  try_compile(heed_compiles ${PROJECT_BINARY_DIR}/compiled/isa SOURCES ${source}
    COMPILE_DEFINITIONS ${options} ${definitions} ${ARGN} CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${PROJECT_SOURCE_DIR}/include
    OUTPUT_VARIABLE text CXX_STANDARD 20)
  unset(heed_compiles CACHE)
  set(${out} "" PARENT_SCOPE)
  if(text MATCHES "heed_isa=([a-z0-9_]+);")
    set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
  elseif(PROJECT_IS_TOP_LEVEL)
    message(FATAL_ERROR "heed: the compiler does not accept the flags of heed::compiled. -DHEED_MARCH= names another "
      "processor (now '${HEED_MARCH}'), -DHEED_COMPILED=OFF leaves the library out:\n${text}")
  else()
    message(STATUS "heed: no heed::compiled, whose instruction set is not known:\n${text}")
  endif()
endfunction()

# Makes the sources that instantiate what the headers name for one scalar, float or double. Each source has three
# headers: heed is parsed less often than with one, and no source takes long. `out` is the list of sources.
function(heed_compiled_sources out part scalar)
  set(texts "")  # of the headers that have something to instantiate
  set(includes "")
  foreach(header IN LISTS ARGN)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
    file(STRINGS ${header} lines REGEX "^HEED_COMPILED_[A-Z_]+\\(")
    set(text "")
    foreach(line IN LISTS lines)
      set(scalar_of_line ${scalar})
      if(line MATCHES "^HEED_COMPILED_ONE")  # it says for which
        set(scalar_of_line float)
        if(line MATCHES "double")
          set(scalar_of_line double)
        endif()
      endif()
      if(scalar_of_line STREQUAL scalar)
        string(REGEX REPLACE "^HEED_COMPILED_" "HEED_INSTANTIATE_" line ${line})
        string(APPEND text "${line}\n")
      endif()
    endforeach()
    if(text)
      cmake_path(RELATIVE_PATH header BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/include OUTPUT_VARIABLE path)
      list(APPEND includes "#include \"${path}\"\n")
      list(APPEND texts "${text}")
    endif()
  endforeach()
  set(sources "")
  list(LENGTH texts count)
  set(first 0)
  while(first LESS count)
    list(SUBLIST includes ${first} 3 include)
    list(SUBLIST texts ${first} 3 text)
    list(JOIN include "" include)
    list(JOIN text "" text)
    math(EXPR number "${first} / 3 + 1")
    set(source ${PROJECT_BINARY_DIR}/compiled/${part}_${scalar}_${number}.cpp)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"#define HEED_SCALAR ${scalar}
${include}#include \"heed/core/detail/instantiate.hpp\"

${text}")
    list(APPEND sources ${source})
    math(EXPR first "${first} + 3")
  endwhile()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# One archive: heed_compiled_<name>.
function(heed_compiled_archive name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;NEEDS")
  set(target heed_compiled_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(heed::compiled_${name} ALIAS ${target})
  list(TRANSFORM arg_NEEDS PREPEND heed_compiled_)
  target_link_libraries(${target} PUBLIC heed ${arg_NEEDS})
  target_compile_definitions(${target} PUBLIC HEED_COMPILED=${heed_isa})
  target_compile_options(${target} PUBLIC ${heed_march})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME compiled_${name} POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF UNITY_BUILD OFF
    EXCLUDE_FROM_ALL ${heed_not_in_all})
  # heed is parsed once, not for each source
  if(name STREQUAL "core")
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include/heed/heed.hpp)
  else()
    target_precompile_headers(${target} REUSE_FROM heed_compiled_core)
  endif()
  if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(${target} PRIVATE ${heed_warnings})
  endif()
  target_compile_options(${target} PRIVATE $<${heed_slow_types}:-O3>)
  set(heed_compiled_archives ${heed_compiled_archives} ${target} PARENT_SCOPE)
endfunction()

# A part is an archive with what is for float, or for no scalar, and one with what is for double: a program of heed's own
# that has no doubles need not wait for them. BOTH: headers that everyone needs for double too.
macro(heed_compiled_part part)
  cmake_parse_arguments(heed_arg "" "" "HEADERS;BOTH;SOURCES;NEEDS" ${ARGN})
  heed_compiled_sources(heed_sources ${part} float ${heed_arg_HEADERS} ${heed_arg_BOTH})
  heed_compiled_sources(heed_more_sources ${part}_both double ${heed_arg_BOTH})
  heed_compiled_archive(${part} SOURCES ${heed_sources} ${heed_more_sources} ${heed_arg_SOURCES} NEEDS ${heed_arg_NEEDS})
  heed_compiled_sources(heed_sources ${part} double ${heed_arg_HEADERS})
  set(heed_double_needs ${heed_arg_NEEDS})
  list(TRANSFORM heed_double_needs APPEND _double)
  heed_compiled_archive(${part}_double SOURCES ${heed_sources} NEEDS ${part} ${heed_double_needs})
endmacro()

set(heed_march "")
if(HEED_MARCH)
  set(heed_march -march=${HEED_MARCH})
endif()
set(heed_not_in_all ON)
if(PROJECT_IS_TOP_LEVEL OR HEED_INSTALL)
  set(heed_not_in_all OFF)
endif()
heed_instruction_set(heed_isa ${heed_march})
if(NOT heed_isa)
  return()
endif()

# Kernels are fast in these types of build too: a program that is built for a debugger need not wait for heed.
set(heed_slow_types $<OR:$<CONFIG:>,$<CONFIG:None>,$<CONFIG:Debug>>)
if(MSVC OR CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(heed_slow_types 0)
endif()

# The headers by folder. `engine` is what trains and predicts, whatever the model.
set(heed_compiled_archives "")
foreach(folder core options files layers compose losses optim metrics models train control infer data io)
  file(GLOB_RECURSE heed_in_${folder} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/heed/${folder}/*.hpp)
endforeach()
set(heed_in_classifiers ${heed_in_models})
list(FILTER heed_in_classifiers INCLUDE REGEX "/(sequence_classifier|text_classifier|rocket_classifier|series_ensemble|ensemble|average_outputs)\\.hpp$")
list(REMOVE_ITEM heed_in_models ${heed_in_classifiers})

file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/compiled/bodies.cpp @ONLY CONTENT
"#define HEED_COMPILING_BODIES
#include \"heed/convert/pytorch.hpp\"
#include \"heed/convert/rtneural.hpp\"
#include \"heed/heed.hpp\"
#include \"heed/io/checkpoint.hpp\"
#include \"heed/io/safetensors.hpp\"
#include \"heed/testing/check_layer.hpp\"
")
# no kernels stand in it
set_source_files_properties(${PROJECT_BINARY_DIR}/compiled/bodies.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON
  COMPILE_OPTIONS "$<$<OR:$<CONFIG:Release>,${heed_slow_types}>:-O2>")
# states of training have tensors of double, readers read doubles, and ridge regression computes in them
set(heed_for_states ${heed_in_core})
list(FILTER heed_for_states INCLUDE REGEX "/(init|parameter|kernels/cholesky)\\.hpp$")
list(REMOVE_ITEM heed_in_core ${heed_for_states})
heed_compiled_part(core HEADERS ${heed_in_core} ${heed_in_options} ${heed_in_files} BOTH ${heed_for_states} SOURCES ${PROJECT_BINARY_DIR}/compiled/bodies.cpp)
heed_compiled_part(engine HEADERS ${heed_in_losses} ${heed_in_optim} ${heed_in_metrics} ${heed_in_train}
  ${heed_in_control} ${heed_in_infer}
  BOTH ${heed_in_data} ${heed_in_io} NEEDS core)
# bodies use what is instantiated there
target_link_libraries(heed_compiled_core INTERFACE heed_compiled_engine)
heed_compiled_part(layers HEADERS ${heed_in_layers} ${heed_in_compose} NEEDS core)
heed_compiled_part(classifiers HEADERS ${heed_in_classifiers} NEEDS layers)
heed_compiled_part(models HEADERS ${heed_in_models} NEEDS layers)

add_library(heed_compiled INTERFACE)
add_library(heed::compiled ALIAS heed_compiled)
target_link_libraries(heed_compiled INTERFACE ${heed_compiled_archives})
set_target_properties(heed_compiled PROPERTIES EXPORT_NAME compiled)
