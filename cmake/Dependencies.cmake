# What the library is built on; all of it comes from Debian's packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
set(curl libcurl>=7.88)
set(cjson libcjson>=1.7.15)
set(crypto libcrypto>=3.0)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET ${curl})
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET ${cjson})
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET ${crypto})

add_library(artstore_dependencies INTERFACE)
target_link_libraries(artstore_dependencies INTERFACE
  PkgConfig::CURL PkgConfig::CJSON PkgConfig::CRYPTO Threads::Threads)

# The same for those who link the installed static library.
set(ARTSTORE_DEPENDENCIES "${curl} ${cjson} ${crypto}")
set(ARTSTORE_DEPENDENCY_LDFLAGS
  ${CURL_LDFLAGS} ${CJSON_LDFLAGS} ${CRYPTO_LDFLAGS} -pthread)
foreach(dir ${CMAKE_C_IMPLICIT_LINK_DIRECTORIES})
  list(REMOVE_ITEM ARTSTORE_DEPENDENCY_LDFLAGS -L${dir})
endforeach()
