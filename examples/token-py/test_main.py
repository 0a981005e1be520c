"""How it is tested that an action guards what it makes: in plain Python, with `um_action.testing`.

    pip install -e guest-sdk/python
    python3 -m unittest discover --buffer examples/token-py

Any other runner of tests will do.
"""

import unittest
from typing import Any

import main
from um_action import GuardError, HttpStatusError
from um_action.testing import FakeApp, fake

SERVICE = "https://api.example.com"
SECRET = "test-client-secret-1"
TOKEN = "test-access-token-1"
INPUT = {"base_url": SERVICE, "client_id": "reports"}


def answer(app: FakeApp, token: str) -> None:
    app.http.answers("POST", f"{SERVICE}/oauth/token", json={"access_token": token, "expires_in": 300})
    orders: dict[str, Any] = {"orders": [{"amount": 40}, {"amount": 2}]}
    app.http.answers("GET", f"{SERVICE}/orders", json=orders)


class Token(unittest.TestCase):
    def test_the_token_is_guarded_and_used(self) -> None:
        with fake(secrets={"CRM_CLIENT_SECRET": SECRET}) as app:
            answer(app, TOKEN)
            self.assertEqual(main.run(INPUT), {"orders": 2, "total": 42})
            self.assertEqual(app.guarded, [TOKEN])
            self.assertEqual(app.http.requests[1].headers["Authorization"], f"Bearer {TOKEN}")

    def test_a_token_that_cannot_be_guarded_is_not_used(self) -> None:
        with fake(secrets={"CRM_CLIENT_SECRET": SECRET}) as app:
            answer(app, "short")
            with self.assertRaisesRegex(GuardError, "at least 8 bytes"):
                main.run(INPUT)
            self.assertEqual(len(app.http.requests), 1)

    def test_a_secret_that_the_service_does_not_take_is_an_error(self) -> None:
        with fake(secrets={"CRM_CLIENT_SECRET": SECRET}) as app:
            app.http.answers("POST", f"{SERVICE}/oauth/token", status=401)
            with self.assertRaisesRegex(HttpStatusError, "answered 401"):
                main.run(INPUT)
            self.assertEqual(app.guarded, [])


if __name__ == "__main__":
    unittest.main()
