"""What scripts for `requests` do, done with app.http: an upload, a generator, retries, links, redirects."""

import json
from datetime import date
from decimal import Decimal

TEXT = "a,b\n1,2\n"


def run(url, user):
    token = app.secrets.CRM_TOKEN
    app.documents.write("out/rows.csv", TEXT)
    with app.documents.open("out/rows.csv", "rb") as rows:
        bearer = {"Authorization": f"Bearer {token}"}
        uploaded = app.http.post(f"{url}/upload", files={"file": rows}, data={"channel": "C1"}, headers=bearer)
    streamed = app.http.put(f"{url}/stream", data=(f"line {number}\n" for number in range(3)))
    placed = app.http.post(f"{url}/orders", json={"on": date(2026, 1, 2), "price": Decimal("9.90")}, retries=3)
    page = app.http.get(f"{url}/page", auth=(user, token), retries=3)
    names = []
    while True:
        names += page.raise_for_status().json()
        if "next" not in page.links:
            break
        page = app.http.get(page.links["next"]["url"], auth=(user, token))
    inside = app.http.get(f"{url.replace('//', f'//{user}:{token}@')}/inside")
    packed = [app.http.get(f"{url}/packed/{coding}").text for coding in ("gzip", "deflate", "br", "zstd")]
    with app.http.get(f"{url}/packed/gzip", stream=True) as response:
        lines = list(response.iter_lines(decode_unicode=True))
    return {
        "uploaded": uploaded.json(),
        "streamed": streamed.text,
        "placed": [placed.status, placed.text, [each.status for each in placed.history]],
        "names": names,
        "inside": [inside.text, inside.url == f"{url}/inside", repr(inside.history)],
        "packed": sorted(set(packed)),
        "lines": lines,
        "took": page.elapsed.total_seconds() < 10,
    }


if __name__ == "__main__":
    print(json.dumps(run("http://127.0.0.1:8765", "ada")))
