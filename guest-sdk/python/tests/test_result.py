"""What `run` returns is JSON, or the message says what in it is not, and where."""

import dataclasses
import datetime
import decimal
import json
import unittest
from typing import Any

from um_runner.result import NotJson, encoded

ALLOWED = "return text, numbers, lists, dicts, true, false or None"


def complaint(value: Any) -> str:
    try:
        encoded(value)
    except NotJson as error:
        return str(error)
    raise AssertionError(f"{value!r} passed as JSON")


class ResultTest(unittest.TestCase):
    def test_json_values_come_back_as_they_were(self) -> None:
        value: Any
        for value in (None, True, 0, -1.5, "é€😀\n", [], {}, {"a": [1, {"b": None}]}, 10**400):
            self.assertEqual(json.loads(encoded(value)), value)
        self.assertEqual(encoded({"é": (1, 2)}), '{"é":[1,2]}')

    def test_the_message_names_the_place_and_the_type(self) -> None:
        value = {"rows": [1, 2, 3, {"created": datetime.datetime(2026, 1, 2)}]}
        self.assertTrue(complaint(value).startswith(f"run returned a datetime at .rows[3].created: {ALLOWED}"))
        self.assertTrue(complaint({1, 2}).startswith(f"run returned a set: {ALLOWED}"))
        self.assertIn('at ["two words"].x[0]', complaint({"two words": {"x": [object()]}}))
        self.assertIn("run returned an object at", complaint([object()]))

    def test_what_can_be_turned_into_json_comes_with_how(self) -> None:
        point = dataclasses.make_dataclass("Point", ["x"])
        for value, how in (
            (datetime.date(2026, 1, 2), ".isoformat()"),
            (decimal.Decimal("1.10"), "str(…)"),
            (b"x", ".decode()"),
            ({1}, "sorted(…)"),
            ((n for n in [1]), "list(…)"),
            (point(1), "dataclasses.asdict(…)"),
        ):
            self.assertIn(how, complaint([value]))

    def test_numbers_that_json_has_not(self) -> None:
        self.assertIn("run returned nan at .x", complaint({"x": float("nan")}))
        self.assertIn("run returned -inf:", complaint(float("-inf")))

    def test_a_value_that_holds_itself(self) -> None:
        value: list[Any] = []
        value.append({"me": value})
        self.assertIn("holds itself at [0].me", complaint(value))

    def test_keys_are_text(self) -> None:
        self.assertEqual(encoded({1: 2, None: 3, False: 4}), '{"1":2,"null":3,"false":4}')
        self.assertIn("a dict with a tuple as a key at .a", complaint({"a": {(1, 2): 3}}))

    def test_half_a_character_is_no_text(self) -> None:
        self.assertIn("lone surrogate) at .a", complaint({"a": "\ud800"}))
        self.assertIn("lone surrogate", complaint({"\ud800": 1}))

    def test_five_megabytes_pass(self) -> None:
        self.assertEqual(len(encoded("x" * 5_000_000)), 5_000_002)
