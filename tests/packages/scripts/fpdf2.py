from datetime import datetime, timezone
from hashlib import sha256

from fpdf import FPDF


def run(url):
    pdf = FPDF()
    pdf.set_creation_date(datetime(2026, 11, 24, tzinfo=timezone.utc))
    pdf.add_page()
    pdf.set_font("helvetica", style="B", size=16)
    pdf.cell(40, 10, "Invoice 7")
    with pdf.table() as table:
        for row in (("name", "sum"), ("Ada", "12.50")):
            table.row(row)
    written = bytes(pdf.output())
    return [len(written), written[:8].decode(), sha256(written).hexdigest()]
