from hashlib import sha256
from io import BytesIO

from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table


def run(url):
    file = BytesIO()
    style = getSampleStyleSheet()["Heading1"]
    SimpleDocTemplate(file, invariant=1).build([Paragraph("Invoice 7", style), Table([["Ada", "12.50"]])])
    return [file.getvalue()[:8].decode(), sha256(file.getvalue()).hexdigest()]
