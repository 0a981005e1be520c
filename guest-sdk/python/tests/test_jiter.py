"""The `jiter` that works. What it gives is what jiter 0.19 gives."""

import json
import unittest
from decimal import Decimal

from um_runner.absent.modules import jiter

WHOLE = b'{"a": [1, -2.5e3, true, false, null], "b": {"c": "\\u00e9\\ud83d\\ude00\\n", "": []}, "d": {}}'


class Whole(unittest.TestCase):
    def test_whole_documents_are_read_in_every_mode(self) -> None:
        for partial in (False, True, "off", "on", "trailing-strings"):
            self.assertEqual(jiter.from_json(WHOLE, partial_mode=partial), json.loads(WHOLE))
        self.assertEqual(jiter.from_json(b" 12 \n"), 12)
        self.assertEqual(jiter.from_json(str(10**30).encode()), 10**30)

    def test_what_is_no_json_is_a_value_error(self) -> None:
        for text in (
            *("", " ", "nan", "[1, 2]x", "[1,]", '{"a":1,}', "[01]", "1.", "-", "[1 2]", '{"a" 1}', "{'a': 1}", "[,"),
            *('"a\nb"', '"\\x"', '"\\ude00"', '"\\ud83dx"', '["a', '{"a": 1', "tr", "[1e", "\ufeff[1]", "[" * 201),
        ):
            with self.assertRaises(ValueError, msg=text):
                jiter.from_json(text.encode())
        for broken in (b'"\xff"', b'"x\xe2\x82'):
            self.assertRaises(ValueError, jiter.from_json, broken)
        self.assertEqual(jiter.from_json(b"[" * 200 + b"]" * 200), json.loads("[" * 200 + "]" * 200))
        self.assertRaises(TypeError, jiter.from_json, "[1]")
        with self.assertRaisesRegex(ValueError, "expected value at line 2 column 2"):
            jiter.from_json(b"[1,\n  x]")

    def test_numbers_are_made_as_asked(self) -> None:
        numbers = b"[1.50, 1e2, 3, NaN]"
        self.assertEqual(str(jiter.from_json(numbers)), "[1.5, 100.0, 3, nan]")
        exact = jiter.from_json(numbers, float_mode="decimal")
        self.assertEqual(exact[:3], [Decimal("1.50"), Decimal("1E+2"), 3])
        written = jiter.from_json(b"1.50", float_mode="lossless-float")
        self.assertEqual((str(written), float(written), bytes(written)), ("1.50", 1.5, b"1.50"))
        self.assertEqual(written.as_decimal(), Decimal("1.50"))

    def test_what_is_not_wanted_is_refused(self) -> None:
        for options in ({"allow_inf_nan": False}, {"float_mode": "x"}, {"partial_mode": "x"}, {"cache_mode": "x"}):
            with self.assertRaises(ValueError, msg=str(options)):
                jiter.from_json(b"[NaN]", **options)
        twice = b'{"a": {"b": 1, "b": 2}}'
        self.assertEqual(jiter.from_json(twice), {"a": {"b": 2}})
        with self.assertRaisesRegex(ValueError, 'Detected duplicate key "b"'):
            jiter.from_json(twice, catch_duplicate_keys=True)


class Partial(unittest.TestCase):
    def test_what_has_come_so_far(self) -> None:
        for text, on, trailing in (
            ('{"a": 1, "b": "x', {"a": 1}, {"a": 1, "b": "x"}),
            ('{"a": 1, "b": 12', {"a": 1, "b": 12}, {"a": 1, "b": 12}),
            ('{"a": 1, "b":', {"a": 1}, {"a": 1}),
            ('{"a": 1, "b', {"a": 1}, {"a": 1}),
            ('{"a": "x\\u00', {}, {"a": "x"}),
            ('{"a": "x\\', {}, {"a": "x"}),
            ('{"a": "x\\\\u00', {}, {"a": "x\\u00"}),
            ('{"a": "x\\ud83d\\ude0', {}, {"a": "x"}),
            ('{"a":[{"b":"c', {"a": [{}]}, {"a": [{"b": "c"}]}),
            ("[1, 2.", [1], [1]),
            ("[1, -", [1], [1]),
            ("[1, 2e", [1], [1]),
            ("[tru", [], []),
            ("[true", [True], [True]),
            ("[1, 2]x", [1, 2], [1, 2]),
            ("[1 2", [1], [1]),
            ("{", {}, {}),
        ):
            self.assertEqual(jiter.from_json(text.encode(), partial_mode=True), on, text)
            self.assertEqual(jiter.from_json(text.encode(), partial_mode="trailing-strings"), trailing, text)
        self.assertEqual(jiter.from_json('["é'.encode()[:-1], partial_mode="trailing-strings"), [""])
        self.assertEqual(jiter.from_json(b'"ab', partial_mode="trailing-strings"), "ab")

    def test_what_will_never_be_json_is_still_refused(self) -> None:
        for text in ("", '"abc', "tr", "-", "[01", "[1,]", '{"a" 1', "{,", '["\\x', "[nope"):
            with self.assertRaises(ValueError, msg=text):
                jiter.from_json(text.encode(), partial_mode=True)

    def test_every_beginning_of_a_document_is_read(self) -> None:
        for end in range(1, len(WHOLE)):
            for partial in (True, "trailing-strings"):
                found = jiter.from_json(WHOLE[:end], partial_mode=partial)
                self.assertLessEqual(found.keys(), {"a", "b", "d"})
