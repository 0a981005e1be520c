"""The stand-in for um-host that authors test with."""

import asyncio
import builtins
import unittest
from typing import Any

from um_action import SecretMisdirected, SecretMisplaced, app, host
from um_action.testing import FakeApp, fake


class FakeTest(unittest.TestCase):
    def test_app_is_there_with_and_without_import_and_gone_afterwards(self) -> None:
        with fake(input={"n": 1}, workspace="demo") as run:
            self.assertIs(vars(builtins)["app"], app)
            self.assertEqual((app.input, run.input), ({"n": 1}, {"n": 1}))
            self.assertEqual((app.secrets.workspace, run.secrets.workspace), ("demo", "demo"))
        self.assertNotIn("app", vars(builtins))

    def test_a_builtin_of_that_name_comes_back(self) -> None:
        setattr(builtins, "app", "before")
        try:
            with fake():
                self.assertIs(vars(builtins)["app"], app)
            self.assertEqual(vars(builtins)["app"], "before")
        finally:
            delattr(builtins, "app")

    def test_the_log_is_kept_line_by_line(self) -> None:
        with fake() as run:
            app.log("fetched", pages=3, of="crm", note="two words", empty="", rows=[1, "é"], odd=object)
            app.log.warning("slow")
            app.log.error(ValueError("bad"), code=None)
            app.log.debug("d")
            app.log.info("i")
        first, *others = run.logs
        self.assertTrue(first.startswith('fetched pages=3 of=crm note="two words" empty="" rows=[1, "é"] odd="<class'))
        self.assertEqual(others, ["warning: slow", "error: bad code=null", "debug: d", "info: i"])

    def test_http_of_either_app_is_answered_by_the_test(self) -> None:
        with fake(secrets={"KEY": "value-123"}) as run:
            run.http.answers("GET", "https://api.example.com/x", json=[1, 2])
            self.assertEqual(
                app.http.get("https://api.example.com/x", headers={"X-Key": app.secrets.KEY}).json(), [1, 2]
            )
            self.assertEqual(run.http.get("https://api.example.com/x").json(), [1, 2])
            self.assertEqual(run.http.requests[0].headers["x-key"], "value-123")

    def test_of_a_sealed_secret_the_action_gets_a_placeholder(self) -> None:
        with fake(secrets={"OPEN": "value-123"}, sealed=["TOKEN"]) as run:
            token = app.secrets.TOKEN
            self.assertRegex(token, r"^um_sealed_[0-9a-f]{32}$")
            self.assertEqual(token, app.secrets["TOKEN"])
            told = {entry.name: entry.sealed for entry in app.secrets.entries()}
            self.assertEqual(told, {"OPEN": False, "TOKEN": True})
            run.http.answers("GET", "https://api.example.com/x")
            app.http.get("https://api.example.com/x", headers={"Authorization": f"Bearer {token}"})
            self.assertEqual(run.http.requests[0].headers["authorization"], f"Bearer {token}")
            app.documents.write(token, "a placeholder is no secret")
        with fake(sealed=["TOKEN"]):
            self.assertNotEqual(app.secrets.TOKEN, token)
        with self.assertRaisesRegex(ValueError, "`TOKEN` is given as revealed and as sealed"):
            fake(secrets={"TOKEN": "v"}, sealed=["TOKEN"])
        with self.assertRaisesRegex(TypeError, "a list of names"):
            fake(sealed="TOKEN")

    def test_a_refusal_of_um_host_can_be_played(self) -> None:
        with fake(sealed=["TOKEN"]) as run:
            for kind in (SecretMisdirected, SecretMisplaced):
                run.http.answers("GET", f"https://h/{kind.__name__}", error=kind)
                with self.assertRaisesRegex(kind, r"^GET https://h/\w+: .*um-host secrets info NAME"):
                    app.http.get(f"https://h/{kind.__name__}")

    def test_one_at_a_time(self) -> None:
        with fake(workspace="outer"):
            with self.assertRaisesRegex(RuntimeError, "in use already"), fake():
                pass
            self.assertEqual(app.secrets.workspace, "outer")

    def test_it_lets_go_when_the_block_fails(self) -> None:
        with self.assertRaises(ZeroDivisionError), fake():
            raise ZeroDivisionError
        self.assertIsNone(host.install(None))

    def test_it_decorates_functions_each_call_anew(self) -> None:
        @fake(secrets={"KEY": "value-123"})
        def publish(name: str) -> str:
            app.documents.write(name, "")
            return app.secrets.KEY

        self.assertEqual([publish("a.txt"), publish("a.txt")], ["value-123", "value-123"])
        self.assertEqual(publish.__name__, "publish")

    def test_it_decorates_coroutines_for_as_long_as_they_run(self) -> None:
        @fake(input=5)
        async def work() -> Any:
            await asyncio.sleep(0)
            return app.input

        self.assertEqual(asyncio.run(work()), 5)

    def test_it_does_not_decorate_classes(self) -> None:
        with self.assertRaisesRegex(TypeError, "in a class use it in setUp"):
            fake()(FakeTest)

    def test_it_serves_a_whole_test_case(self) -> None:
        standin = fake(secrets={"KEY": "value-123"})
        run = standin.__enter__()
        self.addCleanup(standin.__exit__, None, None, None)
        self.assertIsInstance(run, FakeApp)
        self.assertEqual(run.secrets.KEY, "value-123")
