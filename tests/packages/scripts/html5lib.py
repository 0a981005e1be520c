import html5lib


def run(url):
    tree = html5lib.parse("<p>one<p>two <b>bold<i>both</b>", namespaceHTMLElements=False)
    return [["".join(each.itertext()) for each in tree.iter("p")], html5lib.serialize(tree, tree="etree")]
