"""The standard library's own clients."""

import asyncio
import http.client
import json
import select
import socket
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from expected import OWN_BUNDLE, OWN_CERTIFICATE, REFUSED, UNVERIFIED, fails


def run(input):
    for url in (input["http"], input["https"]):
        clients(url)
        opened(url)
        by_hand(url)
        asyncio.run(streams(url))
    refused(input["https"])
    return "done"


def connection(url, **options):
    to = urlsplit(url)
    kind = http.client.HTTPSConnection if to.scheme == "https" else http.client.HTTPConnection
    return kind(to.hostname, to.port, **options)


def clients(url):
    client = connection(url)
    for number in range(3):
        client.request("POST", f"/echo?n={number}", body=b"abc", headers={"X-One": "1", "X-Two": "\xe9"})
        answer = client.getresponse()
        said = json.load(answer)
        assert (answer.status, answer.reason, said["method"], said["body"]) == (200, "OK", "POST", "abc"), said
        assert (said["path"], said["headers"]["x-one"]) == (f"/echo?n={number}", "1"), said
        assert said["headers"]["host"] == urlsplit(url).netloc, said
    for status in (204, 304):
        client.request("GET", f"/status?n={status}")
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (status, b"")
    client.request("HEAD", "/echo")
    answer = client.getresponse()
    assert int(answer.headers["content-length"]) > 100 and answer.read() == b""
    client.request("PUT", "/upload", body=iter([b"ab", b"c"]), encode_chunked=True)
    assert json.load(client.getresponse()) == [3, None, "chunked"]
    if url.startswith("http:"):
        # Over TLS an end that is not said is none.
        client.request("GET", "/until-close")
        assert client.getresponse().read() == b"until close"
    client.request("GET", "/break")
    fails(ConnectionError, "broke off in the middle", client.getresponse().read)
    client.close()
    client.request("POST", "/early", body=b"x" * 5_000_000)
    assert client.getresponse().status == 413
    client.close()
    late = connection(url, timeout=0.05)
    late.request("GET", "/hold")
    fails(TimeoutError, "timed out", late.getresponse)
    late.close()
    client.request("GET", "/drop")
    fails(ConnectionError, "did not accept the connection or broke it", client.getresponse)
    client.close()


def opened(url):
    with urllib.request.urlopen(f"{url}/redirect?to={url}/echo%3Fa=b") as answer:
        assert json.load(answer)["path"] == "/echo?a=b" and answer.url == f"{url}/echo?a=b"
    try:
        urllib.request.urlopen(f"{url}/early", data=b"abc")
    except urllib.error.HTTPError as error:
        assert (error.code, json.load(error)) == (413, "too large")


def by_hand(url):
    to = urlsplit(url)
    sock = socket.create_connection((to.hostname, to.port))
    if to.scheme == "https":
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=to.hostname)
        assert sock.version() == "TLSv1.3" and sock.getpeercert()["subjectAltName"] == (("DNS", "localhost"),)
    head = f"POST /echo HTTP/1.1\r\nHost: {to.netloc}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    sock.sendall(head[:9].encode())
    assert select.select([sock], [], [], 0) == ([], [], [])
    sock.sendall(head[9:].encode())
    assert sock.recv(99) == b"HTTP/1.1 100 Continue\r\n\r\n"
    sock.sendall(b"abc")
    assert select.select([sock], [], [], 60) == ([sock], [], [])
    with sock.makefile("rb") as file:
        assert file.readline() == b"HTTP/1.1 200 OK\r\n"
    sock.close()
    sock = socket.create_connection((to.hostname, to.port))
    if to.scheme == "http":
        sock.sendall(b"GET /echo HTTP/1.0\r\n\r\n")
        with sock.makefile("rb") as file:
            assert file.read().endswith(b'"body": ""}')
    sock.close()


async def streams(url):
    to = urlsplit(url)
    reader, writer = await asyncio.open_connection(to.hostname, to.port, ssl=to.scheme == "https")
    writer.write(f"GET /bytes?n=300000 HTTP/1.1\r\nHost: {to.netloc}\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
    assert (await reader.read()).endswith(b"\r\n\r\n" + b"x" * 300_000)
    writer.close()
    await writer.wait_closed()
    # Beside one another, with a call of um-host's own.
    calls = [asyncio.open_connection(to.hostname, to.port, ssl=to.scheme == "https") for _ in range(3)]
    name = f"together-{to.scheme}"
    opened = await asyncio.gather(*calls)
    for _, writer in opened:
        writer.write(f"GET /seen?name={name}&n=4 HTTP/1.1\r\nHost: {to.netloc}\r\n\r\n".encode())
    lines = [reader.readline() for reader, _ in opened]
    *lines, answer = await asyncio.gather(*lines, app.http.aio.get(f"{url}/seen?name={name}&n=4"))
    assert lines == [b"HTTP/1.1 200 OK\r\n"] * 3 and answer.json() is True
    for _, writer in opened:
        writer.close()


def refused(url):
    fails(ConnectionError, REFUSED, lambda: urllib.request.urlopen("https://nobody.invalid/"))
    unverified = ssl._create_unverified_context()
    fails(ssl.SSLError, UNVERIFIED, lambda: connection(url, context=unverified).request("GET", "/echo"))
    fails(ssl.SSLError, OWN_CERTIFICATE, lambda: ssl.create_default_context().load_cert_chain("own.pem"))
    fails(ssl.SSLError, OWN_BUNDLE, lambda: ssl.create_default_context(cafile="own.pem"))
    bundle = Path("own.pem").read_text()
    fails(ssl.SSLError, OWN_BUNDLE, lambda: ssl.create_default_context(cadata=bundle))
