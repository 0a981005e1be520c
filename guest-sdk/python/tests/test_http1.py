"""HTTP/1.1 as it is read and written, however it is cut, and what is refused."""

import random
import unittest
from collections.abc import Sequence

from um_runner.net.http1 import MAX_HEAD, AnswerWriter, BodyReader, Head, HeadReader, NotHttp

GET = b"GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-two: \xc3\xa9 \r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\nhello"
CHUNKED = (
    b"PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n\r\n"
    b'3\r\nabc\r\n00A;name="x"\r\n0123456789\r\n0\r\nTrailer: no\r\n\r\n'
)
OLD = b"HEAD /old HTTP/1.0\r\n\r\n"


def read(cuts: Sequence[bytes]) -> list[tuple[Head, bytes] | str]:
    """Every request of a connection, and why the last one is none."""
    found: list[tuple[Head, bytes] | str] = []
    reader, body, content = HeadReader(), None, bytearray()
    try:
        for cut in cuts:
            view = memoryview(cut)
            while True:
                if body is None:
                    view = view[reader.feed(view) :]
                    if reader.head is None:
                        if view:
                            continue
                        break
                    body, content = BodyReader(reader.head), bytearray()
                view = view[body.feed(view, content) :]
                if not body.is_done:
                    break
                assert reader.head is not None
                found.append((reader.head, bytes(content)))
                reader, body = HeadReader(), None
                if not view:
                    break
    except NotHttp as error:
        found.append(str(error))
    return found


class Requests(unittest.TestCase):
    def one(self, text: bytes) -> tuple[Head, bytes]:
        (found,) = read([text])
        assert not isinstance(found, str), found
        return found

    def test_a_request_is_read(self) -> None:
        head, body = self.one(GET)
        self.assertEqual((head.method, head.target, head.host, head.length), ("GET", "/a?b=c", "h", 0))
        self.assertEqual(head.headers, [("X-One", b"1"), ("x-two", b"\xc3\xa9")])
        self.assertEqual((head.closes, head.is_old, head.expects, head.says_length, body), (False,) * 4 + (b"",))

    def test_a_body_has_a_length_or_comes_in_chunks(self) -> None:
        head, body = self.one(POST)
        self.assertEqual((head.length, head.expects, head.headers, body), (5, True, [], b"hello"))
        head, body = self.one(CHUNKED)
        self.assertEqual((head.length, head.closes, head.headers, body), (None, True, [], b"abc0123456789"))

    def test_http_1_0_needs_no_host_and_closes(self) -> None:
        head, _ = self.one(OLD)
        self.assertEqual((head.host, head.is_old, head.closes), (None, True, True))


class Cuts(unittest.TestCase):
    """What was read does not depend on how it arrives."""

    TEXTS = (
        GET + POST + CHUNKED + OLD,
        GET + b"*1\r\n$4\r\nPING\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\nx",
        CHUNKED.replace(b"00A", b"0x1"),
        CHUNKED.replace(b"abc\r\n", b"abcd\r\n"),
        b"GET / HTTP/1.1\r\nHost: h\r\nBad Name: 1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: h\n\n",
        b"SSH-2.0-client\r\n",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"AMQP\x00\x00\x09\x01",
    )

    def test_every_cut_in_two_and_every_byte_alone(self) -> None:
        for text in self.TEXTS:
            whole = read([text])
            self.assertTrue(whole, text)
            for at in range(len(text)):
                self.assertEqual(read([text[:at], text[at:]]), whole, (text, at))
            self.assertEqual(read([text[at : at + 1] for at in range(len(text))]), whole, text)

    def test_any_cuts_of_any_requests(self) -> None:
        for seed in range(300):
            chance = random.Random(seed)
            text = bytearray(b"".join(chance.choices((GET, POST, CHUNKED), k=3)))
            for _ in range(chance.randrange(3)):
                text[chance.randrange(len(text))] = chance.randrange(256)
            places = sorted(chance.choices(range(len(text) + 1), k=chance.randrange(9)))
            cuts = [bytes(text[a:b]) for a, b in zip([0, *places], [*places, len(text)], strict=True)]
            self.assertEqual(read(cuts), read([bytes(text)]), seed)


