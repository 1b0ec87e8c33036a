# heed.pc in share/pkgconfig, which is of no architecture, and heed-compiled.pc in lib/pkgconfig. They hold no path of
# this machine where the folders of installation are relative, as they are by default.
include_guard()

# A folder of installation as a .pc file names it.
function(heed_pc_folder folder out)
  if(NOT IS_ABSOLUTE "${folder}")
    set(folder "\${prefix}/${folder}")
  endif()
  set(${out} "${folder}" PARENT_SCOPE)
endfunction()

# heed_install_pc(NAME FOLDER COMPONENT): configures NAME.pc.in and installs it in FOLDER/pkgconfig.
function(heed_install_pc name folder component)
  heed_pc_folder("${CMAKE_INSTALL_INCLUDEDIR}" heed_pc_includedir)
  heed_pc_folder("${CMAKE_INSTALL_LIBDIR}" heed_pc_libdir)
  set(pc_folder "${folder}/pkgconfig")
  cmake_path(ABSOLUTE_PATH pc_folder BASE_DIRECTORY "/prefix" NORMALIZE)
  set(heed_pc_to_prefix "/prefix")
  if(IS_ABSOLUTE "${folder}")  # then it is known where the package goes
    set(heed_pc_to_prefix "${CMAKE_INSTALL_PREFIX}")
  endif()
  cmake_path(RELATIVE_PATH heed_pc_to_prefix BASE_DIRECTORY "${pc_folder}")
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/package/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/package/${name}.pc DESTINATION ${folder}/pkgconfig COMPONENT ${component})
endfunction()

heed_install_pc(heed "${CMAKE_INSTALL_DATADIR}" headers)
if(TARGET heed_compiled)
  set(heed_pc_flags -DHEED_COMPILED=${heed_isa} ${heed_march})
  list(JOIN heed_pc_flags " " heed_pc_flags)
  # archives call each other in both directions
  set(heed_pc_libraries ${heed_compiled_archives})
  list(TRANSFORM heed_pc_libraries PREPEND "-l")
  list(JOIN heed_pc_libraries " " heed_pc_libraries)
  if(NOT APPLE)  # its linker looks again by itself
    set(heed_pc_libraries "-Wl,--start-group ${heed_pc_libraries} -Wl,--end-group")
  endif()
  heed_install_pc(heed-compiled "${CMAKE_INSTALL_LIBDIR}" compiled)
endif()
