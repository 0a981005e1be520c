"""What is measured: `main.py WHAT CLIENT URL COUNT`, under um-host and under python3 alike. Prints seconds as JSON."""

import asyncio
import http.client
import json
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

PIECE = bytes(65536)
PLACES = 20


def one_by_one(client, url, count):
    """Calls one after the other on a connection that is kept, where the client keeps one."""
    call = CALLS[client](url)
    call()
    began = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - began


def by_app(url):
    return lambda: app.http.get(f"{url}/bytes?n=100").content


def by_http_client(url):
    to = urlsplit(url)
    kind = http.client.HTTPSConnection if to.scheme == "https" else http.client.HTTPConnection
    connection = kind(to.hostname, to.port)

    def call():
        connection.request("GET", "/bytes?n=100")
        return connection.getresponse().read()

    return call


def by_urllib(url):
    def call():
        with urllib.request.urlopen(f"{url}/bytes?n=100") as answer:
            return answer.read()

    return call


def by_urllib3(url):
    import urllib3

    pool = urllib3.PoolManager()
    return lambda: pool.request("GET", f"{url}/bytes?n=100").data


def by_requests(url):
    import requests

    session = requests.Session()
    return lambda: session.get(f"{url}/bytes?n=100").content


def by_httpx(url):
    import httpx

    client = httpx.Client()
    return lambda: client.get(f"{url}/bytes?n=100").content


CALLS = {
    "app.http": by_app,
    "http.client": by_http_client,
    "urllib.request": by_urllib,
    "urllib3": by_urllib3,
    "requests": by_requests,
    "httpx": by_httpx,
}


def at_once(client, url, count):
    """So many calls, twenty of them under way at a time."""
    began = time.perf_counter()
    AT_ONCE[client](f"{url}/bytes?n=100", count)
    return time.perf_counter() - began


async def gathered(call, count):
    places = asyncio.Semaphore(PLACES)

    async def placed():
        async with places:
            return await call()

    return await asyncio.gather(*[placed() for _ in range(count)])


def app_at_once(url, count):
    async def call():
        return (await app.http.aio.get(url)).content

    asyncio.run(gathered(call, count))


def httpx_at_once(url, count):
    import httpx

    async def all_of_them():
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=PLACES), timeout=60) as client:
            await gathered(lambda: client.get(url), count)

    asyncio.run(all_of_them())


def aiohttp_at_once(url, count):
    import aiohttp

    async def all_of_them():
        async with aiohttp.ClientSession() as session:

            async def call():
                async with session.get(url) as answer:
                    return await answer.read()

            await gathered(call, count)

    asyncio.run(all_of_them())


def requests_at_once(url, count):
    """By threads, which um-host has do their work at once."""
    import requests

    session = requests.Session()
    with ThreadPoolExecutor(PLACES) as pool:
        list(pool.map(lambda _: session.get(url).content, range(count)))


AT_ONCE = {
    "app.http": app_at_once,
    "httpx": httpx_at_once,
    "aiohttp": aiohttp_at_once,
    "requests": requests_at_once,
}


def pieces(count):
    for _ in range(count):
        yield PIECE


def up(client, url, count):
    """So many pieces of 64 KiB, made while they are sent."""
    post = {"app.http": app_up, "requests": requests_up, "httpx": httpx_up}[client](f"{url}/upload")
    began = time.perf_counter()
    sent = post(pieces(count)).json()[0]
    took = time.perf_counter() - began
    assert sent == count * len(PIECE), sent
    return took


def app_up(address):
    return lambda data: app.http.post(address, data=data)


def requests_up(address):
    import requests

    return lambda data: requests.post(address, data=data)


def httpx_up(address):
    import httpx

    return lambda data: httpx.post(address, content=data, timeout=60)


def down(client, url, count):
    """As many bytes, let go of as they come."""
    size = count * len(PIECE)
    get = {"app.http": app_down, "requests": requests_down, "httpx": httpx_down}[client](f"{url}/bytes?n={size}")
    began = time.perf_counter()
    read = sum(len(piece) for piece in get())
    took = time.perf_counter() - began
    assert read == size, read
    return took


def app_down(address):
    return lambda: app.http.get(address, stream=True).iter_bytes()


def requests_down(address):
    import requests

    return lambda: requests.get(address, stream=True).iter_content(65536)


def httpx_down(address):
    import httpx

    def read():
        with httpx.stream("GET", address, timeout=60) as answer:
            yield from answer.iter_bytes()

    return read


def loaded(client, url, count):
    """The import alone."""
    began = time.perf_counter()
    __import__(client)
    return time.perf_counter() - began


what, client, url, count = sys.argv[1:]
measures = {"one by one": one_by_one, "at once": at_once, "up": up, "down": down, "import": loaded}
print(json.dumps(measures[what](client, url, int(count))))
