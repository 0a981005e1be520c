"""Sums up a table of orders, keeps the mail about it as a document, and sends it by SendGrid."""

import csv
from email.message import EmailMessage

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail


def run(input):
    orders = list(csv.DictReader(input["orders"].splitlines()))
    text = "\n".join(f"{order['name']}: {float(order['total']):.2f}" for order in orders)
    kept = EmailMessage()
    kept["Subject"], kept["To"] = "Orders", "zoe@example.com"
    kept.set_content(text)
    app.documents.write("orders.eml", kept.as_bytes())
    mail = Mail("reports@example.com", "zoe@example.com", "Orders", plain_text_content=text)
    return SendGridAPIClient(app.secrets.SENDGRID_KEY, host=input["url"]).send(mail).status_code
