# The floors of the house (docs: ARCHITECTURE.md). Every folder is one static library, and a library sees the headers
# of exactly the folders it is linked to: `#include "aws/sigv4.hpp"` does not compile in base/, because base/ is not
# linked to aws/. For that each folder is published through a directory of its own that holds one link.

find_program(KEYWARD_CCACHE ccache)
if(KEYWARD_CCACHE)
  # ccache refuses precompiled headers unless told that their time stamps do not matter.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${KEYWARD_CCACHE})
endif()

add_library(keyward_options INTERFACE)
target_compile_options(keyward_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       $<$<BOOL:${KEYWARD_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives for coroutine frames and for std::variant at -O1 and above.
  target_compile_options(keyward_options INTERFACE -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-restrict
                         -Wno-mismatched-new-delete)
endif()

# Flags that must be the same for every translation unit, third-party code compiled here included.
if(KEYWARD_SANITIZE)
  add_compile_options(-fsanitize=${KEYWARD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${KEYWARD_SANITIZE})
endif()
# No path of the machine gets into what is shipped, so the same sources make the same bytes anywhere (scripts/reproducible.sh).
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-ffile-prefix-map=${PROJECT_BINARY_DIR}/=build/ -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
endif()
if(KEYWARD_FUZZ)
  # Counts the edges that are taken. Where libFuzzer is not linked, the sanitizer's runtime has empty functions for it.
  set(KEYWARD_COUNT_EDGES -fsanitize=fuzzer-no-link)
  add_compile_options(${KEYWARD_COUNT_EDGES})
endif()
find_program(KEYWARD_LLD NAMES ld.lld-19 ld.lld)
if(KEYWARD_LLD AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(--ld-path=${KEYWARD_LLD})
elseif(KEYWARD_LLD)
  # GCC finds it by its bare name only.
  file(REAL_PATH ${KEYWARD_LLD} lld)
  get_filename_component(lld_folder ${lld} DIRECTORY)
  add_link_options(-fuse-ld=lld -B${lld_folder})
endif()

# keyward_floor(NAME SOURCES file... FLOORS lower-folder... LIBRARIES third-party-target...)
# A floor without sources has only headers.
function(keyward_floor name)
  cmake_parse_arguments(FLOOR "" "" "SOURCES;FLOORS;LIBRARIES" ${ARGN})
  set(published ${PROJECT_BINARY_DIR}/floors/${name})
  file(MAKE_DIRECTORY ${published})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${name} ${published}/${name} SYMBOLIC)

  set(target keyward_${name})
  set(visibility PUBLIC)
  if(FLOOR_SOURCES)
    add_library(${target} STATIC ${FLOOR_SOURCES})
    target_link_libraries(${target} PRIVATE keyward_options)
    if(KEYWARD_BUSY_FLAGS AND name IN_LIST KEYWARD_BUSY_FLOORS)
      target_compile_options(${target} PRIVATE ${KEYWARD_BUSY_FLAGS})
      keyward_use_precompiled(${target} keyward_busy_headers)
    else()
      keyward_use_precompiled(${target})
    endif()
  else()
    add_library(${target} INTERFACE)
    set(visibility INTERFACE)
  endif()
  target_include_directories(${target} ${visibility} ${published})
  foreach(floor IN LISTS FLOOR_FLOORS)
    target_link_libraries(${target} ${visibility} keyward_${floor})
  endforeach()
  target_link_libraries(${target} ${visibility} ${FLOOR_LIBRARIES})
endfunction()
