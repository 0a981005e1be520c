from lxml import etree


def run(url):
    tree = etree.fromstring("<orders><order id='1'>Ada</order></orders>")
    return tree.xpath("//order[@id=1]/text()")
