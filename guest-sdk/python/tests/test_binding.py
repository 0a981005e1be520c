"""What a function is called with, and what is said of an input that does not fit: never a value of it."""

import functools
import json
import unittest
from collections.abc import Callable
from typing import Any

from um_runner.binding import Unusable, bound

VALUE = "value-of-the-input-5b1f"


def refusal(function: Any, input: Any, name: str = "main") -> str:
    try:
        bound(function, name, input)
    except Unusable as error:
        return str(error)
    raise AssertionError(f"{input!r} was taken")


def fetch(customer: str, limit: int = 10, *, region: str = "eu-secret", dry: bool = False) -> list[Any]:
    return [customer, limit, region, dry]


SHOWN = "main(customer, limit=10, *, region=…, dry=False): "


class TakenTest(unittest.TestCase):
    def test_keys_are_parameters_by_name_and_values_stay_as_they_are(self) -> None:
        for input, given in (
            ({"customer": "a"}, ["a", 10, "eu-secret", False]),
            ({"dry": 1, "limit": None, "customer": [2]}, [[2], None, "eu-secret", 1]),
        ):
            self.assertEqual(bound(fetch, "main", input)(), given)
            self.assertEqual(bound(fetch, "run", input)(), given)

    def test_a_run_of_one_parameter_gets_the_whole_input(self) -> None:
        one: Callable[..., Any]
        for one in (lambda a: a, lambda a=1: a, lambda *a: a[0], functools.partial(lambda k, a: a, 1)):
            for input in ({}, {"a": 1}, [1], None, "text"):
                self.assertEqual(bound(one, "run", input)(), input)
        self.assertEqual(bound(lambda: 5, "run", [1])(), 5)

    def test_a_main_of_one_parameter_gets_it_by_name(self) -> None:
        self.assertEqual(bound(lambda a: a, "main", {"a": 1})(), 1)
        self.assertIn("missing `a`", refusal(lambda a: a, {}))
        self.assertEqual(bound(lambda *, a: a, "run", {"a": 1})(), 1)

    def test_the_rest_is_taken_by_kwargs(self) -> None:
        self.assertEqual(bound(lambda a, **rest: [a, rest], "run", {"a": 1, "x y": 2})(), [1, {"x y": 2}])
        self.assertEqual(bound(lambda **rest: rest, "run", {"a": 1})(), {"a": 1})
        self.assertEqual(bound(lambda a=1, /, **rest: [a, rest], "main", {"a": 2})(), [1, {"a": 2}])
        self.assertIn("missing `a`", refusal(lambda a, **rest: a, {"b": VALUE}))

    def test_no_input_at_all_is_enough_where_there_are_defaults(self) -> None:
        input: Any
        for input in ({}, None):
            self.assertEqual(bound(lambda a=1, b=2: [a, b], "run", input)(), [1, 2])
            self.assertEqual(bound(lambda: 3, "main", input)(), 3)


class RefusedTest(unittest.TestCase):
    def test_what_is_missing_is_told_with_the_signature_and_an_example(self) -> None:
        self.assertEqual(
            refusal(fetch, {}),
            SHOWN + "missing `customer`; pass --input '{\"customer\": …}', or call `main` if the script is a program",
        )
        self.assertEqual(refusal(fetch, {"limit": VALUE}), SHOWN + "missing `customer`")
        many = refusal(lambda a, b, c, d: None, None, "run")
        self.assertIn('missing `a`, `b`, `c`, `d`; pass --input \'{"a": …, "b": …, "c": …, …}\'', many)
        self.assertIn("or give `run` another name if the script is a program", many)

    def test_what_is_unknown_is_told_with_what_was_meant(self) -> None:
        self.assertEqual(
            refusal(fetch, {"custmer": VALUE}),
            SHOWN + "missing `customer`; there is no parameter `custmer` (did you mean `customer`?)",
        )
        for key in ("Customer", "customers", "LIMIT"):
            self.assertIn(f"no parameter `{key}` (did you mean", refusal(fetch, {"customer": 1, key: VALUE}))
        self.assertEqual(refusal(fetch, {"customer": 1, "zzz": VALUE}), SHOWN + "there is no parameter `zzz`")
        self.assertEqual(refusal(lambda: 1, {"a": VALUE}), "main(): there is no parameter `a`")
        self.assertIn("no parameter `a`", refusal(lambda a=1, /, b=2: b, {"a": VALUE}))

    def test_keys_are_few_whole_and_drive_no_terminal(self) -> None:
        told = refusal(lambda: 1, {f"key-{number}": VALUE for number in range(9)})
        self.assertTrue(told.endswith("no parameter `key-2`; nor are there 6 more of the input's keys"), told)
        self.assertIn("no parameter for a key of 5000 characters", refusal(lambda: 1, {"k" * 5000: VALUE}))
        self.assertNotIn("kkk", refusal(lambda: 1, {"k" * 5000: VALUE}))
        self.assertIn("`a\\u001b[2J`", refusal(lambda: 1, {"a\x1b[2J": VALUE}))

    def test_an_input_that_is_no_object_is_told_by_its_kind(self) -> None:
        for input, kind in (([VALUE], "a list"), (VALUE, "text"), (5.5, "a number")):
            told = refusal(fetch, input)
            self.assertIn(f"the input is {kind}, and not an object with parameters by name; pass --input", told)
            self.assertNotIn(json.dumps(input), told)
        self.assertIn("the input is true or false, and not an object", refusal(fetch, True))
        self.assertIn("--input '{\"a\": …}'", refusal(lambda a=1: a, []))

    def test_what_cannot_be_given_by_name_is_refused_by_name(self) -> None:
        rest = "takes none: leave it out, `**rest` takes the rest"
        self.assertEqual(
            refusal(lambda a, *words: 1, {"a": 1}),
            f"main(a, *words): um-host gives parameters by name, and `*words` {rest}",
        )
        self.assertIn(f"`*args` {rest}", refusal(lambda *args, **kwargs: 1, {}, "run"))
        self.assertIn(f"`*args` {rest}", refusal(lambda *args: 1, {}))
        self.assertIn("`a` cannot be given so: take the `/` out", refusal(lambda a, /, b=1: 1, {"a": 1}))

    def test_no_value_is_repeated_and_no_default_that_may_be_one(self) -> None:
        def main(a: Any, b: Any = VALUE, c: Any = {"k": VALUE}, d: Any = None, e: float = 1.5) -> None:  # noqa: B006
            pass

        for input in ({}, {"x": VALUE}, {"b": VALUE, "c": [VALUE]}, VALUE, [VALUE]):
            told = refusal(main, input)
            self.assertTrue(told.startswith("main(a, b=…, c=…, d=None, e=1.5): "), told)
            self.assertNotIn(VALUE, told)

    def test_what_is_no_function_is_told(self) -> None:
        self.assertIn("`run` is NoneType, not a function: um-host calls `def run(…):`", refusal(None, {}, "run"))
