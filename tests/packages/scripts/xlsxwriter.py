import zipfile
from datetime import datetime
from hashlib import sha256

import xlsxwriter


def run(url):
    book = xlsxwriter.Workbook("/tmp/report.xlsx")
    book.set_properties({"created": datetime(2026, 11, 24)})
    sheet, bold = book.add_worksheet("Orders"), book.add_format({"bold": True, "num_format": "0.00"})
    sheet.write_row(0, 0, ["name", "sum"], bold)
    sheet.write_row(1, 0, ["Zoë", 12.5])
    sheet.write_formula("B3", "=SUM(B2:B2)")
    book.close()
    with zipfile.ZipFile("/tmp/report.xlsx") as parts:
        return [[name, sha256(parts.read(name)).hexdigest()] for name in sorted(parts.namelist())]
