r"""Sends the event that is piped to it to a webhook, signed so that the receiver can tell who sent it and when.

    echo '{"type": "order.paid", "order": 1042}' | \
        um-host run webhook.py --allow-host hooks.example.com -- https://hooks.example.com/orders

The signature is an HMAC-SHA256 of "TIMESTAMP.DIGEST" with the secret WEBHOOK_SIGNING_KEY.
"""

import base64
import hashlib
import hmac
import json
import sys
import time

if len(sys.argv) != 2:
    print("usage: webhook.py URL < event.json", file=sys.stderr)
    sys.exit(2)

try:
    event = json.load(sys.stdin)
except json.JSONDecodeError as error:
    sys.exit(f"the event is not JSON: {error}")

body = json.dumps(event, separators=(",", ":"), sort_keys=True).encode()
digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
timestamp = str(int(time.time()))
key = app.secrets.WEBHOOK_SIGNING_KEY.encode()
signature = hmac.new(key, f"{timestamp}.{digest}".encode(), hashlib.sha256).hexdigest()

response = app.http.post(
    sys.argv[1],
    data=body,
    headers={
        "Content-Type": "application/json",
        "Digest": f"SHA-256={digest}",
        "X-Timestamp": timestamp,
        "X-Signature": f"v1={signature}",
    },
    timeout=10,
)
if not response.ok:
    sys.exit(f"the webhook answered {response.status}: {response.text}")
print(f"delivered as {response.json()['id']}, {len(body)} bytes")
