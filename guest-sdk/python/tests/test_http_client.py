"""The client: redirects, errors, calls to be awaited."""

import asyncio
import importlib
import io
import time
import unittest
from email.utils import formatdate

from um_action.base import ActionError, LimitReached
from um_action.http import errors
from um_action.http.client import AT_ONCE
from um_action.http.errors import (
    ConnectionFailed,
    HostNotAllowed,
    HttpError,
    HttpLimitReached,
    HttpStatusError,
    HttpTimeout,
    PrivateAddress,
    SecretMisplaced,
    TlsFailed,
    UnknownHost,
)
from um_action.http.refusals import Refusal
from um_action.http.url import Url
from um_action.testing import fake
from um_action.testing.http import FakeHttp, UnexpectedCall


class Redirects(unittest.TestCase):
    def setUp(self) -> None:
        self.http = FakeHttp()

    def redirect(self, method: str, url: str, to: str, status: int = 302) -> None:
        self.http.answers(method, url, status=status, headers={"Location": to})

    def test_those_of_get_and_head_are_followed(self) -> None:
        for method in ("GET", "HEAD"):
            for status in (301, 302, 303, 307, 308):
                self.redirect(method, f"https://h/{status}", f"/end?{status}", status)
            self.http.answers(method, "https://h/end", text="there")
        for status in (301, 302, 303, 307, 308):
            response = self.http.get(f"https://h/{status}")
            self.assertEqual((response.status, response.text), (200, "there"))
            self.assertEqual(response.url, f"https://h/end?{status}")
            self.assertEqual(self.http.head(f"https://h/{status}").status, 200)

    def test_what_came_of_a_post_is_fetched(self) -> None:
        self.http.answers("GET", "https://h/end", text="done")
        for status in (301, 302, 303):
            self.redirect("POST", f"https://h/{status}", "/end", status)
            response = self.http.post(f"https://h/{status}", json=1, headers={"Content-Type": "x/y", "X-A": "b"})
            self.assertEqual((response.text, [each.status for each in response.history]), ("done", [status]))
            last = self.http.requests[-1]
            self.assertEqual((last.method, last.content, last.headers.get("x-a")), ("GET", b"", "b"))
            self.assertNotIn("content-type", last.headers)
        for status, method in ((302, "GET"), (303, "GET"), (301, "DELETE")):
            self.redirect("DELETE", f"https://h/{status}", "/end", status)
            self.http.answers("DELETE", "https://h/end")
            self.assertEqual(self.http.delete(f"https://h/{status}").method, method)

    def test_307_and_308_are_the_same_request_again_and_at_the_same_origin_alone(self) -> None:
        for status in (307, 308):
            self.redirect("POST", f"https://h/{status}", "/end", status)
            self.http.answers("POST", "https://h/end", text="done")
            self.assertEqual(self.http.post(f"https://h/{status}", json=1).text, "done")
            last = self.http.requests[-1]
            self.assertEqual(
                (last.method, last.content, last.headers["content-type"]), ("POST", b"1", "application/json")
            )
            self.assertEqual(self.http.post(f"https://h/{status}", data=iter([b"once"])).status, status)
            self.redirect("POST", f"https://h/far/{status}", "https://other/end", status)
            response = self.http.post(f"https://h/far/{status}", json=1)
            self.assertEqual(response.status, status)
            with self.assertRaisesRegex(HttpStatusError, "a redirect that was not followed"):
                response.raise_for_status()

    def test_a_put_is_not_made_again_without_its_body(self) -> None:
        self.redirect("PUT", "https://h/a", "/b", 301)
        self.assertEqual(self.http.put("https://h/a", data=b"x").status, 301)

    def test_the_way_that_was_taken_is_told(self) -> None:
        self.redirect("GET", "https://h/a", "/b")
        self.redirect("GET", "https://h/b", "/c", 301)
        self.http.answers("GET", "https://h/c")
        response = self.http.get("https://h/a")
        self.assertEqual(
            [(each.status, each.url) for each in response.history], [(302, "https://h/a"), (301, "https://h/b")]
        )
        self.assertGreaterEqual(response.elapsed.total_seconds(), 0)
        self.assertEqual(self.http.get("https://h/c").history, [])

    def test_they_are_answers_if_the_caller_says_so(self) -> None:
        self.redirect("GET", "https://h/a", "/b")
        self.assertEqual(self.http.get("https://h/a", follow_redirects=False).status, 302)

    def test_none_leads_from_https_to_http_or_to_no_address(self) -> None:
        for location in ("http://h/b", "ftp://h/b", "https://user@h/b"):
            http = FakeHttp()
            http.answers("GET", "https://h/a", status=301, headers={"location": location})
            self.assertEqual(http.get("https://h/a").status, 301)
        self.redirect("GET", "http://h/a", "https://h/b")
        self.http.answers("GET", "https://h/b")
        self.assertEqual(self.http.get("http://h/a").status, 200)

    def test_another_origin_gets_no_header_of_the_callers(self) -> None:
        self.redirect("GET", "https://h/a", "/b")
        self.redirect("GET", "https://h/b", "https://other/c")
        self.redirect("GET", "https://other/c", "https://h/d")
        self.http.answers("GET", "https://h/d")
        self.http.get("https://h/a", headers={"Authorization": "Bearer t", "User-Agent": "mine"}, auth=("u", "p"))
        first, second, third, fourth = (sent.headers for sent in self.http.requests)
        self.assertEqual(first, second)
        self.assertIn("authorization", first)
        for headers in (third, fourth):
            self.assertEqual(list(headers), ["user-agent", "accept-encoding"])
            self.assertTrue(headers["user-agent"].startswith("um-action/"))

    def test_a_followed_request_has_no_body(self) -> None:
        self.redirect("GET", "https://h/a", "/b")
        self.http.answers("GET", "https://h/b")
        self.http.get("https://h/a", json={"q": 1})
        self.assertEqual([sent.content for sent in self.http.requests], [b'{"q":1}', b""])
        self.assertNotIn("content-type", self.http.requests[1].headers)

    def test_ten_in_a_row_are_too_many(self) -> None:
        self.redirect("GET", "https://h/a", "/a")
        with self.assertRaisesRegex(HttpError, "^GET https://h/a: more than 10 redirects in a row$"):
            self.http.get("https://h/a?key=hunter22")
        self.assertEqual(len(self.http.requests), 10)


