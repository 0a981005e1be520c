r"""Fetches an access token, has it guarded, uses it, and logs it badly: what is made in a run is masked too, once told.

The workspace's CRM_CLIENT_SECRET is traded for a token that lasts some minutes (RFC 6749, 4.4). um-host knows the
secret; of the token it learns by `guard`, which comes before anything else is done with it.

    um-host run examples/token-py --allow-host api.example.com \
        --input '{"base_url": "https://api.example.com", "client_id": "reports"}'
"""

import base64
import sys
from typing import Any

from um_action import app


def run(input: dict[str, Any]) -> dict[str, Any]:
    """`base_url` is where the service is, without a path; `client_id` is who asks."""
    base_url = input["base_url"]
    token = access_token(base_url, input["client_id"])
    log_badly(token)

    response = app.http.get(f"{base_url}/orders", headers={"Authorization": f"Bearer {token}"})
    response.raise_for_status()
    orders = response.json()["orders"]
    return {"orders": len(orders), "total": sum(order["amount"] for order in orders)}


def access_token(base_url: str, client_id: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": app.secrets.CRM_CLIENT_SECRET,
    }
    response = app.http.post(f"{base_url}/oauth/token", data=form)
    response.raise_for_status()
    token: str = response.json()["access_token"]
    # A value that cannot be guarded raises GuardError: better no report than a token in its log.
    app.secrets.guard(token)
    return token


def log_badly(token: str) -> None:
    """What no action should do and many a debugging session has left behind."""
    print("got the token", token)
    print("as a header:", {"Authorization": "Bearer " + token}, file=sys.stderr)
    print("in base64:", base64.b64encode(token.encode()).decode())
