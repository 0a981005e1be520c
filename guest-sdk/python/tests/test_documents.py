"""Documents, by the host that tests use."""

import csv
import gc
import unittest

from um_action import DocumentError, LimitReached, app
from um_action.errors import document_error
from um_action.testing import fake


class DocumentsTest(unittest.TestCase):
    def test_text_and_bytes_are_written_in_one_go(self) -> None:
        with fake() as run:
            app.documents.write("a.txt", "é\n")
            app.documents.write("b.bin", b"\x00\xff")
            app.documents.write("c.bin", memoryview(b"view"))
            self.assertEqual(run.documents["a.txt"], "é\n".encode())
            self.assertEqual(run.documents["b.bin"] + run.documents["c.bin"], b"\x00\xffview")
            self.assertEqual(run.documents.names(), ["a.txt", "b.bin", "c.bin"])

    def test_a_file_is_complete_when_it_is_closed(self) -> None:
        with fake() as run:
            with app.documents.open("rows.csv", newline="") as file:
                csv.writer(file).writerows([["é", 1], ["b", 2]])
                self.assertNotIn("rows.csv", run.documents)
            self.assertEqual(run.documents.text("rows.csv"), "é,1\r\nb,2\r\n")
            with app.documents.open("raw.bin", "wb") as raw:
                raw.write(b"x" * 200_000)
            self.assertEqual(len(run.documents["raw.bin"]), 200_000)

    def test_what_is_left_open_is_complete_at_the_end(self) -> None:
        with fake() as run:
            left = app.documents.open("left.txt")
            left.write("left open")
            app.documents.open("dropped.txt").write("dropped")
            gc.collect()
        self.assertEqual(run.documents["left.txt"], b"left open")
        self.assertEqual(run.documents["dropped.txt"], b"dropped")

    def test_a_name_is_plain_and_used_once(self) -> None:
        with fake(secrets={"KEY": "the-value"}):
            app.documents.write("a.txt", "")
            with self.assertRaisesRegex(DocumentError, "created the document `a.txt` already"):
                app.documents.write("a.txt", "")
            odd = ("-rf", "~root", " a", "a ", "a.", "a\u202eb", "a\u200bb", "a\u2028b", "a\u200db", "\u3000a")
            paths = ("/a", "a/", "a//b", "a/../b", "a/.hidden", "a/-rf", "1/2/3/4/5/6/7/8/9", "/".join(["x" * 255] * 5))
            for name in ("", ".", "..", ".hidden", *paths, "a\\b", "a\nb", "x" * 256, "é" * 128, "the-value.txt", *odd):
                with self.subTest(name), self.assertRaisesRegex(DocumentError, "plain file name of 1 to 255 bytes"):
                    app.documents.open(name)
            app.documents.write("x" * 255, "")

    def test_a_name_leads_into_directories_and_none_of_them_is_a_document(self) -> None:
        with fake() as run:
            app.documents.write("2026/10/a.txt", "deep")
            app.documents.write("2026/10/b.txt", "beside it")
            app.documents.write("1/2/3/4/5/6/7/8", "deepest")
            for name in ("2026", "2026/10", "2026/10/a.txt", "2026/10/a.txt/b"):
                with self.subTest(name), self.assertRaisesRegex(DocumentError, "needs a directory"):
                    app.documents.write(name, "")
            self.assertEqual(run.documents.text("2026/10/a.txt"), "deep")

    def test_what_was_closed_is_read_back_with_its_masks(self) -> None:
        with fake(secrets={"KEY": "the-value"}):
            app.documents.write("2026/a.txt", "é the-value\r\n" * 20_000)
            self.assertEqual(app.documents.read("2026/a.txt"), "é ***\r\n".encode() * 20_000)
            with app.documents.open("2026/a.txt", "r") as file:
                self.assertEqual((next(file), len(list(file))), ("é ***\n", 19_999))
            with app.documents.open("2026/a.txt", "rb") as raw:
                self.assertEqual(raw.read(3), b"\xc3\xa9 ")
            app.documents.write("empty", b"")
            self.assertEqual(app.documents.read("empty"), b"")

    def test_what_is_not_there_or_not_complete_is_not_read(self) -> None:
        with fake():
            with self.assertRaisesRegex(DocumentError, "has written no document `a.txt`; what an earlier run"):
                app.documents.read("a.txt")
            file = app.documents.open("a.txt")
            with self.assertRaisesRegex(DocumentError, "`a.txt` is still being written; close it first"):
                app.documents.open("a.txt", "r")
            file.close()
            self.assertEqual(app.documents.read("a.txt"), b"")

    def test_mistakes_are_told_before_anything_is_created(self) -> None:
        with fake() as run:
            with self.assertRaisesRegex(ValueError, "'w' or 'wb', not 'a'"):
                app.documents.open("a.txt", "a")  # type: ignore[call-overload]
            with self.assertRaisesRegex(TypeError, "json.dumps"):
                app.documents.write("a.txt", {"a": 1})  # type: ignore[arg-type]
            with self.assertRaisesRegex(TypeError, "name of a document"):
                app.documents.write(5, "text")  # type: ignore[arg-type]
            self.assertEqual(run.documents.names(), [])
            with self.assertRaisesRegex(KeyError, "no document 'a.txt' is complete"):
                _ = run.documents["a.txt"]

    def test_each_refusal_says_what_to_do(self) -> None:
        self.assertIn("without `um-host run --documents DIR`", str(document_error("unavailable", "a")))
        limit = document_error("limit", "a\x1b")
        self.assertIsInstance(limit, LimitReached)
        self.assertIn("one too many", str(limit))
        self.assertNotIn("\x1b", str(limit))
