"""A connection as clients see it, over a host that is as strict as the real one."""

from __future__ import annotations

import errno
import gc
import http.client
import importlib.util
import select
import socket as real_socket
import sys
import unittest
from types import ModuleType
from typing import Any, ClassVar
from unittest import mock

from tests import strict_host
from tests.strict_host import Closed, Err, IoError, LastOperationFailed
from um_action.http.errors import ConnectionFailed, HostNotAllowed, HttpError
from um_runner.net import c_select, c_socket, c_ssl, ends
from um_runner.net.c_ssl import MARK, SSLError

connection = strict_host.over_this_host("um_runner.net.connection")
types = connection.Exchange.__init__.__globals__["begin"].__globals__["types"]

GET = b"GET /p?q=1 HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nx: y\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n2\r\nab\r\n0\r\n\r\n"


def standard_socket() -> ModuleType:
    """The standard library's `socket`, over ours."""
    found = importlib.util.spec_from_file_location("socket_over_ours", real_socket.__file__)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    with mock.patch.dict(sys.modules, {"_socket": c_socket, module.__name__: module}):
        found.loader.exec_module(module)
    return module


sockets = standard_socket()


class Strict(unittest.TestCase):
    """A test that leaves nothing behind."""

    def setUp(self) -> None:
        self.begin()
        self.before = len(ends._open)
        # The last of all.
        self.addCleanup(self.check)

    def begin(self) -> None:
        self.script = strict_host.script
        self.script.__init__()  # type: ignore[misc]
        self.script.pieces = iter([b"ab"])
        c_socket.connection = connection.Connection
        ends.wait_any = strict_host.wait_any

    def check(self) -> None:
        gc.collect()
        self.assertEqual(self.script.open, set(), "everything is let go of")
        self.assertEqual(len(ends._open), self.before, "every descriptor is closed")

    def opened(self, address: tuple[str, int] = ("h", 80)) -> Any:
        sock = sockets.create_connection(address)
        self.addCleanup(sock.close)
        return sock

    def tls(self, name: bytes = b"h", word: bytes = b"verified") -> Any:
        sock = self.opened(("h", 443))
        sock.sendall(MARK + name + b" " + word + b"\n")
        return sock

    def all_of(self, sock: Any) -> bytes:
        text = b""
        while not text.endswith(b"0\r\n\r\n"):
            text += sock.recv(5)
        return text


