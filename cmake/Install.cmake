# What `cmake --install` puts where; everything can be moved afterwards.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/artstore-ingest)

set_target_properties(artstore_ingest PROPERTIES EXPORT_NAME ingest)
set_target_properties(artstore_ingest_static PROPERTIES
  EXPORT_NAME ingest-static)

list(TRANSFORM ARTSTORE_PUBLIC_HEADERS
  PREPEND ${PROJECT_SOURCE_DIR}/include/artstore/
  OUTPUT_VARIABLE header_paths)
install(FILES ${header_paths}
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/artstore)

# Two sets, since only the static library asks for more libraries.
install(TARGETS artstore_ingest EXPORT artstore-ingest-shared
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS artstore_ingest_static EXPORT artstore-ingest-static
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(set artstore-ingest-shared artstore-ingest-static)
  install(EXPORT ${set} NAMESPACE artstore:: FILE ${set}.cmake
    DESTINATION ${package_dir})
endforeach()

# The command finds the library beside it.
if(TARGET artstore-ingest)
  file(RELATIVE_PATH lib_from_bin
    ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(artstore-ingest PROPERTIES
    INSTALL_RPATH "$ORIGIN/${lib_from_bin}")
endif()

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/artstore-ingest-config.cmake.in
  ${PROJECT_BINARY_DIR}/artstore-ingest-config.cmake
  INSTALL_DESTINATION ${package_dir}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/artstore-ingest-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/artstore-ingest-config.cmake
  ${PROJECT_BINARY_DIR}/artstore-ingest-config-version.cmake
  DESTINATION ${package_dir})

# The .pc file finds its prefix from where it lies.
file(RELATIVE_PATH pc_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
list(JOIN ARTSTORE_DEPENDENCY_LDFLAGS " " pc_libs_private)
configure_file(${PROJECT_SOURCE_DIR}/artstore-ingest.pc.in
  ${PROJECT_BINARY_DIR}/artstore-ingest.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/artstore-ingest.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
