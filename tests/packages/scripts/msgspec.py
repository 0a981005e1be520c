import msgspec


class Order(msgspec.Struct):
    name: str
    total: float = 0


def run(url):
    return msgspec.json.decode(b'{"name": "Zo\\u00eb"}', type=Order).name
