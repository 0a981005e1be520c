"""Sealed secrets, sent by clients that know nothing of them, and by hand."""

import asyncio
import json
import socket
from urllib.parse import urlsplit

import aiohttp
import httpx
import requests
from expected import fails

TOKEN, KEY, SECRET = app.secrets.CRM_TOKEN, app.secrets.QUERY_KEY, app.secrets.CLIENT_SECRET
BEARER = {"Authorization": f"Bearer {TOKEN}"}
FORM = {"client_secret": SECRET, "grant": "x"}


def run(url):
    for client in (requests, httpx):
        placed(client, url)
        misplaced(client, url)
    asyncio.run(awaited(url))
    pieces = json.dumps(FORM).encode()
    middle = pieces.index(b"um_sealed_") + 15
    headers = {"Content-Type": "application/json"}
    said(requests.post(f"{url}/json", data=iter([pieces[:middle], pieces[middle:]]), headers=headers))
    by_hand(url)
    return "done"


def said(answer):
    assert answer.status_code == 200, answer.text
    assert all(text.startswith("um_sealed_") for text in answer.json()), answer.text


def placed(client, url):
    said(client.get(f"{url}/bearer", headers=BEARER))
    said(client.get(f"{url}/basic-password", auth=("api", TOKEN)))
    said(client.get(f"{url}/basic-user", auth=(TOKEN, "")))
    said(client.get(f"{url}/query", params={"key": KEY, "other": "1"}))
    said(client.post(f"{url}/form", data=FORM))
    said(client.post(f"{url}/json", json=FORM))


def misplaced(client, url):
    away = url.replace("127.0.0.1", "localhost")
    for words, call in (
        ("stands in the request's path", lambda: client.get(f"{url}/{TOKEN}")),
        ("its placeholder stands elsewhere", lambda: client.get(f"{url}/bearer", params={"x": TOKEN})),
        ("stands in the request's body", lambda: client.post(f"{url}/json", json={"other": TOKEN})),
        ("must be all of its field", lambda: client.get(url, headers={"Authorization": f"Token={TOKEN}"})),
        ("not bound to this scheme, host and port", lambda: client.get(f"{away}/bearer", headers=BEARER)),
    ):
        fails(Exception, words, call)


async def awaited(url):
    async with httpx.AsyncClient() as client:
        said(await client.get(f"{url}/bearer", headers=BEARER))
        said(await client.post(f"{url}/form", data=FORM))
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{url}/basic-password", auth=aiohttp.BasicAuth("api", TOKEN)) as answer:
            assert answer.status == 200
        async with client.post(f"{url}/form", data=FORM) as answer:
            assert answer.status == 200


def by_hand(url):
    to = urlsplit(url)

    def asked(text, cut):
        """What comes back of a request that is written in two pieces, cut within the placeholder."""
        at = text.index("um_seal") + cut
        with socket.create_connection((to.hostname, to.port)) as sock:
            sock.sendall(text[:at].encode())
            sock.sendall(text[at:].encode())
            return sock.recv(99)

    host = f"HTTP/1.1\r\nHost: {to.netloc}\r\n"
    body = json.dumps({"other": TOKEN})
    chunks = f"{20:x}\r\n{body[:20]}\r\n{len(body) - 20:x}\r\n{body[20:]}\r\n0\r\n\r\n"
    json_head = f"POST /json {host}Content-Type: application/json\r\n"
    for cut in (1, 9, 11, 40):
        assert asked(f"GET /bearer {host}Authorization: Bearer {TOKEN}\r\n\r\n", cut).startswith(b"HTTP/1.1 200 OK\r\n")
        for words, text in (
            ("stands in the request's path", f"GET /{TOKEN} {host}\r\n"),
            ("its placeholder stands elsewhere", f"GET /bearer {host}X-Other: {TOKEN}\r\n\r\n"),
            ("stands in the request's body", f"{json_head}Content-Length: {len(body)}\r\n\r\n{body}"),
            ("stands in the request's body", f"{json_head}Transfer-Encoding: chunked\r\n\r\n{chunks}"),
            ("the header Host", f"GET / HTTP/1.1\r\nHost: {TOKEN}\r\n\r\n"),
        ):
            fails(OSError, words, lambda text=text, cut=cut: asked(text, cut))
