"""What can be read of an answer."""

import gzip
import unittest
import zlib
from collections.abc import Sequence
from typing import Any

from um_action.http.decoding import AT_MOST, PACKED_AT_MOST, Fault
from um_action.http.errors import ConnectionFailed, HttpError, UnexpectedBody
from um_action.http.response import Response, immediate
from um_action.http.transport import Answer
from um_action.http.url import Url

URL = Url.parse("https://h/p?key=hunter22")


class Pieces:
    """A body that arrives in pieces, and may break off after them."""

    def __init__(self, *pieces: bytes, breaks: bool = False) -> None:
        self.left = list(pieces)
        self.breaks = breaks
        self.closed = False

    async def read(self, blocking: bool) -> bytes:
        if self.left and not self.closed:
            return self.left.pop(0)
        if self.breaks:
            raise ConnectionFailed("GET", URL)
        return b""

    def close(self) -> None:
        self.closed = True


def response(
    content: bytes = b"", status: int = 200, headers: Sequence[tuple[str, bytes]] = (), media_type: str = ""
) -> Response:
    headers = [*headers, ("Content-Type", media_type.encode())] if media_type else headers
    return Response("GET", URL, Answer(status, headers, Pieces(content)), unpacked)


def unpacked(content: bytes, coding: str, at_most: int) -> bytes:
    if not content.startswith(coding.encode()):
        raise Fault(f"the compressed answer is not {coding}, or damaged")
    return content.removeprefix(coding.encode())


class Responses(unittest.TestCase):
    def test_headers_are_found_in_any_case_and_joined(self) -> None:
        headers = response(headers=[("X-A", b"1"), ("x-a", b"2"), ("Y", "é".encode()), ("z", b"\xe9")]).headers
        self.assertEqual((headers["x-A"], headers.all("X-A")), ("1, 2", ["1", "2"]))
        self.assertEqual((headers["y"], headers["Z"], headers.get("none")), ("é", "é", None))
        self.assertEqual(dict(headers), {"x-a": "1, 2", "y": "é", "z": "é"})
        self.assertEqual((headers.all("none"), "X-a" in headers), ([], True))
        self.assertNotIn("1", repr(headers))

    def test_text_is_decoded_as_the_answer_says(self) -> None:
        self.assertEqual(response("é€".encode()).text, "é€")
        self.assertEqual(response(b"\xef\xbb\xbfa").text, "a", "a mark of byte order is no text")
        self.assertEqual(response(b"\xe9", media_type="text/plain; charset=ISO-8859-1").text, "é")
        self.assertEqual(response("é".encode("utf-16"), media_type='text/plain; Charset="utf-16"').text, "é")
        for content, media_type, words in (
            (b"ab\xff", "text/plain", r"not UTF-8 text \(from byte 2 on\)"),
            (b"ab\xff", "text/plain; charset=utf-8", r"not UTF-8 text \(from byte 2 on\)"),
            (b"\xff", "text/plain; charset=us-ascii", r"not ascii text \(from byte 0 on\)"),
            (b"a", "text/plain; charset=klingon", "charset of the answer is not known"),
            (b"a", "text/plain; charset=rot13", "charset of the answer is not known"),
        ):
            with self.assertRaisesRegex(UnexpectedBody, words):
                response(content, media_type=media_type).text  # noqa: B018

    def test_json_is_read_and_what_is_none_is_told_without_it(self) -> None:
        self.assertEqual(response(b'{"a": [1, null]}').json(), {"a": [1, None]})
        self.assertEqual(response('{"a": "é"}'.encode("utf-16")).json(), {"a": "é"})
        for content, words in (
            (b"", "it is empty (status 200)"),
            (b"hunter22", "expecting value at line 1 column 1 (status 200)"),
            (b'{"hunter22": "\\x"}', "invalid \\escape at line 1"),
            (b'{\n"a": hunter22}', "expecting value at line 2 column 6"),
            (b'"hunter22\xff"', "no text from byte 9 on"),
        ):
            with self.subTest(words), self.assertRaises(UnexpectedBody) as caught:
                response(content).json()
            self.assertIn(f"GET https://h/p: the answer is not JSON: {words}", str(caught.exception))
            self.assertNotIn("hunter22", str(caught.exception))
            self.assertIsInstance(caught.exception, ValueError)

    def test_nesting_without_end_is_an_error_of_ours(self) -> None:
        with self.assertRaisesRegex(UnexpectedBody, "nested too deeply"):
            response(b"[" * 1_000_000).json()

    def test_raise_for_status_answers_with_the_response(self) -> None:
        good = response(status=204)
        self.assertIs(good.raise_for_status(), good)
        self.assertTrue(good.ok)
        self.assertFalse(response(status=304).ok)

    def test_nothing_of_query_header_or_body_is_shown(self) -> None:
        shown = response(b"hunter22", headers=[("x", b"hunter22")])
        self.assertEqual(repr(shown), "<Response 200 GET https://h/p>")
        self.assertEqual(shown.url, "https://h/p?key=hunter22")

    def test_names_of_other_clients_get_a_hint(self) -> None:
        for name, hint in {"status_code": "has `status`", "iter_content": "iter_bytes", "xyz": "has no `xyz`"}.items():
            with self.assertRaisesRegex(AttributeError, hint):
                getattr(response(), name)
        self.assertFalse(hasattr(response(), "status_code"))


