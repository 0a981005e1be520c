"""Sends an event whose receiver can tell by an HMAC who sent it."""

import hashlib
import hmac
import json

import requests


def run(input):
    body = json.dumps(input["event"], sort_keys=True).encode()
    signature = hmac.new(app.secrets.HOOK_SIGNING.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Signature": f"sha256={signature}"}
    answer = requests.post(f"{input['url']}/hook", data=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.status_code
