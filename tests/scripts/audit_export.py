r"""Everything that an audit log holds of a day, as one list: a result of megabytes.

    um-host run audit_export.py --allow-host audit.example.com \
        --input '{"base_url": "https://audit.example.com", "day": "2026-11-22"}'
"""


def run(input):
    events = []
    for hour in range(24):
        events += fetch(input["base_url"], f"{input['day']}T{hour:02}")
    return {"day": input["day"], "count": len(events), "events": events}


def fetch(base_url, hour):
    response = app.http.get(
        f"{base_url}/events",
        params={"hour": hour},
        headers={"Authorization": f"Bearer {app.secrets.AUDIT_TOKEN}"},
    )
    response.raise_for_status()
    return response.json()
