"""Addresses."""

import unittest

from um_action.http.url import InvalidUrl, Url


class Urls(unittest.TestCase):
    def test_an_address_is_taken_apart(self) -> None:
        parsed = Url.parse("HTTPS://Api.Example.com:8443/a/b?x=1#top")
        self.assertEqual(parsed.authority, "api.example.com:8443")
        self.assertEqual(parsed.path_with_query, "/a/b?x=1")
        self.assertEqual(str(parsed), "https://api.example.com:8443/a/b", "a message never holds the query")
        self.assertEqual(repr(parsed), str(parsed))
        self.assertEqual(Url.parse("http://host").path_with_query, "/")
        self.assertEqual(Url.parse("http://host?q").path_with_query, "/?q")
        self.assertEqual(Url.parse("http://[::1]:80/x").authority, "[::1]:80")
        self.assertEqual(Url.parse("http://host:/x").authority, "host")

    def test_what_cannot_be_called_is_refused_by_reason(self) -> None:
        for text, reason in {
            "example.com": "begin with",
            "ftp://example.com": "begin with",
            "https://": "valid host",
            "https://bücher.example": "valid host",
            "https://a b/": "valid host",
            "https://a\nb/": "valid host",
            "https://[::g]/": "valid host",
            "https://[fe80::1%25eth0]/": "valid host",
            "https://[::1/": "valid host",
            "https://user:pass@example.com/": "no user or password",
            "https://example.com:99999/": "0 to 65535",
            "https://example.com:+1/": "0 to 65535",
            "https://example.com:٣/": "0 to 65535",
            f"https://example.com:{'9' * 5000}/": "0 to 65535",
            "https://h/\ud800": "half of a character",
        }.items():
            with self.subTest(text[:40]), self.assertRaisesRegex(InvalidUrl, reason) as caught:
                Url.parse(text)
            self.assertNotIn("example", str(caught.exception))

    def test_a_backslash_does_not_hide_another_host(self) -> None:
        self.assertEqual(Url.parse("https://good.example\\@evil.example/").host, "good.example")

    def test_what_may_not_stand_in_a_path_is_escaped_and_escapes_stay(self) -> None:
        parsed = Url.parse("https://h/a b/ü%20?q=a b|c")
        self.assertEqual(parsed.path_with_query, "/a%20b/%C3%BC%20?q=a%20b%7Cc")
        self.assertEqual(Url.parse("https://h/a/../b/./c/..").path_with_query, "/b/")
        self.assertEqual(Url.parse("https://h/a\r\nHost: x").path_with_query, "/a%0D%0AHost:%20x")

    def test_a_query_is_appended(self) -> None:
        self.assertEqual(Url.parse("https://h/p?x=1").with_query("q=2").path_with_query, "/p?x=1&q=2")
        self.assertEqual(Url.parse("https://h/p?").with_query("q=2").path_with_query, "/p?q=2")
        self.assertEqual(Url.parse("https://h/p").with_query("").path_with_query, "/p")

    def test_a_location_is_followed_as_rfc_3986_says(self) -> None:
        base = Url.parse("https://h:1/a/b?x=1")
        for reference, expected in {
            "c": "https://h:1/a/c",
            "../c": "https://h:1/c",
            "/c/./d": "https://h:1/c/d",
            "//other/c": "https://other/c",
            "http://other/c?y=2": "http://other/c?y=2",
            "?y=2": "https://h:1/a/b?y=2",
            "": "https://h:1/a/b?x=1",
            "#part": "https://h:1/a/b?x=1",
        }.items():
            with self.subTest(reference):
                self.assertEqual(base.join(reference).full, expected)
        with self.assertRaisesRegex(InvalidUrl, "begin with"):
            base.join("mailto:a@b")

    def test_an_origin_is_scheme_host_and_port(self) -> None:
        origin = Url.parse("https://h/a").origin
        self.assertEqual(origin, Url.parse("https://H:443/b").origin)
        self.assertNotEqual(origin, Url.parse("http://h/a").origin)
        self.assertNotEqual(origin, Url.parse("https://h:444/a").origin)

    def test_the_allow_list_entry_spells_http_and_odd_ports_only(self) -> None:
        for address, entry in {
            "https://api.example.com/x": "api.example.com",
            "https://api.example.com:8443/x": "api.example.com:8443",
            "http://127.0.0.1:8080/x": "http://127.0.0.1:8080",
        }.items():
            self.assertEqual(Url.parse(address).allow_entry, entry)
