"""How calls are put together, seen by what would be sent."""

import datetime
import io
import unittest
from typing import Any

from um_action.http.errors import InvalidRequest
from um_action.testing.http import FakeHttp, Sent

SECRET = "hunter22"


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

    def test_methods_are_written_in_any_case(self) -> None:
        self.assertEqual(self.sent("purge").method, "PURGE")
        for method in ("A B", "", "A\x1b"):
            with self.assertRaisesRegex(InvalidRequest, "^[^\x1b]*: the method has characters"):
                self.sent(method)

    def test_a_mistake_is_told_without_its_value(self) -> None:
        today = datetime.date(2026, 1, 2)
        for options, words in (
            ({"json": {"at": today}}, "cannot be written as JSON: Object of type date is not JSON serializable"),
            ({"json": "\ud800"}, "half of a character"),
            ({"json": 1, "data": "x"}, "either `json` or `data`"),
            ({"data": 5}, "`data` takes a mapping"),
            ({"data": ["hunter22"]}, "`data` takes a mapping"),
            ({"data": {"a": {SECRET: 1}}}, "not dict (`a`)"),
            ({"data": io.BytesIO(b"x")}, "pass what its `.read()` returns"),
            ({"params": "a=hunter22"}, "`params` takes a mapping"),
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
