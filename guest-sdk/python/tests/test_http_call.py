"""How calls are put together, seen by what would be sent."""

import datetime
import io
import unittest
from collections.abc import AsyncIterator
from decimal import Decimal
from email import message_from_bytes
from typing import Any
from uuid import UUID

from um_action.http.errors import InvalidRequest
from um_action.http.retry import Retry
from um_action.testing.http import FakeHttp, Sent

SECRET = "hunter22"


async def _numbers() -> AsyncIterator[bytes]:
    yield b"1"


class Calls(unittest.TestCase):
    def setUp(self) -> None:
        self.http = FakeHttp()
        for method in ("GET", "POST", "PURGE"):
            self.http.answers(method, "https://h/p")

    def sent(self, method: str = "POST", url: str = "https://h/p", **options: Any) -> Sent:
        self.http.request(method, url, **options)
        return self.http.requests[-1]

    def refusal(self, **options: Any) -> str:
        with self.assertRaises(InvalidRequest) as caught:
            self.http.post("https://h/p?key=hunter22", **options)
        self.assertNotIn(SECRET, str(caught.exception))
        self.assertEqual(self.http.requests, [])
        return str(caught.exception)

    def test_params_are_encoded_and_appended(self) -> None:
        params = {"q": "a&b=c d+é", "none": None, "n": 3, "x": 0.5, "yes": True, "ids": ["1", 2, None]}
        expected = "https://h/p?old=1&q=a%26b%3Dc%20d%2B%C3%A9&n=3&x=0.5&yes=true&ids=1&ids=2"
        self.assertEqual(self.sent("GET", "https://h/p?old=1", params=params).url, expected)
        self.assertEqual(self.sent(params=[("a", 1), ("a", 2)]).url, "https://h/p?a=1&a=2")
        self.assertEqual(self.sent(params={}).url, "https://h/p")

    def test_json_is_sent_as_it_is_and_none_sends_nothing(self) -> None:
        sent = self.sent(json={"name": "Zoë", "n": [1, None]})
        self.assertEqual(sent.content, '{"name":"Zoë","n":[1,null]}'.encode())
        self.assertEqual(sent.headers["Content-Type"], "application/json")
        for nothing in (self.sent(json=None), self.sent()):
            self.assertEqual(nothing.content, b"")
            self.assertNotIn("content-type", nothing.headers)
        self.assertEqual(self.sent(json=[]).content, b"[]")
        self.assertEqual(self.sent(json=0).content, b"0")

    def test_data_is_text_bytes_or_a_form(self) -> None:
        self.assertEqual(self.sent(data="é").content, b"\xc3\xa9")
        self.assertEqual(self.sent(data=b"\xff").content, b"\xff")
        self.assertEqual(self.sent(data=bytearray(b"ab")).content, b"ab")
        self.assertNotIn("content-type", self.sent(data="text").headers)
        form = self.sent(data={"grant type": "a+b", "x": "", "none": None, "n": [1, True]})
        self.assertEqual(form.content, b"grant+type=a%2Bb&x=&n=1&n=true")
        self.assertEqual(form.headers["content-type"], "application/x-www-form-urlencoded")
        self.assertEqual(self.sent(data=(pair for pair in [("a", "1"), ("a", "2")])).content, b"a=1&a=2")

    def test_what_the_caller_says_wins_in_whatever_case(self) -> None:
        sent = self.sent(json=1, headers={"Content-Type": "application/vnd.api+json", "USER-AGENT": "mine"})
        self.assertEqual(sent.headers.all("content-type"), ["application/vnd.api+json"])
        self.assertEqual(sent.headers.all("user-agent"), ["mine"])
        self.assertTrue(self.sent().headers["user-agent"].startswith("um-action/"))

    def test_headers_are_a_mapping_or_pairs(self) -> None:
        sent = self.sent(headers=[("X-A", "1"), ("x-a", 2), ("x-none", None), ("x-yes", True)])
        self.assertEqual(sent.headers.all("x-a"), ["1", "2"])
        self.assertNotIn("x-none", sent.headers)
        self.assertEqual(sent.headers["x-yes"], "true")

    def test_auth_is_user_and_password(self) -> None:
        sent = self.sent(auth=("Aladdin", "open sesame"))
        self.assertEqual(sent.headers["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")

    def test_user_and_password_may_stand_in_the_address_and_in_nothing_that_is_shown(self) -> None:
        for address, credential in (
            ("https://Aladdin:open%20sesame@h/p", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("https://hunter22@h/p", "Basic aHVudGVyMjI6"),
            ("https://:hunter22@h/p", "Basic Omh1bnRlcjIy"),
        ):
            sent = self.sent("GET", address, headers={"Authorization": "none"})
            self.assertEqual((sent.url, sent.headers.all("authorization")), ("https://h/p", [credential]))
        sent = self.sent("GET", "https://x:y@h/p", auth=("Aladdin", "open sesame"))
        self.assertEqual(sent.headers["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        self.http.answers("GET", "https://h/r", status=302, headers={"location": "/p"})
        response = self.http.get("https://u:hunter22@h/r")
        told = f"{response!r} {response.url} {response.history!r} {response.history[0].url} {self.http.requests!r}"
        self.assertNotIn(SECRET, told)
        self.assertIn("authorization", self.http.requests[-1].headers)
        for address in ("https://u:hunter22@h:99999/", "https://u:hunter22@", "https://u:hunter22@b d/"):
            with self.assertRaises(InvalidRequest) as caught:
                self.http.get(address)
            self.assertNotIn(SECRET, str(caught.exception))

    def test_params_of_text_are_appended_as_they_are(self) -> None:
        self.assertEqual(self.sent("GET", params="?a=1&b=%20c d").url, "https://h/p?a=1&b=%20c%20d")

    def test_dates_and_decimals_are_json(self) -> None:
        moment = datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC)
        value = {
            "at": moment,
            "on": moment.date(),
            "price": Decimal("12.340"),
            "id": UUID(int=1),
            "n": [Decimal("1E+3")],
        }
        self.assertEqual(
            self.sent(json=value).text,
            '{"at":"2026-01-02T03:04:00+00:00","on":"2026-01-02","price":12.340,'
            '"id":"00000000-0000-0000-0000-000000000001","n":[1E+3]}',
        )
        digits = "0.12345678901234567890123456789"
        self.assertEqual(self.sent(json=Decimal(digits)).text, digits)

    def test_a_file_or_a_generator_is_sent_piece_by_piece(self) -> None:
        file = io.BytesIO(b"0123456789")
        file.seek(4)
        self.assertEqual(self.sent(data=file).content, b"456789")
        self.assertEqual(self.sent(data=io.StringIO("aé")).content, b"a\xc3\xa9")
        self.assertEqual(self.sent(data=(piece for piece in ("a", b"b", bytearray(b"c")))).content, b"abc")
        self.assertNotIn("content-type", self.sent(data=iter([b"x"])).headers)
        self.assertEqual(self.sent(data=iter(())).content, b"")
        with self.assertRaisesRegex(InvalidRequest, "pieces of bytes or text, not of int"):
            self.http.post("https://h/p", data=iter(["x", 5]))  # type: ignore[arg-type]

    def test_files_are_a_form_of_parts(self) -> None:
        def read(sent: Sent) -> list[Any]:
            head = f"content-type: {sent.headers['content-type']}\r\n\r\n".encode()
            return [
                (
                    part.get_param("name", header="content-disposition"),
                    part.get_filename(),
                    part.get_content_type(),
                    part.get_payload(decode=True),
                )
                for part in message_from_bytes(head + sent.content).walk()
                if not part.is_multipart()
            ]

        named = io.BytesIO(b"a,b")
        named.name = "/tmp/rows.csv"
        files = {
            "file": named,
            "raw": b"\x00\r\n",
            "text": ("t.txt", "é", "text/html"),
            "field": (None, "v"),
            "none": None,
        }
        self.assertEqual(
            read(self.sent(data={"channels": "C1", "n": [1, 2]}, files=files)),
            [
                ("channels", None, "text/plain", b"C1"),
                ("n", None, "text/plain", b"1"),
                ("n", None, "text/plain", b"2"),
                ("file", "rows.csv", "text/csv", b"a,b"),
                ("raw", "raw", "application/octet-stream", b"\x00\r\n"),
                ("text", "t.txt", "text/html", "é".encode()),
                ("field", None, "text/plain", b"v"),
            ],
        )
        sent = self.sent(files=[("a", ('x"\r\ny', b"1", None, {"X-A": "b"}))])
        self.assertIn(b'name="a"; filename="x%22%0D%0Ay"\r\nx-a: b\r\n', sent.content)

    def test_methods_are_written_in_any_case(self) -> None:
        self.assertEqual(self.sent("purge").method, "PURGE")
        for method in ("A B", "", "A\x1b"):
            with self.assertRaisesRegex(InvalidRequest, "^[^\x1b]*: the method has characters"):
                self.sent(method)

    def test_a_mistake_is_told_without_its_value(self) -> None:
        today = datetime.date(2026, 1, 2)
        for options, words in (
            ({"json": {"at": {SECRET}}}, "cannot be written as JSON: Object of type set is not JSON serializable"),
            ({"json": Decimal("NaN")}, "JSON has no number"),
            ({"json": "\ud800"}, "half of a character"),
            ({"json": 1, "data": "x"}, "either `json` or `data`"),
            ({"data": 5}, "`data` takes a mapping"),
            ({"data": ["hunter22"]}, "`data` takes a mapping"),
            ({"data": {"a": {SECRET: 1}}}, "not dict (`a`)"),
            ({"data": _numbers()}, "no asynchronous generator"),
            ({"json": 1, "files": {}}, "either `json` or `files`"),
            ({"data": b"hunter22", "files": {}}, "`data` beside `files` takes a mapping"),
            ({"files": {"a": 5}}, "`files` takes a file, bytes or text"),
            ({"files": {"a": ("x.txt",)}}, "`files` takes a file"),
            ({"files": "hunter22"}, "`files` takes a mapping"),
            ({"files": {"a": ("x", b"", "text/plain\nhunter22: 1")}}, "a newline in it"),
            ({"params": 5}, "`params` takes a mapping"),
            ({"retries": -1}, "`retries` takes a number from 0 to 100"),
            ({"retries": "hunter22"}, "`retries` takes"),
            ({"retries": Retry(1, allowed_methods=None), "data": iter(["x"])}, "a body that can be sent again"),
            ({"params": {"at": today}}, "not date (`at`)"),
            ({"params": {1: "x"}}, "a name that is not text but int"),
            ({"headers": {"x": b"hunter22"}}, "the header `x` is not text but bytes"),
            ({"headers": {"x": "hunter22\n"}}, "ends with a newline"),
            ({"headers": {"x": "hunter22\na"}}, "the header `x` has characters"),
            ({"headers": {"x y": "1"}}, "the header `x y` has characters"),
            ({"headers": {"x\x1b": "1"}}, "the header `x\\u001b` has characters"),
            ({"headers": {"": "1"}}, "has characters"),
            ({"auth": "hunter22"}, "`auth` takes a pair"),
            ({"timeout": 0}, "`timeout` takes a number of seconds above 0"),
            ({"timeout": (3, 10)}, "`timeout` takes"),
            ({"timeout": float("nan")}, "`timeout` takes"),
            ({"timeout": True}, "`timeout` takes"),
        ):
            with self.subTest(words):
                message = self.refusal(**options)
                self.assertTrue(message.startswith("POST https://h/p: "), message)
                self.assertIn(words, message)

    def test_the_newline_behind_a_secret_is_told_with_what_to_do(self) -> None:
        message = self.refusal(headers={"authorization": "Bearer hunter22\r\n"})
        self.assertIn("um-host secrets set", message)
        self.assertIn("`authorization`", message)

    def test_an_address_that_is_none_is_told_without_it(self) -> None:
        with self.assertRaises(InvalidRequest) as caught:
            self.http.get("example.com?key=hunter22")
        self.assertEqual(str(caught.exception), "GET: the address must begin with https:// or http://")
        with self.assertRaisesRegex(TypeError, "must be text, not NoneType"):
            self.http.get(None)  # type: ignore[arg-type]

    def test_options_of_other_clients_get_a_hint(self) -> None:
        for name, hint in {"allow_redirects": "follow_redirects", "verify": "certificate", "xyz": "timeout"}.items():
            with self.assertRaisesRegex(TypeError, f"no option `{name}`: .*{hint}"):
                options: dict[str, Any] = {name: True}
                self.sent("GET", **options)
        with self.assertRaisesRegex(AttributeError, "no sessions"):
            self.http.Session()  # type: ignore[attr-defined]
