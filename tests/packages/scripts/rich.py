from io import StringIO

from rich.console import Console
from rich.table import Table


def run(url):
    table, out = Table("name", "sum", title="Orders"), StringIO()
    table.add_row("Ada", "[bold]12.50[/bold]")
    Console(file=out, width=40, force_terminal=True, color_system="truecolor").print(table)
    return out.getvalue()
