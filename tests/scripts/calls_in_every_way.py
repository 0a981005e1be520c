"""Makes calls of each kind that there is, `URL[,URL…] COUNT [KIND…]`, and says the kind after every 500 of them. What
comes out otherwise than that kind should ends the script. Kinds take turns with the URLs."""

import asyncio
import itertools
import sys
from contextlib import suppress

from um_action.errors import ConnectionFailed, HostNotAllowed, HttpTimeout

urls, count = itertools.cycle(sys.argv[1].split(",")), int(sys.argv[2])


def plain(url):
    assert app.http.get(f"{url}/hello").content == b"hello"


def with_time_out(url):
    assert app.http.get(f"{url}/hello", timeout=60).content == b"hello"


def redirected(url):
    assert app.http.get(f"{url}/moved", timeout=60).content == b"hello"


def to_a_refused_host(_):
    fails(HostNotAllowed, lambda: app.http.get("http://refused.test/", timeout=60))


def refused_by_method(url):
    fails(HostNotAllowed, lambda: app.http.delete(f"{url}/hello", timeout=60))


def left_unread(url):
    app.http.get(f"{url}/large", timeout=60, stream=True)


def read_in_half(url):
    assert next(app.http.get(f"{url}/large", timeout=60, stream=True).iter_bytes())


def with_a_body(url):
    assert app.http.post(f"{url}/hello", data="four", timeout=60).content == b"hello"


def broken_off(url):
    fails(ConnectionFailed, lambda: app.http.get(f"{url}/broken", timeout=60))


def late(url):
    fails(HttpTimeout, lambda: app.http.get(f"{url}/never", timeout=0.005))


def with_trailers(url):
    assert app.http.get(f"{url}/trailers", timeout=60).content == b"hello"


def cancelled(url):
    asyncio.run(cancel(url))


async def cancel(url):
    call = asyncio.create_task(app.http.aio.get(f"{url}/never", timeout=60))
    await asyncio.sleep(0)
    call.cancel()
    with suppress(asyncio.CancelledError):
        await call


def fails(kind, call):
    try:
        call()
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")


KINDS = (
    plain,
    with_time_out,
    redirected,
    to_a_refused_host,
    refused_by_method,
    left_unread,
    read_in_half,
    with_a_body,
    broken_off,
    late,
    with_trailers,
    cancelled,
)

for kind, url in zip(KINDS, urls, strict=False):
    if not sys.argv[3:] or kind.__name__ in sys.argv[3:]:
        for number in range(1, count + 1):
            kind(url)
            if number % 500 == 0:
                print(f"{kind.__name__}: {number}", flush=True)
