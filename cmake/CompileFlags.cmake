include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

# Flags of every target of this project (and of nothing that uses it).
add_library(artstore_flags INTERFACE)
# Large files everywhere alike: some dependency asks for it in its own flags.
target_compile_definitions(artstore_flags INTERFACE
  _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_compile_options(artstore_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef
  -Wimplicit-fallthrough -Wno-missing-field-initializers
  -fvisibility=hidden -fno-common
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches>)

option(ARTSTORE_WERROR "Warnings are errors" ${PROJECT_IS_TOP_LEVEL})
if(ARTSTORE_WERROR)
  target_compile_options(artstore_flags INTERFACE -Werror)
endif()

# The library tells the fuzzer where it has been.
if(ARTSTORE_BUILD_FUZZ)
  target_compile_options(artstore_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# clang before 16 wants to be begged for it.
check_c_compiler_flag(-ftrivial-auto-var-init=zero ARTSTORE_HAS_VAR_INIT)

if(ARTSTORE_SANITIZE)
  target_compile_options(artstore_flags INTERFACE
    -fsanitize=${ARTSTORE_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(artstore_flags INTERFACE -fsanitize=${ARTSTORE_SANITIZE})
else()
  target_compile_options(artstore_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection
    $<$<BOOL:${ARTSTORE_HAS_VAR_INIT}>:-ftrivial-auto-var-init=zero>
    $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection=full>
    "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
  target_link_options(artstore_flags INTERFACE
    -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
