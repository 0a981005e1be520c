r"""Sums up the contacts of a CRM and publishes them as a document: `examples/contacts` in Python.

It fetches a paged list with the workspace's HUBSPOT_API_KEY, returns a summary as JSON, and writes `contacts.csv`.
On the way it makes every mistake in the book of logging; what um-host prints shows `***` in those places.

    um-host run examples/contacts-py --allow-host api.hubapi.com \
        --input '{"base_url": "https://api.hubapi.com"}' --documents out
"""

import base64
import json
import sys
from collections import Counter
from typing import Any

from um_action import DocumentError, app

Contact = dict[str, str]
Page = list[Contact]


def run(input: dict[str, Any]) -> dict[str, Any]:
    """`base_url` is where the CRM is, without a path; `page_size` the contacts per request, 1 to 100."""
    token = app.secrets.HUBSPOT_API_KEY
    log_badly(token)

    pages = fetch(input["base_url"], input.get("page_size", 25), token)
    contacts = [contact for page in pages for contact in page]
    try:
        write_csv(contacts)
    except DocumentError as error:
        # The summary is of use without the list: a run need not ask for documents.
        print(f"no list: {error}", file=sys.stderr)
    return sum_up(pages, contacts)


def log_badly(token: str) -> None:
    """What no action should do and many a debugging session has left behind."""
    print("using the token", token)
    print("basic auth would be", base64.b64encode(f"api:{token}".encode()).decode(), file=sys.stderr)
    request = {"headers": {"authorization": f"Bearer {token}"}, "retries": 0}
    print("request:", json.dumps(request, separators=(",", ":")))


def fetch(base_url: str, page_size: int, token: str) -> list[Page]:
    """Page after page, until one names no next."""
    pages: list[Page] = []
    params: dict[str, Any] = {"limit": page_size}
    while True:
        response = app.http.get(
            f"{base_url}/crm/v3/objects/contacts",
            headers={"Authorization": f"Bearer {token}"},
            params=params,
        )
        response.raise_for_status()
        page = response.json()
        pages.append([contact["properties"] for contact in page["results"]])
        if "next" not in page.get("paging", {}):
            return pages
        params["after"] = page["paging"]["next"]["after"]


def write_csv(contacts: list[Contact]) -> None:
    with app.documents.open("contacts.csv") as file:
        file.write("name,email,company,created\n")
        for contact in contacts:
            company = contact["company"].replace('"', '""')
            file.write(f'{full_name(contact)},{contact["email"]},"{company}",{contact["createdate"]}\n')


def sum_up(pages: list[Page], contacts: list[Contact]) -> dict[str, Any]:
    companies = Counter(contact["company"] for contact in contacts)
    # RFC 3339 in UTC: the order of the texts is the order of the times.
    newest = max(contacts, key=lambda contact: contact["createdate"], default=None)
    return {
        "contacts": len(contacts),
        "pages": len(pages),
        "companies": dict(sorted(companies.items())),
        "newest": newest and f"{full_name(newest)} of {newest['company']}",
    }


def full_name(contact: Contact) -> str:
    return f"{contact['firstname']} {contact['lastname']}"
