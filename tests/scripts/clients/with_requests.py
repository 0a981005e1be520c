"""requests and urllib3."""

import io
from urllib.parse import urlsplit

import requests
import urllib3
from expected import OWN_BUNDLE, OWN_CERTIFICATE, REFUSED, UNVERIFIED, fails
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


def run(input):
    for url in (input["http"], input["https"]):
        verbs(url)
        bodies(url)
        streamed(url)
        failures(url)
    refused(input["https"])
    return "done"


def verbs(url):
    for verb in ("get", "post", "put", "patch", "delete", "options"):
        said = getattr(requests, verb)(f"{url}/echo", params={"q": "x y"}, auth=("ada", "pw")).json()
        assert (said["method"], said["path"]) == (verb.upper(), "/echo?q=x+y"), said
        assert said["headers"]["authorization"] == "Basic YWRhOnB3", said
    assert requests.head(f"{url}/echo").headers["content-type"] == "application/json"
    with requests.Session() as session:
        for status in (204, 304, 500):
            assert session.get(f"{url}/status", params={"n": status}, timeout=60).status_code == status
        answer = session.get(f"{url}/redirect", params={"to": f"{url}/echo"})
        assert (answer.url, len(answer.history)) == (f"{url}/echo", 1)
        retry = Retry(total=2, backoff_factor=0, status_forcelist=[500])
        session.mount(url, HTTPAdapter(max_retries=retry))
        fails(requests.exceptions.RetryError, "too many 500", lambda: session.get(f"{url}/status", params={"n": 500}))


def bodies(url):
    assert requests.post(f"{url}/echo", json={"a": 1}).json()["body"] == '{"a": 1}'
    assert requests.post(f"{url}/echo", data={"a": "b c"}).json()["body"] == "a=b+c"
    sent = requests.post(f"{url}/echo", files={"f": ("n.txt", b"hello")}, data={"k": "v"}).json()
    assert 'name="f"; filename="n.txt"\r\n\r\nhello\r\n' in sent["body"], sent
    assert requests.post(f"{url}/upload", data=b"x" * 3_000_000).json() == [3_000_000, "3000000", None]
    assert requests.post(f"{url}/upload", data=io.BytesIO(b"x" * 100_000)).json() == [100_000, "100000", None]
    assert requests.post(f"{url}/upload", data=iter([b"ab", b"c"])).json() == [3, None, "chunked"]
    assert requests.get(f"{url}/bytes", params={"n": 3_000_000}).content == b"x" * 3_000_000
    assert requests.post(f"{url}/early", data=b"x" * 5_000_000).status_code == 413


def streamed(url):
    """Both ways: the service has the first piece before there is a second one, and so has the client."""
    name = f"requests-{urlsplit(url).scheme}"

    def pieces():
        yield b"first"
        assert requests.get(f"{url}/seen", params={"name": "other", "for": f"up-{name}", "n": 5}).json() is True
        yield b"second"

    assert requests.post(f"{url}/upload", params={"name": f"up-{name}"}, data=pieces()).json()[0] == 11
    with requests.get(f"{url}/events", params={"name": name, "n": 3}, stream=True) as answer:
        lines = (line for line in answer.iter_lines() if line)
        for number in range(3):
            assert next(lines) == b"data: %d" % number
            assert requests.get(f"{url}/seen", params={"name": name}).ok
        assert list(lines) == []
    with requests.get(f"{url}/bytes", params={"n": 5_000_000}, stream=True) as answer:
        assert len(answer.raw.read(10)) == 10


def failures(url):
    raised = requests.exceptions
    fails(raised.ReadTimeout, "timed out", lambda: requests.get(f"{url}/hold", timeout=0.05))
    fails(raised.ConnectionError, "or broke it", lambda: requests.get(f"{url}/drop"))
    fails(raised.ChunkedEncodingError, "broke off in the middle", lambda: requests.get(f"{url}/break"))
    other = {"Host": "other.example"}
    fails(raised.ConnectionError, "the header Host", lambda: requests.get(f"{url}/echo", headers=other))


def refused(url):
    raised = requests.exceptions
    urllib3.disable_warnings()
    fails(raised.ConnectionError, REFUSED, lambda: requests.get("https://nobody.invalid/"))
    fails(raised.SSLError, UNVERIFIED, lambda: requests.get(f"{url}/echo", verify=False))
    fails(raised.SSLError, OWN_BUNDLE, lambda: requests.get(f"{url}/echo", verify="own.pem"))
    fails(raised.SSLError, OWN_CERTIFICATE, lambda: requests.get(f"{url}/echo", cert="own.pem"))
    proxies = {"https": "http://127.0.0.1:3128"}
    fails(raised.ConnectionError, "um-host run --proxy URL", lambda: requests.get(f"{url}/echo", proxies=proxies))
