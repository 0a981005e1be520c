from tabulate import tabulate


def run(url):
    rows = [["Ada", 12.5], ["Zoë", 3]]
    return [tabulate(rows, headers=["name", "sum"], tablefmt=each) for each in ("github", "grid", "html")]
