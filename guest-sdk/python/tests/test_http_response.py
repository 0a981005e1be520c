"""What can be read of an answer."""

import unittest
from collections.abc import Sequence
from typing import Any

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
    return Response("GET", URL, Answer(status, headers, Pieces(content)))


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
        return Response("GET", URL, Answer(200, (), body)), body

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
