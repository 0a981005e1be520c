"""HTTP through sockets: what stands where the C modules `_socket`, `select` and `_ssl` do.

The standard library's own `socket`, `ssl`, `selectors`, `http.client` and event loop run on top, as they are. What is
written to a connection is read as HTTP/1.1 and goes out as requests of `wasi:http`, each under the rules of the run
like any other; answers come back as HTTP/1.1. Nothing is decided here about where a request may go.
"""
