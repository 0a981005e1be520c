"""More calls than a run may hold things of at once: nothing of a call stays behind."""

import http.client
import itertools
from urllib.parse import urlsplit

import requests


def run(input):
    to = urlsplit(input["http"])
    client = http.client.HTTPConnection(to.hostname, to.port, timeout=60)
    for _ in range(400):
        client.request("GET", "/echo")
        assert client.getresponse().read()
    with requests.Session() as session:
        for _ in range(200):
            assert session.post(f"{input['http']}/echo", data=b"x", timeout=60).ok
    for _ in range(200):
        # Not read to its end, and left to the collector.
        answer = requests.get(f"{input['http']}/bytes", params={"n": 1_000_000}, stream=True)
        list(itertools.islice(answer.iter_content(10), 1))
    return "done"
