"""httpx, with httpcore below it, and anyio where it is awaited."""

import asyncio
from urllib.parse import urlsplit

import anyio.to_thread
import httpx
from expected import OWN_BUNDLE, REFUSED, UNVERIFIED, fails, fails_later


def run(input):
    for url in (input["http"], input["https"]):
        at_once(url)
        asyncio.run(awaited(url))
    fails(httpx.ReadError, REFUSED, lambda: httpx.get("https://nobody.invalid/"))
    fails(httpx.NetworkError, UNVERIFIED, lambda: httpx.get(input["https"], verify=False))
    fails(OSError, OWN_BUNDLE, lambda: httpx.get(input["https"], verify="own.pem"))
    return "done"


def at_once(url):
    with httpx.Client(auth=("ada", "pw"), timeout=60) as client:
        said = client.post(f"{url}/echo", params={"q": "x y"}, json={"a": 1}).json()
        assert (said["path"], said["body"]) == ("/echo?q=x+y", '{"a":1}'), said
        assert said["headers"]["authorization"] == "Basic YWRhOnB3", said
        assert "hello" in client.post(f"{url}/echo", files={"f": b"hello"}).json()["body"]
        assert client.post(f"{url}/upload", content=iter([b"ab", b"c"])).json() == [3, None, "chunked"]
        assert client.get(f"{url}/redirect", params={"to": "/echo"}, follow_redirects=True).url == f"{url}/echo"
        assert client.head(f"{url}/echo").status_code == 200
        assert client.get(f"{url}/status", params={"n": 204}).status_code == 204
        assert client.post(f"{url}/early", content=b"x" * 5_000_000).status_code == 413
        name = f"httpx-{urlsplit(url).scheme}"
        with client.stream("GET", f"{url}/events", params={"name": name, "n": 2}) as answer:
            lines = (line for line in answer.iter_lines() if line)
            for number in range(2):
                assert next(lines) == f"data: {number}"
                client.get(f"{url}/seen", params={"name": name})
        fails(httpx.ReadTimeout, "timed out", lambda: client.get(f"{url}/hold", timeout=0.05))
        fails(httpx.ReadError, "or broke it", lambda: client.get(f"{url}/drop"))
        fails(httpx.ReadError, "broke off", lambda: client.get(f"{url}/break"))


async def awaited(url):
    for number in range(2):
        assert await anyio.to_thread.run_sync(abs, -number) == number
    name = f"ahttpx-{urlsplit(url).scheme}"
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.post(f"{url}/echo", json={"a": 1})).json()["body"] == '{"a":1}'
        together = {"name": f"{name}-all", "n": 11}
        calls = [client.get(f"{url}/seen", params=together) for _ in range(10)]
        answers = await asyncio.gather(*calls, app.http.aio.get(f"{url}/seen", params=together))
        assert [answer.json() for answer in answers] == [True] * 11
        async with client.stream("GET", f"{url}/events", params={"name": name, "n": 2}) as answer:
            lines = answer.aiter_lines()
            for number in range(2):
                assert await anext(lines) == f"data: {number}"
                assert await anext(lines) == ""
                await client.get(f"{url}/seen", params={"name": name})
        big = b"x" * 3_000_000
        assert (await client.post(f"{url}/upload", content=big)).json()[0] == 3_000_000
        assert (await client.get(f"{url}/bytes", params={"n": 3_000_000})).content == big
        await fails_later(httpx.ReadTimeout, "", lambda: client.get(f"{url}/hold", timeout=0.05))
        await fails_later(httpx.ReadError, "or broke it", lambda: client.get(f"{url}/drop"))
        await fails_later(httpx.ReadError, REFUSED, lambda: client.get("https://nobody.invalid/"))
        try:
            async with asyncio.timeout(0.05):
                await client.get(f"{url}/hold")
        except TimeoutError:
            pass
        assert (await client.get(f"{url}/echo")).is_success
