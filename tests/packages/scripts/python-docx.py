from io import BytesIO

from docx import Document


def run(url):
    document, file = Document(), BytesIO()
    document.add_heading("Report")
    document.add_paragraph("Zoë")
    document.save(file)
    return [paragraph.text for paragraph in Document(file).paragraphs]