class Repetitions(unittest.TestCase):
    def setUp(self) -> None:
        self.http = FakeHttp()

    def test_a_call_that_may_pass_is_made_again_as_late_as_the_answer_says(self) -> None:
        later = formatdate(time.time() + 50, usegmt=True)
        for value in ("7", later, "soon"):
            self.http.answers("GET", "https://h/p", status=429, headers={"Retry-After": value})
        self.http.answers("GET", "https://h/p", error=ConnectionFailed)
        self.http.answers("GET", "https://h/p", text="there")
        self.assertEqual(self.http.get("https://h/p", retries=4).text, "there")
        seven, fifty, *others = self.http.pauses
        self.assertEqual((seven, others), (7, [2, 4]))
        self.assertTrue(45 < fifty <= 50, fifty)

    def test_when_all_are_used_up_the_last_answer_or_error_is_what_there_is(self) -> None:
        self.http.answers("GET", "https://h/p", status=503)
        self.assertEqual(self.http.get("https://h/p", retries=2).status, 503)
        self.assertEqual((len(self.http.requests), self.http.pauses), (3, [0.5, 1]))
        self.http.answers("GET", "https://h/q", error=HttpTimeout)
        with self.assertRaises(HttpTimeout):
            self.http.get("https://h/q", retries=1)
        self.assertEqual(len(self.http.requests), 5)

    def test_nothing_is_made_again_that_a_repetition_does_not_mend(self) -> None:
        for status in (200, 400, 401, 404, 500, 501):
            self.http.answers("GET", f"https://h/{status}", status=status)
            self.assertEqual(self.http.get(f"https://h/{status}", retries=3).status, status)
        self.http.answers("GET", "https://h/p", error=HostNotAllowed)
        with self.assertRaises(HostNotAllowed):
            self.http.get("https://h/p", retries=3)
        self.assertEqual(self.http.pauses, [])

    def test_what_does_more_when_done_twice_is_made_again_only_if_that_is_said(self) -> None:
        for method in ("POST", "PATCH"):
            self.http.answers(method, "https://h/p", status=503)
            self.assertEqual(self.http.request(method, "https://h/p", retries=3).status, 503)
        self.assertEqual(len(self.http.requests), 2)
        for allowed in (None, ["post"]):
            self.http.requests.clear()
            self.http.post("https://h/p", json=1, retries=self.http.Retry(1, allowed_methods=allowed))
            self.assertEqual([sent.content for sent in self.http.requests], [b"1", b"1"])
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
            self.http.requests.clear()
            self.http.answers(method, "https://h/p", status=503)
            self.http.request(method, "https://h/p", retries=1)
            self.assertEqual(len(self.http.requests), 2, method)

    def test_a_file_is_sent_again_from_where_it_stood(self) -> None:
        self.http.answers("PUT", "https://h/p", status=503)
        file = io.BytesIO(b"0123")
        file.seek(1)
        self.http.put("https://h/p", data=file, retries=1)
        self.assertEqual([sent.content for sent in self.http.requests], [b"123", b"123"])

    def test_what_is_awaited_is_made_again_too(self) -> None:
        self.http.answers("GET", "https://h/p", status=503)
        self.http.answers("GET", "https://h/p", text="there")
        self.assertEqual(asyncio.run(self.http.aio.get("https://h/p", retries=1)).text, "there")


