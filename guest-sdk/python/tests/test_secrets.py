"""Secrets as an action sees them, by the host that tests use."""

import copy
import inspect
import pickle
import unittest
from collections.abc import Callable

from um_action import (
    GuardError,
    NotUnderUmHost,
    SecretDenied,
    SecretExpired,
    SecretNotFound,
    SecretUnavailable,
    app,
    host,
)
from um_action.host import Refusal
from um_action.testing import fake

VALUES = {"HUBSPOT_API_KEY": "hub-value-1", "STRIPE_KEY": "stripe-value-2", "get": "value-of-get-3"}


class SecretsTest(unittest.TestCase):
    def test_a_value_is_reached_by_attribute_brackets_and_get(self) -> None:
        with fake(secrets=VALUES):
            self.assertEqual(app.secrets.STRIPE_KEY, "stripe-value-2")
            self.assertEqual(app.secrets["STRIPE_KEY"], "stripe-value-2")
            self.assertEqual(app.secrets.get("STRIPE_KEY"), "stripe-value-2")

    def test_a_secret_named_like_a_method_is_reached_by_brackets(self) -> None:
        with fake(secrets=VALUES):
            self.assertEqual(app.secrets["get"], "value-of-get-3")
            self.assertEqual(app.secrets.get("get"), "value-of-get-3")

    def test_an_unknown_name_is_told_with_those_that_resemble_it(self) -> None:
        with fake(secrets=VALUES, workspace="demo"), self.assertRaises(SecretNotFound) as caught:
            _ = app.secrets.HUBSPOT_KEY
        self.assertEqual(
            str(caught.exception),
            "workspace `demo` has no secret `HUBSPOT_KEY`; did you mean `HUBSPOT_API_KEY`? (names are case-sensitive; "
            "`um-host secrets list --workspace demo` shows those there are)",
        )
        self.assertEqual((caught.exception.secret, caught.exception.workspace), ("HUBSPOT_KEY", "demo"))

    def test_an_unknown_name_is_what_python_expects_of_attributes_and_keys(self) -> None:
        with fake(secrets=VALUES):
            self.assertFalse(hasattr(app.secrets, "stripe_key"))
            self.assertEqual(getattr(app.secrets, "NONE", "default"), "default")
            with self.assertRaises(KeyError):
                _ = app.secrets["NONE"]
            self.assertEqual(app.secrets.get("NONE", 5), 5)
            self.assertIsNone(app.secrets.get("NONE"))

    def test_a_name_cannot_drive_a_terminal(self) -> None:
        with fake(secrets=VALUES), self.assertRaises(SecretNotFound) as caught:
            _ = app.secrets["\x1b[2J"]
        self.assertNotIn("\x1b", str(caught.exception))

    def test_names_are_listed_and_values_are_nowhere(self) -> None:
        with fake(secrets=VALUES):
            self.assertEqual(repr(app.secrets), "<secrets HUBSPOT_API_KEY, STRIPE_KEY, get>")
            self.assertEqual(list(app.secrets), ["HUBSPOT_API_KEY", "STRIPE_KEY", "get"])
            self.assertIn("STRIPE_KEY", app.secrets)
            self.assertNotIn("stripe_key", app.secrets)
            self.assertLessEqual({"STRIPE_KEY", "get", "guard", "entries", "workspace"}, set(dir(app.secrets)))
            shown = repr(app) + repr(app.secrets) + repr(app.secrets.entries()) + repr(inspect.getmembers(type(app)))
            shown += repr(pickle.dumps(app.secrets)) + repr(pickle.dumps(copy.deepcopy(app)))
            for value in VALUES.values():
                self.assertNotIn(value, shown)

    def test_secrets_cannot_be_set_or_deleted(self) -> None:
        with fake(secrets=VALUES):
            with self.assertRaisesRegex(AttributeError, "um-host secrets set X"):
                app.secrets.X = "value"
            with self.assertRaisesRegex(AttributeError, "um-host secrets delete STRIPE_KEY --workspace test`"):
                del app.secrets.STRIPE_KEY
            with self.assertRaisesRegex(TypeError, "um-host secrets set X --workspace test`"):
                app.secrets["X"] = "value"
            with self.assertRaisesRegex(TypeError, "um-host secrets delete NAME --workspace test`"):
                del app.secrets["no name"]
            with self.assertRaisesRegex(AttributeError, "variables of your module"):
                app.total = 5

    def test_what_others_do_with_a_dictionary_works_or_is_told_what_to_write(self) -> None:
        with fake(secrets=VALUES):
            self.assertEqual(len(app.secrets), 3)
            self.assertEqual([name for name in app.secrets], sorted(app.secrets))
            self.assertEqual({name: len(app.secrets[name]) for name in app.secrets}["STRIPE_KEY"], 14)
            self.assertEqual(str(app.secrets), f"{app.secrets}")
            self.assertTrue(app.secrets)
            self.assertNotIn(5, app.secrets)
            with self.assertRaisesRegex(SecretNotFound, "has no secret `stripe_key`; did you mean `STRIPE_KEY`"):
                _ = app.secrets.stripe_key.strip()
        with fake(secrets=VALUES):
            # Nothing of what follows reads a value.
            refuse("unavailable")
            tries: list[Callable[[], object]] = [
                lambda: dict(app.secrets),
                lambda: {**app.secrets},
                lambda: print(**app.secrets),
                app.secrets.keys,
                app.secrets.values,
                app.secrets.items,
            ]
            for wrong in tries:
                with self.assertRaisesRegex(
                    TypeError, r"app.secrets is no dict.*list\(app.secrets\).*app.secrets.NAME"
                ):
                    wrong()
            with self.assertRaisesRegex(TypeError, r"not called: ask for one by its name, as in app.secrets.NAME"):
                app.secrets("STRIPE_KEY")
            with self.assertRaisesRegex(TypeError, "asked for by name, a str, not int"):
                _ = app.secrets[0]  # type: ignore[index]
            for name, words in (
                ("set", "um-host secrets set NAME"),
                ("list", r"list\(app.secrets\)"),
                ("exists", "in app.secrets"),
                ("read", "app.secrets.NAME"),
            ):
                with self.assertRaisesRegex(AttributeError, f"app.secrets has no `{name}`: .*{words}"):
                    getattr(app.secrets, name)
                self.assertIsNone(getattr(app.secrets, name, None))
        with fake(secrets={"list": "value-of-list-4", "keys": "value-of-keys-5"}):
            self.assertEqual(app.secrets.list, "value-of-list-4")
            self.assertEqual(app.secrets["keys"], "value-of-keys-5")

    def test_every_other_refusal_is_an_error_of_its_own_even_with_a_default(self) -> None:
        for reason, error, words in (
            ("denied", SecretDenied, "--only-secrets"),
            ("expired", SecretExpired, "um-host secrets set STRIPE_KEY --workspace test"),
            ("unavailable", SecretUnavailable, "um-host key check"),
        ):
            with self.subTest(reason), fake(secrets=VALUES), self.assertRaisesRegex(error, words):
                refuse(reason)
                app.secrets.get("STRIPE_KEY", "default")

    def test_errors_survive_a_pickle(self) -> None:
        with fake(), self.assertRaises(SecretNotFound) as caught:
            _ = app.secrets.NONE
        again = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((str(again), again.secret), (str(caught.exception), "NONE"))

    def test_what_is_guarded_has_8_bytes_to_64_kib(self) -> None:
        with fake() as run:
            app.secrets.guard("12345678")
            app.secrets.guard("x" * 65536)
            self.assertEqual(len(run.guarded), 2)
            for value, words in (
                ("1234567", "at least 8 bytes"),
                ("12345678***", r"no `\*\*\*` in it"),
                ("x" * 65537, "at most 64 KiB"),
            ):
                with self.assertRaisesRegex(GuardError, words):
                    app.secrets.guard(value)
            with self.assertRaises(TypeError):
                app.secrets.guard(b"12345678")  # type: ignore[arg-type]

    def test_a_run_guards_1000_values(self) -> None:
        with fake():
            for number in range(1000):
                app.secrets.guard(f"value-{number:04}")
            app.secrets.guard("value-0000")
            with self.assertRaisesRegex(GuardError, "at most 1,000 values"):
                app.secrets.guard("one-too-many")

    def test_plain_python_says_that_it_is_not_um_host(self) -> None:
        with self.assertRaisesRegex(NotUnderUmHost, "um_action.testing"):
            _ = app.secrets.STRIPE_KEY
        with self.assertRaises(NotUnderUmHost):
            _ = app.input


def refuse(reason: str) -> None:
    def secret(name: str) -> str:
        raise Refusal(reason)

    setattr(host.current(), "secret", secret)
