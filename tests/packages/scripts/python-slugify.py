from slugify import slugify


def run(url):
    return [slugify("Zoë & Ådas straße: 24. November"), slugify("a b c", separator="_", max_length=3)]
