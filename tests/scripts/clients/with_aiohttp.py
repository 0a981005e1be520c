"""aiohttp, without its compiled parts."""

import asyncio
from urllib.parse import urlsplit

import aiohttp
from expected import REFUSED, UNVERIFIED, fails_later


async def run(input):
    async with aiohttp.ClientSession() as client:
        for url in (input["http"], input["https"]):
            await calls(client, url)
            await failures(client, url)
        raised = aiohttp.ClientOSError
        await fails_later(raised, REFUSED, lambda: read(client, "https://nobody.invalid/"))
        await fails_later(raised, UNVERIFIED, lambda: read(client, f"{input['https']}/echo", ssl=False))
        proxy = "http://127.0.0.1:3128"
        await fails_later(
            OSError, "um-host run --proxy URL", lambda: read(client, f"{input['https']}/echo", proxy=proxy)
        )
        await fails_later(OSError, "no WebSocket", lambda: client.ws_connect(f"{input['http']}/echo"))
    return "done"


async def read(client, url, verb="get", **options):
    async with getattr(client, verb)(url, **options) as answer:
        return await answer.json() if answer.content_type == "application/json" else await answer.read()


async def calls(client, url):
    said = await read(client, f"{url}/echo", "post", params={"q": "x y"}, json={"a": 1})
    assert (said["path"], said["body"]) == ("/echo?q=x+y", '{"a": 1}'), said
    form = aiohttp.FormData()
    form.add_field("f", b"hello", filename="n.txt")
    assert "hello" in (await read(client, f"{url}/echo", "post", data=form))["body"]
    assert (await read(client, f"{url}/redirect", params={"to": f"{url}/echo"}))["path"] == "/echo"
    big = b"x" * 3_000_000
    assert (await read(client, f"{url}/upload", "post", data=big))[0] == 3_000_000
    assert await read(client, f"{url}/bytes", params={"n": 3_000_000}) == big
    async with client.head(f"{url}/echo") as answer:
        assert answer.status == 200
    name = f"aiohttp-{urlsplit(url).scheme}"
    together = {"name": f"{name}-all", "n": 10}
    assert await asyncio.gather(*(read(client, f"{url}/seen", params=together) for _ in range(10))) == [True] * 10
    async with client.get(f"{url}/events", params={"name": name, "n": 2}) as answer:
        for number in range(2):
            assert await answer.content.readline() == b"data: %d\n" % number
            assert await answer.content.readline() == b"\n"
            await read(client, f"{url}/seen", params={"name": name})


async def failures(client, url):
    late = aiohttp.ClientTimeout(total=0.05)
    await fails_later(TimeoutError, "", lambda: read(client, f"{url}/hold", timeout=late))
    await fails_later(aiohttp.ClientOSError, "or broke it", lambda: read(client, f"{url}/drop"))
    await fails_later(aiohttp.ClientPayloadError, "not completed", lambda: read(client, f"{url}/break"))