class Streams(unittest.TestCase):
    def streamed(self, *pieces: bytes, **kinds: Any) -> tuple[Response, Pieces]:
        body = Pieces(*pieces, **kinds)
        return Response("GET", URL, Answer(200, (), body), unpacked), body

    def test_pieces_are_read_as_they_come(self) -> None:
        streamed, body = self.streamed(b"ab", b"c")
        pieces = streamed.iter_bytes()
        self.assertEqual((next(pieces), body.left), (b"ab", [b"c"]))
        self.assertEqual((streamed.content, list(pieces)), (b"c", []), "content is what is left")

    def test_a_body_that_was_read_comes_in_one_piece(self) -> None:
        streamed, _ = self.streamed(b"ab", b"c")
        self.assertEqual(immediate(streamed.read_all()).content, b"abc")
        self.assertEqual((list(streamed.iter_bytes()), list(streamed.iter_bytes())), ([b"abc"], [b"abc"]))

    def test_a_body_that_breaks_off_is_an_error_and_no_short_body(self) -> None:
        streamed, _ = self.streamed(b"ab", breaks=True)
        with self.assertRaises(ConnectionFailed):
            streamed.content  # noqa: B018
        with self.assertRaises(ConnectionFailed):
            streamed.text  # noqa: B018

    def test_with_lets_go_of_what_is_left(self) -> None:
        streamed, body = self.streamed(b"ab", b"c")
        with streamed:
            next(streamed.iter_bytes())
        self.assertTrue(body.closed)
        with self.assertRaisesRegex(HttpError, "was closed before its body was read"):
            streamed.content  # noqa: B018

    def test_lines_are_cut_wherever_the_pieces_end(self) -> None:
        body = b"a\r\n\nb\rc\xe2\x80\xa8d\n\r\n"
        for cut in range(1, len(body) + 1):
            pieces = [body[start : start + cut] for start in range(0, len(body), cut)]
            lines = list(self.streamed(*pieces)[0].iter_lines())
            self.assertEqual(lines, [b"a", b"", b"b", "c\u2028d".encode(), b""], cut)
            texts = list(self.streamed(*pieces)[0].iter_lines(decode_unicode=True))
            self.assertEqual(texts, ["a", "", "b", "c\u2028d", ""], cut)
        self.assertEqual(list(self.streamed(b"a;b;", b"c")[0].iter_lines(delimiter=b";")), [b"a", b"b", b"c"])
        for cut in (1, 2, 3, 99):
            pieces = [b"a--b-c---d"[start : start + cut] for start in range(0, 10, cut)]
            lines = list(self.streamed(*pieces)[0].iter_lines(delimiter="--"))
            self.assertEqual(lines, [b"a", b"b-c", b"-d"], cut)
        self.assertEqual(list(self.streamed()[0].iter_lines()), [])
        self.assertEqual(list(self.streamed(b"a", b"\r")[0].iter_lines()), [b"a"])

    def test_a_line_is_there_as_soon_as_it_ends(self) -> None:
        streamed, body = self.streamed(b"data: 1\n\nda", b"ta: 2\n\n")
        lines = streamed.iter_lines()
        self.assertEqual(([next(lines), next(lines)], len(body.left)), ([b"data: 1", b""], 1))


