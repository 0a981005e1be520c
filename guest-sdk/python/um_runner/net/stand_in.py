"""Puts the modules of sockets in their places when it is imported, which is before anything else that needs them."""

import sys

from um_runner.net import c_select, c_socket, c_ssl

_NEED_THEM = {"socket", "selectors", "ssl", "asyncio", "_asyncio", "http.client"}

if too_early := _NEED_THEM & sys.modules.keys():
    raise ImportError(f"imported before what stands in for sockets: {sorted(too_early)}")
sys.modules["_socket"] = c_socket
sys.modules["select"] = c_select
sys.modules["_ssl"] = c_ssl
