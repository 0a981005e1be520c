"""How an action is tested: in plain Python, with `um_action.testing` in the place of um-host.

    pip install -e guest-sdk/python
    python3 -m unittest discover --buffer examples/contacts-py

Any other runner of tests will do.
"""

import unittest
from typing import Any

import main
from um_action import HttpStatusError, SecretNotFound
from um_action.testing import FakeApp, fake

CRM = "https://crm.example.com"
CONTACTS = f"{CRM}/crm/v3/objects/contacts"
TOKEN = "test-token-1"


def contact(first: str, company: str, created: str) -> dict[str, Any]:
    email = f"{first.lower()}@example.com"
    properties = {"firstname": first, "lastname": "Lee", "email": email, "company": company, "createdate": created}
    return {"id": "1", "properties": properties}


def answer_with_two_pages(app: FakeApp) -> None:
    first = [contact("Ada", "Abacus", "2026-03-01"), contact("Ken", 'Delta "Dry" Goods', "2026-05-01")]
    app.http.answers("GET", CONTACTS, json={"results": first, "paging": {"next": {"after": "2"}}})
    app.http.answers("GET", CONTACTS, json={"results": [contact("Tony", "Abacus", "2026-04-01")]})


class Contacts(unittest.TestCase):
    def test_all_pages_are_fetched_and_summed_up(self) -> None:
        with fake(secrets={"HUBSPOT_API_KEY": TOKEN}) as app:
            answer_with_two_pages(app)
            summary = main.run({"base_url": CRM, "page_size": 2})
            asked = [request.params for request in app.http.requests]
            self.assertEqual(asked, [{"limit": "2"}, {"limit": "2", "after": "2"}])
            self.assertEqual(app.http.requests[0].headers["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual((summary["contacts"], summary["pages"]), (3, 2))
        self.assertEqual(summary["companies"], {"Abacus": 2, 'Delta "Dry" Goods': 1})
        self.assertEqual(summary["newest"], 'Ken Lee of Delta "Dry" Goods')

    def test_the_list_is_published_with_its_quotes_doubled(self) -> None:
        with fake(secrets={"HUBSPOT_API_KEY": TOKEN}) as app:
            answer_with_two_pages(app)
            main.run({"base_url": CRM})
            lines = app.documents.text("contacts.csv").splitlines()
        self.assertEqual(lines[0], "name,email,company,created")
        self.assertEqual(lines[2], 'Ken Lee,ken@example.com,"Delta ""Dry"" Goods",2026-05-01')

    def test_a_token_that_the_crm_does_not_take_is_an_error(self) -> None:
        with fake(secrets={"HUBSPOT_API_KEY": TOKEN}) as app:
            app.http.answers("GET", CONTACTS, status=401)
            with self.assertRaisesRegex(HttpStatusError, "answered 401") as caught:
                main.run({"base_url": CRM})
            self.assertEqual(caught.exception.response.status, 401)
            self.assertEqual(app.documents.names(), [])

    def test_without_its_secret_it_calls_nobody(self) -> None:
        with fake(secrets={"HUBSPOT_API_TOKEN": TOKEN}) as app:
            with self.assertRaisesRegex(SecretNotFound, "did you mean `HUBSPOT_API_TOKEN`"):
                main.run({"base_url": CRM})
            self.assertEqual(app.http.requests, [])


if __name__ == "__main__":
    unittest.main()
