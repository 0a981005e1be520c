from bs4 import BeautifulSoup

PAGE = """<html><body><table id=prices><tr><td class=n>Apples<td>1.20</tr><tr><td class=n>Pears &amp; co<td>3.10</tr>
</table><a href="/next?page=2">next</a></body></html>"""


def run(url):
    page = BeautifulSoup(PAGE, "html.parser")
    names = [cell.get_text(strip=True) for cell in page.select("#prices td.n")]
    return [names, page.find("a", string="next")["href"], page.table.prettify()]
