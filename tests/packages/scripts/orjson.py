import orjson


def run(url):
    return orjson.loads(orjson.dumps({"name": "Zoë", "sum": 12.5}, option=orjson.OPT_SORT_KEYS))
