"""Lists all contacts of a CRM that gives them out page by page and is strict about how often it is asked.

    um-host run paging.py --allow-host api.example.com -- https://api.example.com --page-size 100

Ends with status 75 (try again later) when the CRM stays busy.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

from um_action import HttpStatusError, app

BUSY = {429, 503}
ATTEMPTS = 4
FIRST_PAUSE = 0.1  # seconds; doubles with each attempt
TRY_AGAIN_LATER = 75  # EX_TEMPFAIL of sysexits.h


def fetch(url: str, params: dict[str, Any] | None) -> Any:
    headers = {"Authorization": f"Bearer {app.secrets.CRM_TOKEN}"}
    for attempt in range(ATTEMPTS):
        response = app.http.get(url, headers=headers, params=params, timeout=10)
        if response.status not in BUSY:
            break
        pause = float(response.headers.get("Retry-After", FIRST_PAUSE * 2**attempt))
        print(f"{response.status} from the CRM, waiting {pause:g} s", file=sys.stderr)
        time.sleep(pause)
    response.raise_for_status()
    return response


def contacts(base_url: str, page_size: int) -> Iterator[dict[str, Any]]:
    url = f"{base_url}/v1/contacts"
    params: dict[str, Any] | None = {"per_page": page_size}
    while url:
        response = fetch(url, params)
        yield from response.json()
        following = re.search(r'<([^>]+)>; *rel="next"', response.headers.get("Link", ""))
        url, params = following[1] if following else "", None


def main() -> int:
    parser = argparse.ArgumentParser(description="Lists all contacts of the CRM.")
    parser.add_argument("base_url")
    parser.add_argument("--page-size", type=int, default=50, metavar="N")
    arguments = parser.parse_args()
    try:
        for contact in contacts(arguments.base_url, arguments.page_size):
            print(f"{contact['id']}\t{contact['name']}")
    except HttpStatusError as error:
        print(f"giving up: {error}", file=sys.stderr)
        return TRY_AGAIN_LATER if error.response.status in BUSY else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
