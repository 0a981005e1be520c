r"""The orders of a month as a table, and a summary of them.

Writes `orders-MONTH.csv` and returns totals by currency and the three best customers.

    um-host run csv_report.py --allow-host shop.example.com --documents out \
        --input '{"shop": "https://shop.example.com", "month": "2026-10"}'
"""

import csv
import re
from collections import Counter, defaultdict
from decimal import Decimal

COLUMNS = ["number", "date", "customer", "currency", "total"]


def run(input):
    month = input["month"]
    if not re.fullmatch(r"\d{4}-\d{2}", month):
        raise ValueError(f"month is to look like 2026-10, not {month!r}")
    orders = fetch_orders(input["shop"], month)
    write_table(f"orders-{month}.csv", orders)
    return {"month": month, "orders": len(orders), "totals": totals(orders), "best": best_customers(orders)}


def fetch_orders(shop, month):
    response = app.http.get(
        f"{shop}/api/orders",
        headers={"X-Api-Key": app.secrets.SHOP_API_KEY, "Accept": "application/json"},
        params={"month": month, "status": "paid"},
    )
    response.raise_for_status()
    return sorted(response.json()["orders"], key=lambda order: (order["date"], order["number"]))


def write_table(name, orders):
    with app.documents.open(name) as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        table.writeheader()
        table.writerows(orders)


def totals(orders):
    sums = defaultdict(Decimal)
    for order in orders:
        sums[order["currency"]] += Decimal(order["total"])
    return {currency: str(total) for currency, total in sorted(sums.items())}


def best_customers(orders):
    return [name for name, _ in Counter(order["customer"] for order in orders).most_common(3)]
