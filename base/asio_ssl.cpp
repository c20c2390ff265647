// Asio's TLS streams, compiled once for the servers of the sandbox and of the tests. The program itself never links it:
// its TLS is libcurl's.
#include <boost/asio/ssl/impl/src.hpp>
