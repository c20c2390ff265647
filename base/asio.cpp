// Asio, compiled once for the whole program (BOOST_ASIO_SEPARATE_COMPILATION in cmake/dependencies.cmake).
#include <boost/asio/impl/src.hpp>
