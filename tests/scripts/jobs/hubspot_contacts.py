"""All contacts of HubSpot, page by page; a service that is busy is asked again when it says."""

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


def run(input):
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {app.secrets.HUBSPOT_TOKEN}"
    session.mount(input["url"], HTTPAdapter(max_retries=Retry(total=3, status_forcelist=[429, 502, 503])))
    mails, after = [], None
    while True:
        parameters = {"limit": 100, "properties": "email"} | ({"after": after} if after else {})
        page = session.get(f"{input['url']}/crm/v3/objects/contacts", params=parameters, timeout=10)
        page.raise_for_status()
        mails += [contact["properties"]["email"] for contact in page.json()["results"]]
        after = page.json().get("paging", {}).get("next", {}).get("after")
        if after is None:
            return {"contacts": len(mails), "last": mails[-1]}
