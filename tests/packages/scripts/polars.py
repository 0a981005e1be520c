import polars


def run(url):
    orders = polars.DataFrame({"name": ["Ada", "Ada", "Zoë"], "total": [12, 30, 3]})
    return orders.group_by("name").agg(polars.col("total").sum()).sort("name").to_dicts()
