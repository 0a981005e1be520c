"""The way over `wasi:http`: what is sent, waited for and let go of, whatever happens in between."""

from __future__ import annotations

import asyncio
import gc
import unittest
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from tests import strict_host
from tests.stand_ins import event_loop
from tests.strict_host import Closed, Err, IoError, LastOperationFailed
from um_action.http import Http, Response
from um_action.http.decoding import Fault
from um_action.http.errors import (
    ConnectionFailed,
    HostNotAllowed,
    HttpError,
    HttpLimitReached,
    HttpTimeout,
    InvalidRequest,
    SecretMisdirected,
    SecretMisplaced,
)
from um_action.http.response import immediate

wasi = strict_host.transport()


class Strict(unittest.TestCase):
    """A test that leaves no resource behind."""

    def setUp(self) -> None:
        self.script = strict_host.script
        self.script.__init__()  # type: ignore[misc]
        self.http = Http(wasi.WasiTransport)

    def tearDown(self) -> None:
        gc.collect()
        self.assertEqual(self.script.open, set(), "everything is let go of")


class Exchanges(Strict):
    def test_an_answer_is_read_to_its_end(self) -> None:
        self.script.heads = iter([None, None])
        self.script.pieces = iter([b"ab", b"", b"c"])
        response = self.http.get("https://h/p")
        self.assertEqual((response.status, response.content, response.headers["x"]), (200, b"abc", "y"))
        self.assertEqual(self.script.waits, 3)
        self.assertEqual([name for name, _ in self.script.sent], ["user-agent", "accept-encoding"])

    def test_a_body_is_sent_as_there_is_room(self) -> None:
        self.script.room = iter([3, 0, 0, 100])
        self.http.post("https://h/p", data=b"0123456789")
        self.assertEqual((self.script.body, self.script.waits), (b"0123456789", 2))
        self.assertIn(("content-length", b"10"), self.script.sent)

    def test_a_body_of_unknown_length_is_sent_without_one(self) -> None:
        self.http.post("https://h/p", data=iter([b"01", b"23", b""]))
        self.assertEqual(self.script.body, b"0123")
        self.assertNotIn("content-length", dict(self.script.sent))

    def test_a_generator_that_fails_breaks_its_request_off(self) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"01"
            raise KeyError("mine")

        with self.assertRaises(KeyError):
            self.http.post("https://h/p", data=pieces())

    def test_um_host_decompresses_what_python_cannot(self) -> None:
        transport = wasi.WasiTransport()
        self.assertEqual(transport.decompress(b"abc", "br", 10), b"ABC")
        for fault, words in (
            ("CORRUPT", "is not zstd, or damaged"),
            ("TRUNCATED", "breaks off"),
            ("TOO_LARGE", "or 200 times its size"),
        ):
            with self.assertRaisesRegex(Fault, words):
                transport.decompress(fault.encode(), "zstd", 10)

    def test_no_pause_is_begun_that_the_run_would_not_outlive(self) -> None:
        transport = wasi.WasiTransport()
        self.script.remaining = 20
        self.assertTrue(immediate(transport.pause(0.01, True)))
        self.assertFalse(immediate(transport.pause(0.02, True)))
        self.assertFalse(immediate(transport.pause(float("inf"), True)))

    def test_only_a_method_that_expects_a_body_says_that_there_is_none(self) -> None:
        for method in ("GET", "HEAD", "DELETE", "OPTIONS", "PURGE", "POST", "PUT", "PATCH"):
            self.script.sent.clear()
            self.http.request(method, "https://h/p", data=b"")
            self.assertEqual(("content-length", b"0") in self.script.sent, method in ("POST", "PUT", "PATCH"), method)

    def test_an_answer_that_comes_before_the_body_was_taken_counts(self) -> None:
        self.script.room = iter([3, Err(Closed())])
        self.script.pieces = iter([b"too much"])
        self.assertEqual(self.http.post("https://h/p", data=b"0123456789").text, "too much")

    def fails(self, kind: type[HttpError], words: str, call: Callable[[], Any] | None = None) -> None:
        with self.assertRaisesRegex(kind, words):
            call() if call else self.http.post("https://h/p", data=b"x", timeout=9)
        gc.collect()
        self.assertEqual(self.script.open, set())

    def test_a_refusal_is_the_error_of_its_code(self) -> None:
        self.script.refusal = wasi.types.ErrorCode_HttpRequestDenied()
        self.fails(HostNotAllowed, "^POST https://h/p: .*--allow-host h`, .*`um-host workspaces allow h`$")
        self.script.refusal = None
        for code, kind, words in (
            ("ConnectionRefused", ConnectionFailed, "did not accept the connection"),
            ("HttpResponseTimeout", HttpTimeout, "the service took too long: um-host waited 0.0 s for it$"),
            ("HttpProtocolError", HttpError, "does not speak HTTP"),
            ("ConnectionLimitReached", HttpLimitReached, "as many calls as it may"),
        ):
            self.script.heads = iter([getattr(wasi.types, f"ErrorCode_{code}")()])
            self.fails(kind, words)
        self.script.heads = iter([wasi.types.ErrorCode_InternalError("words of the host")])
        self.fails(HttpError, "words of the host")
        self.script.heads = iter([wasi.types.ErrorCode_HttpResponseBodySize(5)])
        self.fails(HttpLimitReached, "over the limit of 5 bytes")

    def test_a_refusal_in_words_is_the_error_of_its_kind(self) -> None:
        refusals: dict[str, tuple[type[HttpError], str, str]] = {
            "NOT_ALLOWED": (HostNotAllowed, "method-not-allowed", "; allow it with `um-host run --allow-host 'PUT h'`"),
            "MISDIRECTED": (SecretMisdirected, "sealed-other-host", "; `um-host secrets info A` says where it may go"),
            "MISPLACED": (SecretMisplaced, "sealed-other-field", "; `um-host secrets info A` says where it goes"),
            "INVALID": (InvalidRequest, "sealed-range", "; leave them out"),
            "TIMED_OUT": (HttpTimeout, "http-timeout", "; raise it with `um-host run --limit wall=VALUE`"),
            "UNAVAILABLE": (HttpError, "of a later version", ""),
        }
        for name, (kind, code, advice) in refusals.items():
            told = SimpleNamespace(kind=SimpleNamespace(name=name), code=code, entry="PUT h", secret="A", limit="wall")
            self.script.explained = {"the fact": told}
            self.script.heads = iter([wasi.types.ErrorCode_InternalError("the fact")])
            self.fails(kind, f"^POST https://h/p: the fact{advice}$")
        self.script.heads = iter([wasi.types.ErrorCode_InternalError(None)])
        self.fails(HttpError, "the call failed inside um-host$")

    def test_a_stream_that_breaks_is_an_error_both_ways(self) -> None:
        self.script.room = iter([Err(LastOperationFailed(IoError()))])
        self.fails(ConnectionFailed, r"broke off in the middle \(cut\)")
        self.script.room = iter(())
        self.script.pieces = iter([b"ab", Err(LastOperationFailed(IoError()))])
        self.fails(ConnectionFailed, r"broke off in the middle \(cut\)")
        code = wasi.types.ErrorCode_ConnectionTerminated()
        self.script.pieces = iter([b"ab", Err(LastOperationFailed(IoError(code)))])
        self.fails(ConnectionFailed, "or broke it")

    def test_a_time_out_ends_each_wait(self) -> None:
        self.script.ready = False
        points: dict[str, list[Any]] = {"heads": [None], "room": [0], "pieces": [b""]}
        for name, steps in points.items():
            setattr(self.script, name, iter(steps))
            self.fails(HttpTimeout, "no whole answer within 9 s")
            setattr(self.script, name, iter(()))

    def test_a_wait_that_the_host_gave_up_is_not_told_as_the_callers(self) -> None:
        late = wasi.types.ErrorCode_HttpResponseTimeout()
        self.script.heads = iter([late])
        advice = "um-host waited 0.0 s for it; `timeout=` lets it wait longer$"
        self.fails(HttpTimeout, advice, lambda: self.http.get("https://h/p"))
        self.script.pieces = iter(
            [b"ab", Err(LastOperationFailed(IoError(wasi.types.ErrorCode_ConnectionReadTimeout())))]
        )
        self.fails(HttpTimeout, "um-host waited 0.0 s for it$")
        self.script.pieces = iter(())
        self.script.heads = iter([late])
        self.fails(HttpTimeout, "no whole answer within 1e-09 s", lambda: self.http.get("https://h/p", timeout=1e-9))

    def test_headers_over_the_limit_are_not_shown_to_the_host(self) -> None:
        headers = {f"x-{number}": "y" * 1000 for number in range(64)}
        self.fails(HttpLimitReached, "64 KiB", lambda: self.http.get("https://h/p", headers=headers))
        self.assertEqual(self.script.sent, [])

    def streamed(self) -> Response:
        self.script.pieces = iter([b"ab", b"c"])
        return self.http.get("https://h/p", stream=True)

    def test_an_answer_that_nobody_reads_is_let_go_of(self) -> None:
        with self.streamed() as response:
            next(response.iter_bytes())
        response = self.streamed()
        next(response.iter_bytes())
        del response

    def test_so_is_one_that_is_part_of_a_cycle(self) -> None:
        response: Any = self.streamed()
        response.itself = response
        del response
        gc.collect()

    def test_a_broken_answer_stays_broken(self) -> None:
        response = self.streamed()
        self.script.pieces = iter([b"ab", Err(LastOperationFailed(IoError()))])
        for _ in range(2):
            with self.assertRaises(ConnectionFailed):
                response.content  # noqa: B018


