r"""Writes a letter for an invoice that is overdue.

The text is `letter.txt`, beside this file, with `$names` for what is filled in.

    um-host run overdue_letter --allow-host billing.example.com --documents out \
        --input '{"billing": "https://billing.example.com", "number": "R-1042", "today": "2026-11-23"}'
"""

import sys
from datetime import date
from pathlib import Path
from string import Template

letter = Template(Path(__file__).with_name("letter.txt").read_text(encoding="utf-8"))

number = app.input["number"]
today = date.fromisoformat(app.input["today"])

response = app.http.get(
    f"{app.input['billing']}/invoices/{number}",
    headers={"Authorization": "Bearer " + app.secrets["BILLING_TOKEN"]},
)
response.raise_for_status()
invoice = response.json()

due = date.fromisoformat(invoice["due"])
if today <= due:
    sys.exit(f"{number} is due on {due:%d %B %Y}: nothing to write yet")

text = letter.substitute(
    invoice,
    number=number,
    sender=app.input.get("sender", "Accounts"),
    today=f"{today:%d %B %Y}",
    issued=f"{date.fromisoformat(invoice['issued']):%d %B %Y}",
    due=f"{due:%A, %d %B}",
    days=(today - due).days,
    amount="€ {:,.2f}".format(invoice["cents"] / 100),
)
name = f"{number.lower()}.txt"
app.documents.write(name, text)
app.log.info(f"wrote {name}: {len(text.splitlines())} lines")
