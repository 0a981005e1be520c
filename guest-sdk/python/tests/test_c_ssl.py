"""What stands in for TLS: what it takes, and what it refuses."""

import tempfile
import unittest
from pathlib import Path

from um_runner.net import c_ssl, openssl
from um_runner.net.c_ssl import MARK, MemoryBIO, SSLError, SSLWantReadError

ONE = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"


class Contexts(unittest.TestCase):
    def client(self) -> c_ssl._SSLContext:
        return c_ssl._SSLContext(openssl.PROTOCOL_TLS_CLIENT)

    def test_a_client_checks_unless_it_is_told_not_to(self) -> None:
        context = self.client()
        self.assertEqual((context.verify_mode, context.check_hostname), (openssl.CERT_REQUIRED, True))
        with self.assertRaisesRegex(ValueError, "CERT_NONE"):
            context.verify_mode = openssl.CERT_NONE
        context.check_hostname = False
        context.verify_mode = openssl.CERT_NONE
        context.check_hostname = True
        self.assertEqual(context.verify_mode, openssl.CERT_REQUIRED)
        with self.assertRaises(ValueError):
            c_ssl._SSLContext(99)

    def test_public_authorities_are_the_hosts_and_others_are_refused(self) -> None:
        context = self.client()
        with tempfile.TemporaryDirectory() as folder:
            for name, text, is_taken in (
                ("own.pem", ONE, False),
                ("own.pem", ONE * 30, True),
                ("package/data/own.pem", ONE, True),
                ("package/own.pem", ONE, True),
                ("package/data/deep/own.pem", ONE, False),
            ):
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                Path(folder, "package").mkdir(exist_ok=True)
                Path(folder, "package/__init__.py").touch()
                path.write_text(text)
                if is_taken:
                    context.load_verify_locations(path)
                    continue
                with self.assertRaisesRegex(SSLError, "um-host run --ca FILE"):
                    context.load_verify_locations(path)
            with self.assertRaises(FileNotFoundError):
                context.load_verify_locations(Path(folder, "absent.pem"))
            with self.assertRaisesRegex(SSLError, "--ca FILE"):
                context.load_verify_locations(capath=folder)
        for data in (ONE, b"der"):
            with self.assertRaisesRegex(SSLError, "--ca FILE"):
                context.load_verify_locations(cadata=data)
        context.load_verify_locations(cadata=ONE * 30)

    def test_an_action_has_no_certificate_and_no_clients(self) -> None:
        with self.assertRaisesRegex(SSLError, "cannot present a certificate"):
            self.client().load_cert_chain("own.pem")
        with self.assertRaisesRegex(SSLError, "no listening sockets"):
            self.client()._wrap_bio(MemoryBIO(), MemoryBIO(), True)


class Handshakes(unittest.TestCase):
    def test_a_handshake_writes_what_is_wanted_of_the_certificate(self) -> None:
        for mode, word in ((openssl.CERT_REQUIRED, b"verified"), (openssl.CERT_NONE, b"unverified")):
            context = c_ssl._SSLContext(openssl.PROTOCOL_TLS)
            context.verify_mode = mode
            incoming, outgoing = MemoryBIO(), MemoryBIO()
            tls = context._wrap_bio(incoming, outgoing, False, "h.example")
            tls.do_handshake()
            tls.do_handshake()
            tls.write(b"GET")
            self.assertEqual(outgoing.read(), MARK + b"h.example " + word + b"\nGET")
            with self.assertRaises(SSLWantReadError):
                tls.read(9)
            incoming.write(b"HTTP")
            self.assertEqual((tls.read(2), tls.pending()), (b"HT", 2))
            incoming.write_eof()
            self.assertEqual((tls.read(9), tls.read(9)), (b"TP", b""))

    def test_a_certificate_names_the_host_and_has_no_fingerprint(self) -> None:
        for name, kind in (("h.example", "DNS"), ("192.0.2.1", "IP Address"), ("::1", "IP Address")):
            tls = c_ssl._SSLContext()._wrap_bio(MemoryBIO(), MemoryBIO(), False, name)
            with self.assertRaises(ValueError):
                tls.getpeercert()
            tls.do_handshake()
            certificate = tls.getpeercert()
            assert certificate is not None
            self.assertEqual(certificate["subjectAltName"], ((kind, name),))
            self.assertIsNone(tls.getpeercert(True))


if __name__ == "__main__":
    unittest.main()
