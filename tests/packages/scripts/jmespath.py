import jmespath

ORDERS = {"orders": [{"name": "Ada", "sum": 12}, {"name": "Zoë", "sum": 3}]}


def run(url):
    return [
        jmespath.search(each, ORDERS)
        for each in ("orders[?sum > `5`].name", "sum(orders[].sum)", "sort_by(orders, &sum)[0]")
    ]