class Awaited(Strict):
    def run_all(self, main: Callable[[], Any]) -> Any:
        loop = event_loop(strict_host.wait_any)
        try:
            return loop.run_until_complete(main())
        finally:
            loop.close()

    def test_a_cancelled_call_lets_go_of_everything(self) -> None:
        async def cancelled() -> None:
            task = asyncio.ensure_future(self.http.aio.post("https://h/p", data=b"x"))
            await asyncio.sleep(0)
            self.assertTrue(self.script.open)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        points: dict[str, list[Any]] = {"heads": [None] * 9, "room": [0] * 9, "pieces": [b""] * 9}
        for name, steps in points.items():
            setattr(self.script, name, iter(steps))
            self.run_all(cancelled)
            self.assertEqual(self.script.open, set())
            setattr(self.script, name, iter(()))

    def test_closing_under_a_reader_waits_for_the_end_of_its_wait(self) -> None:
        async def main() -> list[bytes]:
            self.script.pieces = iter([b"ab", b"", b"never read"])
            response = await self.http.aio.get("https://h/p", stream=True)

            async def read() -> list[bytes]:
                return [piece async for piece in response.aiter_bytes()]

            reader = asyncio.ensure_future(read())
            await asyncio.sleep(0)
            response.close()
            pieces = await reader
            self.assertEqual(self.script.open, set())
            return pieces

        self.assertEqual(self.run_all(main), [b"ab"])
