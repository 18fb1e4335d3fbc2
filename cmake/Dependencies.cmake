# What the library is built on; all of it comes from Debian's packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
set(curl libcurl>=7.88)
set(cjson libcjson>=1.7.15)
set(crypto libcrypto>=3.0)
set(hiredis hiredis>=0.14)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET ${curl})
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET ${cjson})
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET ${crypto})
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET ${hiredis})

add_library(artstore_dependencies INTERFACE)
target_link_libraries(artstore_dependencies INTERFACE
  PkgConfig::CURL PkgConfig::CJSON PkgConfig::CRYPTO PkgConfig::HIREDIS
  Threads::Threads)

# The same for those who link the installed static library.
set(ARTSTORE_DEPENDENCIES "${curl} ${cjson} ${crypto} ${hiredis}")
set(ARTSTORE_DEPENDENCY_LDFLAGS
  ${CURL_LDFLAGS} ${CJSON_LDFLAGS} ${CRYPTO_LDFLAGS} ${HIREDIS_LDFLAGS}
  -pthread)

# rediss:// where hiredis has it: from 1.0 on, as a library of its own.
set(hiredis_tls hiredis_ssl>=1.0 libssl>=3.0)
pkg_check_modules(HIREDIS_TLS QUIET IMPORTED_TARGET ${hiredis_tls})
if(HIREDIS_TLS_FOUND)
  target_link_libraries(artstore_dependencies INTERFACE PkgConfig::HIREDIS_TLS)
  target_compile_definitions(artstore_dependencies INTERFACE ARTSTORE_REDIS_TLS)
  list(JOIN hiredis_tls " " hiredis_tls)
  string(APPEND ARTSTORE_DEPENDENCIES " ${hiredis_tls}")
  list(PREPEND ARTSTORE_DEPENDENCY_LDFLAGS ${HIREDIS_TLS_LDFLAGS})
endif()

# How hiredis counts the elements of an array: by int up to 0.14.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::HIREDIS)
check_c_source_compiles("
  #include <hiredis/hiredis.h>
  typedef void *create_array(const redisReadTask *, size_t);
  int main(void)
  {
      redisReplyObjectFunctions functions;
      return _Generic(functions.createArray, create_array *: 0);
  }" ARTSTORE_HIREDIS_SIZE_T)
unset(CMAKE_REQUIRED_LIBRARIES)
if(ARTSTORE_HIREDIS_SIZE_T)
  target_compile_definitions(artstore_dependencies INTERFACE
    ARTSTORE_HIREDIS_SIZE_T)
endif()
foreach(dir ${CMAKE_C_IMPLICIT_LINK_DIRECTORIES})
  list(REMOVE_ITEM ARTSTORE_DEPENDENCY_LDFLAGS -L${dir})
endforeach()
