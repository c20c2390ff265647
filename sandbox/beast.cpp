// Beast and Asio's TLS, compiled once (BOOST_BEAST_SEPARATE_COMPILATION in cmake/dependencies.cmake).
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
