# The headers of others, parsed once per build instead of once per file: half of a compiler's time goes there. Our own
# headers stay out, so that every floor sees only those below it, and an edit compiles only what it touches. That each
# file of the floors includes what it uses is for scripts/tidy.py, which compiles without them: a share for each commit,
# all with --all. Preset release says -fPIE itself, because libraries and programs would have other flags of CMake's for
# that, and one set of headers serves only one.
option(KEYWARD_PRECOMPILE "Precompile the headers of others" OFF)

# The floors that the tests go through most. The everyday build optimises them and nothing else: it compiles in half the
# time, properties are tried in bearable time, and tests/conformance/test_cost.py can still bound what a call costs.
set(KEYWARD_BUSY_FLOORS base aws accounts rotation notify sandbox)
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

# keyward_use_precompiled(TARGET [FROM])
function(keyward_use_precompiled target)
  if(KEYWARD_PRECOMPILE)
    set(from keyward_headers)
    if(ARGC GREATER 1)
      set(from ${ARGV1})
    endif()
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()