class Errors(unittest.TestCase):
    def error(self, kind: type[HttpError], url: str = "https://api.example.com/v1?token=hunter22") -> HttpError:
        http = FakeHttp()
        http.answers("GET", url, error=kind)
        with self.assertRaises(kind) as caught:
            http.get(url)
        self.assertNotIn("hunter22", str(caught.exception))
        self.assertIsInstance(caught.exception, ActionError)
        return caught.exception

    def test_a_refused_host_comes_with_the_option_that_allows_it(self) -> None:
        self.assertEqual(
            str(self.error(HostNotAllowed)),
            "GET https://api.example.com/v1: this run may not call api.example.com; allow it with `um-host run "
            "--allow-host api.example.com`, or for every run with `um-host workspaces allow api.example.com`",
        )
        words = str(self.error(HostNotAllowed, "http://127.0.0.1:8080/"))
        self.assertTrue(words.endswith("`um-host workspaces allow http://127.0.0.1:8080`"), words)

    def test_advice_names_a_workspace_that_is_not_the_default(self) -> None:
        told = Refusal("misdirected", "secret-misdirected", entry="h", secret="A")
        for workspace, option in (("default", ""), ("mk", " --workspace mk")):
            with fake(workspace=workspace):
                words = str(self.error(HostNotAllowed, "https://h/"))
                self.assertTrue(words.endswith(f"`um-host workspaces allow h{option}`"), words)
                words = str(self.error(SecretMisplaced, "https://h/"))
                self.assertTrue(words.endswith(f"`um-host secrets info NAME{option}` says where it goes"), words)
                self.assertEqual(
                    told.worded("the fact"),
                    f"the fact; `um-host secrets info A{option}` says where it may go; `um-host secrets set A{option} "
                    "--revealed` with `--bind` for each of its hosts changes that",
                )

    def test_an_inside_address_comes_with_the_option_that_lifts_the_check(self) -> None:
        words = str(self.error(PrivateAddress, "http://[::1]:8080/"))
        self.assertTrue(words.endswith("`um-host run --allow-private ::1`"), words)

    def test_only_what_may_pass_is_temporary(self) -> None:
        passing: list[type[HttpError]] = [HttpTimeout, ConnectionFailed]
        for kind in passing:
            self.assertTrue(self.error(kind).is_temporary)
        for kind in (HostNotAllowed, PrivateAddress, UnknownHost, TlsFailed, HttpLimitReached, HttpError):
            self.assertFalse(self.error(kind).is_temporary)
        for status, temporary in {429: True, 503: True, 401: False, 302: False}.items():
            self.assertIs(self.status(status).is_temporary, temporary)

    def test_they_are_caught_by_the_names_that_python_has(self) -> None:
        self.assertIsInstance(self.error(HttpTimeout), TimeoutError)
        self.assertIsInstance(self.error(UnknownHost), ConnectionError)
        self.assertIsInstance(self.error(HttpLimitReached), LimitReached)
        self.assertEqual(str(HttpTimeout("GET", Url.parse("https://h/p"), "no")), "GET https://h/p: no")

    def test_tracebacks_name_the_module_to_import_them_from(self) -> None:
        kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HttpError)]
        self.assertGreater(len(kinds), 10)
        for kind in kinds:
            self.assertIs(getattr(importlib.import_module(kind.__module__), kind.__name__), kind)
            self.assertEqual(kind.__module__, "um_action")

    def status(self, status: int) -> HttpStatusError:
        http = FakeHttp()
        http.answers("GET", "https://h/p", status=status, text="hunter22")
        with self.assertRaises(HttpStatusError) as caught:
            http.get("https://h/p").raise_for_status()
        return caught.exception

    def test_a_status_says_what_to_check(self) -> None:
        error = self.status(401)
        self.assertIn("answered 401 unauthorized", str(error))
        self.assertIn("check the secret", str(error))
        self.assertEqual((error.status, error.response.text), (401, "hunter22"))
        self.assertIn("answered 304 not modified", str(self.status(304)))
        self.assertEqual(str(self.status(418)), "GET https://h/p: answered 418")


