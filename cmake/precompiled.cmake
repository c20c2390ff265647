# The headers of others, parsed once per build instead of once per file: half of a compiler's time goes there. Our own
# headers stay out, so that every floor sees only those below it, and an edit compiles only what it touches. The release
# build goes without, which proves that every file includes what it uses.
option(KEYWARD_PRECOMPILE "Precompile the headers of others" OFF)

# The floors that the tests go through most. The everyday build optimises them and nothing else: it compiles in half the
# time, properties are tried in bearable time, and tests/conformance/test_cost.py can still bound what a call costs.
set(KEYWARD_BUSY_FLOORS base aws accounts rotation sandbox)
set(KEYWARD_BUSY_FLAGS "" CACHE STRING "Compiler options of the floors that tests go through most")

set(KEYWARD_PRECOMPILED_HEADERS
    <algorithm> <array> <charconv> <chrono> <deque> <filesystem> <fstream> <functional> <map> <memory> <optional> <ostream>
    <random> <set> <sstream> <string> <string_view> <tuple> <utility> <variant> <vector>
    <boost/asio/awaitable.hpp> <boost/asio/bind_cancellation_slot.hpp> <boost/asio/cancellation_signal.hpp>
    <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp> <boost/asio/redirect_error.hpp> <boost/asio/steady_timer.hpp>
    <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp> <boost/json.hpp> <boost/regex.hpp> <fmt/chrono.h> <fmt/format.h>)

# keyward_precompiled(NAME header... LIBRARIES target... OPTIONS flag...): a target whose precompiled headers others use.
function(keyward_precompiled name)
  cmake_parse_arguments(PCH "" "" "LIBRARIES;OPTIONS" ${ARGN})
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cpp CONTENT "// Holds the precompiled headers.\n")
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE keyward_options ${PCH_LIBRARIES})
  target_compile_options(${name} PRIVATE ${PCH_OPTIONS})
  target_precompile_headers(${name} PRIVATE ${KEYWARD_PRECOMPILED_HEADERS} ${PCH_UNPARSED_ARGUMENTS})
endfunction()

if(KEYWARD_PRECOMPILE)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Without the time stamps of headers in it, ccache recognizes what it compiled in another checkout.
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  endif()
  keyward_precompiled(keyward_headers LIBRARIES keyward_asio Boost::json fmt::fmt spdlog::spdlog)
  if(KEYWARD_BUSY_FLAGS)
    keyward_precompiled(keyward_busy_headers LIBRARIES keyward_asio Boost::json fmt::fmt spdlog::spdlog
                        OPTIONS ${KEYWARD_BUSY_FLAGS})
  endif()
endif()

# Files that share what they include are compiled together, which halves a compiler's work, in builds that nobody edits
# along: those of the sanitizers. The others prove that every file stands alone.
option(KEYWARD_TOGETHER "Compile files of a folder together" OFF)
set(KEYWARD_TOGETHER_FILES 6 CACHE STRING "How many files are compiled together")

# keyward_compile_together(TARGET): but a file alone whose macros or names of a whole namespace would reach the others,
# a main program, and what implements a library of others.
function(keyward_compile_together target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    file(STRINGS ${source} alone LIMIT_COUNT 1 REGEX "^(using namespace |#define |#include <.*src\\.hpp>|int main\\()")
    if(alone)
      set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${KEYWARD_TOGETHER_FILES})
endfunction()

# keyward_use_precompiled(TARGET [FROM])
function(keyward_use_precompiled target)
  if(KEYWARD_TOGETHER)
    keyward_compile_together(${target})
  endif()
  if(KEYWARD_PRECOMPILE)
    set(from keyward_headers)
    if(ARGC GREATER 1)
      set(from ${ARGV1})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()