class Refused(unittest.TestCase):
    def refused(self, text: bytes, words: str) -> None:
        *_, last = read([text]) or ["nothing was found"]
        self.assertIsInstance(last, str, text[:200])
        self.assertIn(words, str(last), text[:200])
        self.assertNotIn("zq7", str(last), "what was written is not told")

    def headed(self, *lines: bytes, target: bytes = b"/", version: bytes = b"HTTP/1.1") -> bytes:
        return b"\r\n".join([b"GET " + target + b" " + version, *lines, b"", b""])

    def test_what_is_no_request(self) -> None:
        for text in (
            b"EHLO zq7\r\n",
            b"GET /zq7\r\n",
            b"GET  / HTTP/1.1\r\n",
            b"GET / HTTP/1.1 \r\n",
            b"GET / HTTP/1.2\r\n",
            b"GET / HTTP/11\r\n",
            b"get\t/ HTTP/1.1\r\n",
            b"GET /\xc3\xa9 HTTP/1.1\r\n",
            b"GET /a#zq7 HTTP/1.1\r\n",
            b"GET zq7 HTTP/1.1\r\n",
            b"OPTIONS * HTTP/1.1\r\n",
            b"\r\nGET / HTTP/1.1\r\n",
            b"\x16\x03\x01",
        ):
            self.refused(text, "no HTTP/1.1 request")

    def test_other_protocols_and_proxies(self) -> None:
        self.refused(b"PRI * HTTP/2.0\r\n", "HTTP/2 is spoken by um-host")
        self.refused(self.headed(b"Host: h", target=b"http://zq7/"), "--proxy")
        self.refused(b"CONNECT zq7:443 HTTP/1.1\r\n", "--proxy")
        self.refused(self.headed(b"Host: h", b"Upgrade: websocket", b"Connection: Upgrade"), "no WebSocket")

    def test_what_two_readers_could_take_for_two_things(self) -> None:
        self.refused(self.headed(b"Host: zq7", b"Host: zq7"), "names its host, once")
        self.refused(self.headed(), "names its host, once")
        for lines in (
            [b"Content-Length: 1", b"Content-Length: 1"],
            [b"Content-Length: 1, 1"],
            [b"Content-Length: +1"],
            [b"Content-Length: 0x1"],
            [b"Content-Length: 1_0"],
            [b"Content-Length:"],
            [b"Content-Length: " + b"9" * 19],
            [b"Content-Length: 1", b"Transfer-Encoding: chunked"],
            [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
            [b"Transfer-Encoding: gzip, chunked"],
            [b"Transfer-Encoding: identity"],
            [b"Transfer-Encoding: xchunked"],
        ):
            self.refused(self.headed(b"Host: h", *lines), "one length")
        self.refused(self.headed(b"Transfer-Encoding: chunked", version=b"HTTP/1.0"), "one length")

    def test_lines_that_are_none(self) -> None:
        for line in (
            b"X : zq7",
            b" X: zq7",
            b"X",
            b": zq7",
            b"X: a\nY: zq7",
            b"X: a\rY: zq7",
            b"X: \x00",
            b"X: a\r\n folded",
            b"X: \x7f",
        ):
            self.refused(self.headed(b"Host: h", line), "a line of the request's head")

    def test_chunks_that_are_none(self) -> None:
        start = self.headed(b"Host: h", b"Transfer-Encoding: chunked")
        for body in (b"\r\n", b"-1\r\n", b"0x1\r\n", b"1\nz", b"g\r\n", b"1" * 16 + b"\r\n", b"1\r\nzz\r\n", b" 1\r\n"):
            self.refused(start + body, "a chunk")
        self.refused(start + b"1;" + b"x" * 5000, "a chunk")

    def test_a_head_without_end(self) -> None:
        self.refused(b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD, "at most 128 KiB")


class Answers(unittest.TestCase):
    def written(
        self, request: bytes, status: int, *headers: tuple[str, bytes], body: bytes = b"abc"
    ) -> tuple[str, bool]:
        (found,) = read([request])
        assert not isinstance(found, str)
        writer = AnswerWriter(found[0], status, headers)
        text = writer.head
        for piece in (body, b""):
            if not writer.is_done:
                text += writer.framed(piece)
        self.assertTrue(writer.is_done)
        return text.decode().replace("\r\n", "|"), writer.closes

    def test_a_length_that_is_known_is_kept(self) -> None:
        answer = self.written(GET, 200, ("content-length", b"3"), ("Connection", b"x"), ("x", b"y"))
        self.assertEqual(answer, ("HTTP/1.1 200 OK|content-length: 3|x: y|connection: keep-alive||abc", False))

    def test_one_that_is_not_known_comes_in_chunks(self) -> None:
        answer = self.written(GET, 299)
        head = "HTTP/1.1 299 |transfer-encoding: chunked|connection: keep-alive||"
        self.assertEqual(answer, (head + "3|abc|0||", False))

    def test_http_1_0_gets_none(self) -> None:
        old = OLD.replace(b"HEAD", b"GET")
        self.assertEqual(self.written(old, 200), ("HTTP/1.1 200 OK|connection: close||abc", True))

    def test_some_answers_have_no_body(self) -> None:
        head = GET.replace(b"GET", b"HEAD")
        for request, status in ((head, 200), (GET, 204), (GET, 304)):
            text, closes = self.written(request, status, ("Content-Length", b"3"))
            self.assertTrue(text.endswith("Content-Length: 3|connection: keep-alive||"), text)
            self.assertFalse(closes)

    def test_the_end_that_was_asked_for_is_said(self) -> None:
        text, closes = self.written(CHUNKED, 200, ("content-length", b"3"))
        self.assertTrue(text.endswith("connection: close||abc") and closes, text)

    def test_no_byte_follows_the_length(self) -> None:
        text, closes = self.written(GET, 200, ("content-length", b"2"))
        self.assertTrue(text.endswith("||ab") and not closes, text)
        text, closes = self.written(GET, 200, ("content-length", b"9"))
        self.assertTrue(text.endswith("||abc") and closes, text)


if __name__ == "__main__":
    unittest.main()