class Compressed(unittest.TestCase):
    TEXT = b"".join(b"%d %d\n" % (number, number * 2654435761) for number in range(20_000))

    def answer(self, content: bytes, *codings: str, cut: int = 1000) -> Response:
        pieces = [content[start : start + cut] for start in range(0, len(content), cut)]
        headers = [("Content-Encoding", coding.encode()) for coding in codings]
        return Response("GET", URL, Answer(200, headers, Pieces(*pieces)), unpacked)

    def raw(self, content: bytes) -> bytes:
        machine = zlib.compressobj(wbits=-15)
        return machine.compress(content) + machine.flush()

    def test_what_was_compressed_comes_out_however_it_is_cut(self) -> None:
        for coding, content in (
            ("gzip", gzip.compress(self.TEXT)),
            ("X-GZip", gzip.compress(self.TEXT[:10]) + gzip.compress(self.TEXT[10:])),
            ("deflate", zlib.compress(self.TEXT)),
            ("deflate", self.raw(self.TEXT)),
            ("br", b"br" + self.TEXT),
            ("zstd", b"zstd" + self.TEXT),
            ("identity", self.TEXT),
        ):
            for cut in (7, 1000, len(content)):
                self.assertEqual(self.answer(content, coding, cut=cut).content, self.TEXT, coding)
                self.assertEqual(b"".join(self.answer(content, coding, cut=cut).iter_bytes()), self.TEXT, coding)
        self.assertEqual(self.answer(gzip.compress(zlib.compress(b"both")), "deflate, gzip").content, b"both")
        self.assertEqual(self.answer(gzip.compress(zlib.compress(b"both")), "deflate", "gzip").content, b"both")

    def test_nothing_at_all_is_an_empty_body(self) -> None:
        for coding in ("gzip", "deflate", "br", "zstd"):
            self.assertEqual(self.answer(b"", coding).content, b"")

    def test_what_the_service_flushed_comes_out_at_once(self) -> None:
        machine = zlib.compressobj(wbits=31)
        first = machine.compress(b"an event\n") + machine.flush(zlib.Z_SYNC_FLUSH)
        body = Pieces(first, machine.compress(b"more") + machine.flush())
        lines = Response("GET", URL, Answer(200, [("content-encoding", b"gzip")], body), unpacked).iter_lines()
        self.assertEqual((next(lines), len(body.left)), (b"an event", 1))

    def test_what_is_damaged_or_breaks_off_is_an_error(self) -> None:
        for coding, content, words in (
            ("gzip", gzip.compress(self.TEXT)[:-1], "breaks off"),
            ("gzip", b"hunter22 hunter22 hunter22", "the answer is not gzip, as its content-encoding says"),
            ("deflate", zlib.compress(self.TEXT)[:-1], "breaks off"),
            ("br", b"hunter22", "is not br, or damaged"),
        ):
            with self.assertRaisesRegex(UnexpectedBody, f"^GET https://h/p: .*{words}") as caught:
                self.answer(content, coding).content  # noqa: B018
            self.assertNotIn("hunter22", str(caught.exception))
        self.assertEqual(self.answer(gzip.compress(b"whole") + bytes(8), "gzip").content, b"whole")

    def test_a_bomb_is_an_error_before_it_goes_off_unless_it_is_read_in_pieces(self) -> None:
        machine = zlib.compressobj(wbits=31)
        bomb = b"".join(machine.compress(bytes(1 << 20)) for _ in range(AT_MOST >> 20))
        over = bomb + machine.compress(b"1") + machine.flush()
        with self.assertRaisesRegex(UnexpectedBody, "grows to more than 64 MiB; read it with `stream=True`"):
            self.answer(over, "gzip", cut=1 << 20).content  # noqa: B018
        self.assertEqual(sum(map(len, self.answer(over, "gzip", cut=1 << 20).iter_bytes())), AT_MOST + 1)
        self.assertLessEqual(max(map(len, self.answer(over, "gzip", cut=1 << 20).iter_bytes())), 256 * 1024)
        exact = zlib.compress(bytes(AT_MOST))
        self.assertEqual(len(self.answer(exact, "deflate", cut=1 << 20).content), AT_MOST)

    def test_what_um_host_decompresses_is_bounded_before_it_is_handed_over(self) -> None:
        most = PACKED_AT_MOST - 2
        self.assertEqual(len(self.answer(b"br" + bytes(most), "br", cut=1 << 20).content), most)
        with self.assertRaisesRegex(UnexpectedBody, "longer than 8 MiB, .*'accept-encoding': 'gzip'"):
            self.answer(b"br" + bytes(most + 1), "br", cut=1 << 20).content  # noqa: B018

    def test_a_way_that_is_not_known_is_told_and_its_bytes_are_there(self) -> None:
        for codings in (("compress",), ("gzip, klingon",), ("gzip",) * 6):
            answer = self.answer(b"bytes", *codings)
            self.assertEqual(answer.content, b"bytes")
            for read in (answer.json, lambda answer=answer: answer.text):
                with self.assertRaisesRegex(UnexpectedBody, "which is not known here; see `content`"):
                    read()


class Links(unittest.TestCase):
    def test_they_are_found_by_what_they_lead_to(self) -> None:
        link = b'<https://api/x?page=2>; rel="next", </x?page=9,1>; rel=last; title="a, b", <#c>'
        links = response(headers=[("Link", link)]).links
        self.assertEqual(links["next"], {"url": "https://api/x?page=2", "rel": "next"})
        self.assertEqual(links["last"], {"url": "https://h/x?page=9,1", "rel": "last", "title": "a, b"})
        self.assertEqual(len(links), 3)
        self.assertEqual(response().links, {})
        self.assertEqual(response(headers=[("Link", b"none; " + b"<" * 10_000)]).links, {})
