"""What is no HTTP, and what is written by hand to get past a rule: one clear error each, and at once."""

import asyncio
import ftplib
import imaplib
import smtplib
import socket
from urllib.parse import urlsplit

from expected import fails

SILENT = "nothing was asked on this connection, so nothing will come"
NO_REQUEST = "what is written to this connection is no HTTP/1.1 request"


def run(input):
    other_protocols()
    asyncio.run(no_others())
    by_hand(urlsplit(input["http"]))
    return "done"


def other_protocols():
    fails(OSError, SILENT, lambda: smtplib.SMTP("mail.example", timeout=9))
    fails(OSError, SILENT, lambda: smtplib.SMTP_SSL("mail.example"))
    fails(OSError, SILENT, lambda: imaplib.IMAP4_SSL("mail.example"))
    fails(OSError, SILENT, lambda: ftplib.FTP("files.example"))
    for text in (b"*1\r\n$4\r\nPING\r\n", b"\x00\x00\x00\x08\x04\xd2\x16/", b"SSH-2.0-x\r\n"):
        fails(OSError, NO_REQUEST, lambda text=text: asked(("db.example", 6379), text))
    fails(OSError, "the module `ssl` of Python", lambda: asked(("h.example", 443), b"\x16\x03\x01\x02\x00"))
    fails(OSError, "HTTP/2 is spoken by um-host", lambda: asked(("h.example", 80), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
    fails(OSError, "there are TCP sockets", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    fails(OSError, "no listening sockets", lambda: socket.create_server(("", 8000)))
    assert not hasattr(socket, "AF_UNIX")


async def no_others():
    loop = asyncio.get_running_loop()
    for call, words in (
        (lambda: asyncio.start_server(print, "", 8000), "could not bind"),
        (lambda: loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("h", 53)), "no datagrams"),
        (lambda: asyncio.create_subprocess_exec("ls"), "cannot start other programs"),
    ):
        try:
            await call()
        except (OSError, NotImplementedError) as error:
            assert words in str(error), error
        else:
            raise AssertionError(words)


def asked(address, text):
    with socket.create_connection(address) as sock:
        sock.sendall(text)
        return sock.recv(99)


def by_hand(to):
    """None of these reaches the service, which counts what it is asked."""
    address, host = (to.hostname, to.port), to.netloc
    for line, words in (
        ("GET / HTTP/1.1|Host: other.example", "the header Host"),
        (f"GET / HTTP/1.1|Host: {host}|Host: other.example", "names its host, once"),
        ("GET / HTTP/1.1|Accept: */*", "names its host, once"),
        (f"GET http://other.example/ HTTP/1.1|Host: {host}", "--proxy"),
        (f"CONNECT other.example:443 HTTP/1.1|Host: {host}", "--proxy"),
        (f"POST / HTTP/1.1|Host: {host}|Content-Length: 3|Content-Length: 4", "one length"),
        (f"POST / HTTP/1.1|Host: {host}|Content-Length: 3|Transfer-Encoding: chunked", "one length"),
        (f"GET / HTTP/1.1|Host: {host}|X: 1\nHost: other.example", "a line of the request's head"),
        (f"GET / HTTP/1.1|Host: {host}|X: 1\rY: 2", "a line of the request's head"),
        (f"GET / HTTP/1.1|Host: {host}|Connection: Upgrade|Upgrade: websocket", "no WebSocket"),
        (f"GET / HTTP/1.1|Host: {host}|X: \0", "a line of the request's head"),
    ):
        fails(OSError, words, lambda line=line: asked(address, line.replace("|", "\r\n").encode() + b"\r\n\r\n"))
