from io import BytesIO

from pypdf import PdfReader, PdfWriter


def run(url):
    writer, file = PdfWriter(), BytesIO()
    for width in (100, 200):
        writer.add_blank_page(width=width, height=300)
    writer.add_metadata({"/Title": "Invoice"})
    writer.write(file)
    reader = PdfReader(file)
    merged = PdfWriter()
    merged.append(reader, pages=(1, 2))
    return [reader.metadata.title, [float(page.mediabox.width) for page in reader.pages], len(merged.pages)]
