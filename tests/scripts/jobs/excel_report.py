"""A table of a service as a document for Excel."""

import requests
from openpyxl import Workbook
from openpyxl.styles import Font


def run(input):
    headers = {"Authorization": f"Bearer {app.secrets.SHOP_TOKEN}"}
    orders = requests.get(f"{input['url']}/orders", headers=headers, timeout=10).json()
    book = Workbook()
    sheet = book.active
    sheet.title = "Orders"
    sheet.append(["name", "total"])
    for order in orders:
        sheet.append([order["name"], order["total"]])
    sheet.append(["all", f"=SUM(B2:B{len(orders) + 1})"])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    with app.documents.open("orders.xlsx", "wb") as file:
        book.save(file)
    return len(orders)
