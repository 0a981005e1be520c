from io import BytesIO

from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font


def run(url):
    book, file = Workbook(), BytesIO()
    for row in (["name", "sum"], ["Ada", 12.5], ["Zoë", 3], ["all", "=SUM(B2:B3)"]):
        book.active.append(row)
    book.active["A1"].font = Font(bold=True)
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    book.active.add_chart(chart, "D2")
    book.save(file)
    book.save("/tmp/orders.xlsx")
    read = [load_workbook(each).active for each in (file, "/tmp/orders.xlsx")]
    return [[[cell.value for cell in row] for row in sheet] for sheet in read]
