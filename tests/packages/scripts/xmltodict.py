import xmltodict


def run(url):
    orders = xmltodict.parse('<orders day="24"><order id="1">Ada</order><order id="2">Zoë</order></orders>')
    return [orders, xmltodict.unparse(orders, pretty=True)]
