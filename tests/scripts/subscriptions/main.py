"""Invoices for all subscriptions, sent to the billing service.

    um-host run subscriptions --allow-host billing.example.com --input @subscriptions.json

The input has the address of the service as `billing` and the list as `subscriptions`.
"""

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from models import Invoice, Subscription
from um_action import app


def run(input: dict[str, Any]) -> list[dict[str, Any]]:
    subscriptions = [Subscription.parse(record) for record in input["subscriptions"]]
    invoices = [asdict(invoice) for invoice in invoices_of(subscriptions)]
    for invoice in invoices:
        send(input["billing"], invoice)
    return invoices


def invoices_of(subscriptions: list[Subscription]) -> list[Invoice]:
    by_customer: defaultdict[str, list[Subscription]] = defaultdict(list)
    for subscription in subscriptions:
        by_customer[subscription.customer].append(subscription)
    return sorted(invoice(customer, own) for customer, own in by_customer.items())


def invoice(customer: str, subscriptions: list[Subscription]) -> Invoice:
    lines = [f"{one.seats} x {one.plan.name.title()}: {one.monthly}" for one in subscriptions]
    return Invoice(customer, str(sum(one.monthly for one in subscriptions)), lines)


def send(billing: str, invoice: dict[str, Any]) -> None:
    url = f"{billing}/customers/{invoice['customer']}/invoice"
    app.http.put(url, json=invoice, headers={"X-Api-Key": app.secrets.BILLING_KEY}).raise_for_status()
