# Debian 12 packages; docs/dependencies.md says what each is for.

# Boost 1.81 stands beside Debian's default 1.74, which has no Boost.JSON in its -dev package and an older Asio.
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS json)
find_package(CURL 7.88 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(pugixml REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog REQUIRED)
find_package(Threads REQUIRED)
find_path(KEYWARD_MUSTACHE_INCLUDE NAMES kainjow/mustache.hpp mustache.hpp REQUIRED)

# Asio is compiled once (base/asio.cpp) instead of in every file that includes it.
add_library(keyward_asio INTERFACE)
target_compile_definitions(keyward_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
  BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(keyward_asio INTERFACE Boost::boost Threads::Threads)
