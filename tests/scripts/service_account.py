"""Tomorrow's appointments, by a service account.

The secret CALENDAR_ACCOUNT is the JSON file of the account as it was downloaded. Its private key signs an assertion,
the assertion is traded for an access token, and the token opens the calendar.

    um-host run service_account.py --allow-host calendar.example.com --input '{"day": "2026-11-24"}'
"""

import base64
import hashlib
import hmac
import json
import time

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def run(input):
    account = json.loads(app.secrets.CALENDAR_ACCOUNT)
    # um-host knows the file as a whole: a part of it, and what is made in the run, it masks once it is told.
    app.secrets.guard(account["private_key"])
    print("account:", account)

    token = access_token(account)
    app.secrets.guard(token)
    print("token:", token)

    response = app.http.get(
        account["calendar_uri"],
        headers={"Authorization": f"Bearer {token}"},
        params={"day": input["day"]},
    )
    response.raise_for_status()
    return [f"{event['start']} {event['title']}" for event in response.json()["events"]]


def access_token(account):
    form = {"grant_type": GRANT, "assertion": assertion(account)}
    response = app.http.post(account["token_uri"], data=form)
    response.raise_for_status()
    return response.json()["access_token"]


def assertion(account):
    now = int(time.time())
    header = {"alg": "HS256", "typ": "JWT", "kid": account["private_key_id"]}
    claims = {"iss": account["client_email"], "aud": account["token_uri"], "iat": now, "exp": now + 600}
    unsigned = f"{encode(header)}.{encode(claims)}"
    signature = hmac.digest(account["private_key"].encode(), unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{base64url(signature)}"


def encode(part):
    return base64url(json.dumps(part, separators=(",", ":")).encode())


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