class Awaited(unittest.TestCase):
    def test_several_calls_go_on_at_once(self) -> None:
        http = FakeHttp()
        for number in range(3):
            http.answers("GET", f"https://h/{number}", json=number)
            http.answers("GET", f"https://h/from/{number}", status=302, headers={"location": f"/{number}"})

        async def numbers() -> list[int]:
            responses = await asyncio.gather(*(http.aio.get(f"https://h/from/{number}") for number in range(3)))
            return [response.json() for response in responses]

        self.assertEqual(asyncio.run(numbers()), [0, 1, 2])
        paths = [sent.url.removeprefix("https://h/") for sent in http.requests]
        self.assertEqual(paths, ["from/0", "from/1", "from/2", "0", "1", "2"])

    def test_more_calls_than_go_on_at_once_wait_for_their_turn(self) -> None:
        http = FakeHttp()
        http.answers("GET", "https://h/p")
        seen: list[int] = []

        async def calls() -> int:
            tasks = [asyncio.ensure_future(http.aio.get("https://h/p")) for _ in range(3 * AT_ONCE)]
            await asyncio.sleep(0)
            seen.append(len(http.requests))
            return len(await asyncio.gather(*tasks))

        for _ in range(2):
            http.requests.clear()
            self.assertEqual(asyncio.run(calls()), 3 * AT_ONCE)
        self.assertEqual(seen, [AT_ONCE, AT_ONCE])

    def test_every_verb_is_there_twice(self) -> None:
        http = FakeHttp()
        for verb in ("get", "head", "post", "put", "patch", "delete", "options"):
            http.answers(verb, "https://h/p", json=verb)
            self.assertEqual(getattr(http, verb)("https://h/p").status, 200)
            self.assertEqual(asyncio.run(getattr(http.aio, verb)("https://h/p")).method, verb.upper())

    def test_a_call_that_blocks_works_within_a_coroutine(self) -> None:
        http = FakeHttp()
        http.answers("GET", "https://h/p", text="x")

        async def text() -> str:
            return http.get("https://h/p").text

        self.assertEqual(asyncio.run(text()), "x")


class Fakes(unittest.TestCase):
    def test_answers_come_in_order_and_the_last_one_stays(self) -> None:
        http = FakeHttp()
        http.answers("GET", "https://h/p", status=503)
        http.answers("GET", "https://h/p", json={"n": 1}, headers={"X": "y"})
        self.assertEqual([http.get("https://h/p").status for _ in range(3)], [503, 200, 200])
        self.assertEqual(http.get("https://h/p").headers["x"], "y")

    def test_a_query_counts_where_the_answer_names_one(self) -> None:
        http = FakeHttp()
        http.answers("GET", "https://h/p?page=2", text="second")
        http.answers("GET", "https://h/p", text="any")
        self.assertEqual([http.get("https://h/p", params={"page": page}).text for page in (1, 2)], ["any", "second"])
        self.assertEqual([sent.params for sent in http.requests], [{"page": "1"}, {"page": "2"}])

    def test_a_call_without_an_answer_fails_with_what_to_write(self) -> None:
        http = FakeHttp()
        http.answers("POST", "https://h/p")
        with self.assertRaises(UnexpectedCall) as caught:
            http.get("https://h/p")
        self.assertIsInstance(caught.exception, AssertionError)
        self.assertIn('app.http.answers("GET", "https://h/p", …)', str(caught.exception))
        self.assertIn("there are answers for: POST https://h/p", str(caught.exception))

    def test_what_was_sent_can_be_read(self) -> None:
        http = FakeHttp()
        http.answers("POST", "https://h/p")
        http.post("https://h/p", json={"a": 1})
        http.post("https://h/p", data={"b": "c d"})
        first, second = http.requests
        self.assertEqual((first.method, first.json(), first.text), ("POST", {"a": 1}, '{"a":1}'))
        self.assertEqual(second.form, {"b": "c d"})