class Exchanges(Strict):
    def test_a_request_goes_out_and_its_answer_comes_back_however_it_is_cut(self) -> None:
        for at in range(1, len(GET)):
            self.begin()
            with self.opened() as sock:
                sock.sendall(GET[:at])
                sock.sendall(GET[at:])
                self.assertEqual(self.all_of(sock), ANSWER)
            self.assertEqual(self.script.sent, [("X", b"1")])

    def test_where_it_goes_is_where_the_client_connected_to(self) -> None:
        for address, mark, host, scheme, authority in (
            (("h", 80), b"", b"h", "Http", "h"),
            (("h", 80), b"", b"H:80", "Http", "h"),
            (("h", 443), b"", b"h:443", "Http", "h:443"),
            (("H.", 443), MARK + b"h verified\n", b"h.", "Https", "h."),
            (("h", 443), MARK + b" verified\n", b"h", "Https", "h"),
            (("h", 80), MARK + b"h verified\n", b"h:80", "Https", "h:80"),
            (("::1", 8080), b"", b"[::1]:8080", "Http", "[::1]:8080"),
        ):
            self.script.parts.clear()
            self.script.pieces = iter([b"ab"])
            with self.opened(address) as sock:
                sock.sendall(mark + GET.replace(b" h\r", b" " + host + b"\r"))
                self.assertEqual(self.all_of(sock), ANSWER)
            self.assertEqual(type(self.script.parts[1]).__name__, f"Scheme_{scheme}")
            self.assertEqual(self.script.parts[2:], [authority, "/p?q=1"])

    def test_a_connection_is_used_again(self) -> None:
        sock = self.opened()
        for _ in range(3):
            self.script.pieces = iter([b"ab"])
            sock.sendall(GET)
            self.assertEqual(self.all_of(sock), ANSWER)
            self.assertEqual(c_select.select([sock], [sock], [], 0), ([], [sock], []))

    def test_a_body_goes_out_as_there_is_room(self) -> None:
        self.script.room = iter([1, 0, 0, 9])
        sock = self.opened()
        sock.sendall(POST + b"abc")
        self.assertEqual(self.all_of(sock), ANSWER)
        self.assertEqual((self.script.body, self.script.sent), (b"abc", [("content-length", b"3")]))

    def test_a_body_that_outgrows_what_is_held_waits_for_room(self) -> None:
        self.script.room = iter([0] * 5)
        sock = self.opened()
        head = POST.replace(b" 3", b" 500000")
        sock.sendall(head + b"x" * 500_000)
        self.assertGreaterEqual(self.script.waits, 1)
        self.assertEqual(self.all_of(sock), ANSWER)
        self.assertEqual(len(self.script.body), 500_000)

    def test_one_that_does_not_wait_is_told_to(self) -> None:
        self.script.room = iter([0] * 99)
        sock = self.opened()
        sock.setblocking(False)
        sock.send(POST.replace(b" 3", b" 500000"))
        taken = sock.send(b"x" * 500_000)
        with self.assertRaises(BlockingIOError):
            sock.send(b"x")
        self.assertLess(taken, 500_000)
        with self.assertRaises(BlockingIOError):
            self.script.heads = iter([None])
            sock.recv(1)

    def test_chunks_are_taken_apart(self) -> None:
        sock = self.opened()
        head = POST.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked")
        sock.sendall(head + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
        self.assertEqual(self.all_of(sock), ANSWER)
        self.assertEqual((self.script.body, self.script.sent), (b"abc", []))

    def test_a_client_that_waits_for_a_word_gets_it(self) -> None:
        sock = self.opened()
        sock.sendall(POST.replace(b"Host", b"Expect: 100-continue\r\nHost"))
        self.assertEqual(sock.recv(99), b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(b"abc")
        self.assertEqual(self.all_of(sock), ANSWER)

    def test_an_answer_that_comes_early_is_read_and_ends_the_connection(self) -> None:
        self.script.room = iter([1, Err(Closed())])
        sock = self.opened()
        sock.sendall(POST.replace(b" 3", b" 900000") + b"x" * 200_000)
        self.assertEqual(self.all_of(sock), ANSWER)
        sock.sendall(b"x" * 700_000)
        self.assertEqual(sock.recv(1), b"")

    def test_an_old_client_reads_to_the_end(self) -> None:
        sock = self.opened()
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with sock.makefile("rb") as file:
            self.assertEqual(file.read(), b"HTTP/1.1 200 OK\r\nx: y\r\nconnection: close\r\n\r\nab")
        with self.assertRaises(BrokenPipeError):
            sock.sendall(GET)

    def test_the_standard_library_reads_it(self) -> None:
        client = http.client.HTTPConnection("h")
        client.sock = self.opened()
        client.request("PUT", "/", body=iter([b"ab", b"c"]), encode_chunked=True)
        answer = client.getresponse()
        self.assertEqual((answer.status, answer.headers["x"], answer.read()), (200, "y", b"ab"))
        self.assertEqual(self.script.body, b"abc")
        client.close()

    def test_a_peek_leaves_what_it_sees(self) -> None:
        sock = self.opened()
        sock.sendall(GET)
        self.assertEqual(sock.recv(4, real_socket.MSG_PEEK), b"HTTP")
        self.assertEqual(self.all_of(sock), ANSWER)

    def test_a_time_out_is_the_clients_own(self) -> None:
        self.script.heads = iter([None] * 99)
        sock = self.opened()
        sock.settimeout(1e-9)
        sock.sendall(GET)
        with self.assertRaisesRegex(TimeoutError, "timed out"):
            sock.recv(1)

    def test_what_is_abandoned_is_let_go_of_wherever_it_stands(self) -> None:
        points: dict[str, list[Any]] = {"heads": [None] * 9, "room": [0] * 9, "pieces": [b""] * 9}
        for name, steps in points.items():
            self.begin()
            setattr(self.script, name, iter(steps))
            sock = sockets.create_connection(("h", 80))
            sock.setblocking(False)
            sock.sendall(POST + b"abc")
            c_select.select([sock], [sock], [], 0)
            with self.assertRaises(BlockingIOError):
                while sock.recv(99):
                    pass
            cycle: list[Any] = [sock]
            cycle.append(cycle)
            del sock, cycle
            gc.collect()
            self.assertEqual(self.script.open, set(), name)


class Failures(Strict):
    def fails(self, kind: type[OSError], words: str, text: bytes = GET, sock: Any = None) -> OSError:
        sock = sock or self.opened()
        caught: list[OSError] = []
        for _ in range(2):
            with self.assertRaisesRegex(kind, words) as raised:
                sock.sendall(text)
                while sock.recv(99):
                    pass
            caught.append(raised.exception)
        self.assertIs(caught[0], caught[1], "it stays broken")
        self.assertEqual(c_select.select([sock], [], [], None), ([sock], [], []))
        return caught[0]

    def test_what_the_host_refuses_is_an_error_of_both(self) -> None:
        self.script.heads = iter([types.ErrorCode_HttpRequestDenied()])
        error = self.fails(ConnectionRefusedError, "^GET http://h/p: .*`um-host run --allow-host http://h`")
        self.assertIsInstance(error, HostNotAllowed)
        self.assertEqual((getattr(error, "method"), getattr(error, "url")), ("GET", "http://h/p"))  # noqa: B009
        self.assertEqual(f"{type(error).__module__}.{type(error).__name__}", "um_action.HostNotAllowed")
        self.script.refusal = types.ErrorCode_HttpRequestDenied()
        self.fails(ConnectionRefusedError, "may not call h")

    def test_others_are_what_clients_know_them_as(self) -> None:
        for code, kind in (
            ("TlsCertificateError", SSLError),
            ("ConnectionRefused", ConnectionError),
            ("HttpResponseTimeout", TimeoutError),
            ("HttpProtocolError", ConnectionRefusedError),
            # What is a ValueError elsewhere, too.
            ("HttpRequestUriInvalid", ConnectionRefusedError),
            ("HttpRequestMethodInvalid", ConnectionRefusedError),
        ):
            self.script.heads = iter([getattr(types, f"ErrorCode_{code}")()])
            self.assertIsInstance(self.fails(kind, "^GET http://h/p: "), HttpError)

    def test_an_answer_that_breaks_off_does(self) -> None:
        self.script.pieces = iter([b"ab", Err(LastOperationFailed(IoError()))])
        self.fails(ConnectionFailed, "broke off")

    def test_a_body_that_breaks_is_told_in_the_place_of_the_answer(self) -> None:
        self.script.room = iter([Err(LastOperationFailed(IoError()))])
        self.script.heads = iter([types.ErrorCode_HttpRequestDenied()])
        self.fails(ConnectionRefusedError, "may not call h", POST + b"abc")

    def test_headers_that_are_too_many_are_not_sent(self) -> None:
        self.fails(ConnectionRefusedError, "64 KiB", GET.replace(b"X: 1", b"X: " + b"1" * 70_000))


class Attacks(Strict):
    """What is written so as to reach something else than what was connected to, and what is no HTTP."""

    def refused(self, words: str, text: bytes, sock: Any = None, kind: type[OSError] = OSError) -> None:
        sock = sock or self.opened()
        with self.assertRaisesRegex(kind, words) as raised:
            sock.sendall(text)
            sock.recv(1)
        self.assertNotIn("zq7", str(raised.exception), "what was written is not told")
        self.assertEqual((self.script.parts, self.script.sent), ([], []), "nothing goes out")

    def test_another_host(self) -> None:
        for host in (b"zq7", b"h.zq7", b"h:81", b"h@zq7", b"zq7@h", b"h, zq7", b"", b"h/", b"[h]", b"h:", b"h:080"):
            self.refused("the header Host", GET.replace(b" h\r", b" " + host + b"\r"))
        self.refused("the header Host", GET, self.opened(("h", 81)))
        self.refused("names its host, once", GET.replace(b"X: 1", b"Host: zq7"))
        self.refused("names its host, once", GET.replace(b"Host: h\r\n", b""))

    def test_another_target(self) -> None:
        for target in (b"http://zq7/", b"https://h/", b"zq7://x"):
            self.refused("--proxy", GET.replace(b"/p", target))
        self.refused("--proxy", b"CONNECT zq7:443 HTTP/1.1\r\nHost: zq7:443\r\n\r\n")
        self.refused("no HTTP/1.1 request", GET.replace(b"/p?q=1", b"*"))

    def test_another_name_for_the_certificate(self) -> None:
        self.refused("against no other name", GET, self.tls(b"zq7"), SSLError)
        self.refused("against no other name", GET, self.tls(b"h zq7"), SSLError)

    def test_a_certificate_that_is_not_checked(self) -> None:
        for word in (b"unverified", b"", b"Verified"):
            self.refused("um-host run --ca FILE", GET, self.tls(word=word), SSLError)

    def test_lines_that_are_slipped_in(self) -> None:
        for text in (b"X: 1\nHost: zq7", b"X: 1\rHost: zq7", b"X: 1\r\n Host: zq7", b"X\x00: 1"):
            self.refused("a line of the request's head", GET.replace(b"X: 1", text))

    def test_two_lengths(self) -> None:
        for text in (b"Content-Length: 4", b"Transfer-Encoding: chunked", b"content-length:3"):
            self.refused("one length", POST.replace(b"Host", text + b"\r\nHost") + b"abc")

    def test_a_request_behind_a_request(self) -> None:
        for first in (GET, POST + b"abc"):
            self.begin()
            sock = self.opened()
            with self.assertRaisesRegex(OSError, "once the answer to the one before was read"):
                sock.sendall(first + GET.replace(b"/p", b"/zq7"))
            self.assertEqual(self.script.parts[3::4], ["/p?q=1" if first is GET else "/"], "one goes out")

    def test_tls_of_ones_own_and_twice(self) -> None:
        self.refused("the module `ssl`", b"\x16\x03\x01\x02\x00\x01")
        self.refused("the module `ssl`", MARK + b"x" * 2000)
        self.refused("no HTTP/1.1 request", MARK + b"h verified\n", self.tls())
        sock = self.opened()
        sock.sendall(GET)
        self.assertEqual(self.all_of(sock), ANSWER)
        with self.assertRaisesRegex(OSError, "no HTTP/1.1 request"):
            sock.sendall(MARK + b"h verified\n")

    def test_other_protocols(self) -> None:
        self.refused("no WebSocket", GET.replace(b"X: 1", b"Connection: Upgrade\r\nUpgrade: websocket"))
        self.refused("HTTP/2 is spoken by um-host", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.refused("no HTTP/1.1 request", b"*1\r\n$4\r\nPING\r\n")
        self.refused("no HTTP/1.1 request", b"EHLO zq7")
        self.refused("nothing will come", b"")
        with self.assertRaisesRegex(OSError, "HTTP alone"):
            sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM)
        with self.assertRaisesRegex(OSError, "listening"):
            sockets.create_server(("", 80))

    def test_a_host_that_is_no_name(self) -> None:
        for host in ("h/x", "x@h", "h x", "h\r\nX: x", "fe80::1%251", ""):
            name = f"[{host}]" if "::" in host else host
            text = GET.replace(b" h\r", b" " + name.encode() + b"\r")
            self.refused("no name of a host|a line of|the header Host", text, self.opened((host, 80)))


class Sockets(Strict):
    def test_a_name_stands_for_its_address(self) -> None:
        stream = sockets.SOCK_STREAM
        self.assertEqual(sockets.getaddrinfo("h.example", "https", type=stream)[0][4], ("h.example", 443))
        self.assertEqual(sockets.getaddrinfo("::1", 80)[0][::4], (sockets.AF_INET6, ("::1", 80, 0, 0)))
        self.assertEqual(sockets.getaddrinfo("b\u00fccher.example", 1)[0][4][0], "xn--bcher-kva.example")
        with self.assertRaises(sockets.gaierror):
            sockets.getaddrinfo("h", 80, sockets.AF_INET6)
        with self.opened(("h", 5)) as sock:
            self.assertEqual(sock.getpeername(), ("h", 5))

    def test_a_pair_is_there_in_memory(self) -> None:
        one, other = sockets.socketpair(sockets.AF_INET)
        with one, other:
            one.sendall(b"abc")
            self.assertEqual(c_select.select([one, other], [one], [], 0), ([other], [one], []))
            self.assertEqual(other.recv(9), b"abc")
            with self.assertRaisesRegex(OSError, "nobody else"):
                other.recv(9)
            one.close()
            self.assertEqual(other.recv(9), b"")
            with self.assertRaises(BrokenPipeError):
                other.sendall(b"x")

    def test_descriptors_are_shared_and_closed(self) -> None:
        with self.opened() as sock, sock.dup() as twin:
            sock.close()
            twin.sendall(GET)
            self.assertEqual(self.all_of(twin), ANSWER)
        with self.assertRaises(OSError) as closed:
            sock.recv(1)
        self.assertEqual(closed.exception.errno, errno.EBADF)

    def test_what_is_watched_is_told_beside_what_is_always_ready(self) -> None:
        one, other = sockets.socketpair(sockets.AF_INET)
        number = ends.opened(ends.Watched(object()))
        with one, other, mock.patch.object(ends, "wait_any", lambda asked, seconds: range(len(asked))):
            poll = c_select.poll()
            poll.register(one, c_select.POLLOUT)
            poll.register(number, c_select.POLLIN)
            self.assertEqual(dict(poll.poll()), {one.fileno(): c_select.POLLOUT, number: c_select.POLLIN})
        ends.close(number)

    def test_a_descriptor_that_is_closed_is_said_to_be(self) -> None:
        self.assertEqual(ends.wait({ends.FIRST - 1: (True, False), -5: (True, True)}, 0)[-5], None)
        with self.assertRaises(OSError):
            c_select.select([ends.FIRST << 8], [], [], 0)

    def test_nothing_that_could_be_ready_is_no_standstill(self) -> None:
        with self.opened() as sock, self.assertRaisesRegex(RuntimeError, "nothing is left .*; h:80: nothing was asked"):
            c_select.select([sock], [], [], None)


class Names(unittest.TestCase):
    """Ours against those of this Python's own modules in C."""

    MISSING: ClassVar[dict[str, set[str]]] = {
        "_ssl": {"RAND_pseudo_bytes", "err_names_to_codes", "enum_certificates", "enum_crls", "sock_type"},
        "select": {"PIPE_BUF", "epoll"},
    }

    def test_what_others_import_is_there(self) -> None:
        import _ssl

        for ours, theirs in ((c_ssl, _ssl), (c_select, select)):
            name = theirs.__name__
            theirs_names = {
                each for each in dir(theirs) if not each.startswith(("__", "EPOLL", "POLLRD", "POLLWR", "POLLMSG"))
            }
            self.assertEqual(theirs_names - set(dir(ours)) - self.MISSING[name], set(), name)
        for kind in ("_SSLContext", "_SSLSocket", "MemoryBIO"):
            there = {each for each in dir(getattr(_ssl, kind)) if not each.startswith("__")}
            self.assertEqual(there - set(dir(getattr(c_ssl, kind))) - {"context", "server_hostname"}, set(), kind)
        import _socket

        there = {each for each in dir(_socket.socket) if not each.startswith("__")}
        self.assertEqual(
            there - set(dir(c_socket.socket)) - {"recvmsg", "recvmsg_into", "sendmsg", "sendmsg_afalg"}, set()
        )

    def test_constants_are_those_of_openssl(self) -> None:
        import _ssl

        versions = ("OPENSSL", "_OPENSSL", "HAS_", "OP_ALL")
        for name in dir(_ssl):
            theirs = getattr(_ssl, name)
            if isinstance(theirs, int) and not name.startswith(versions) and name not in Names.MISSING["_ssl"]:
                self.assertEqual(getattr(c_ssl, name), theirs, name)


if __name__ == "__main__":
    unittest.main()
