from io import StringIO

from ruamel.yaml import YAML


def run(url):
    yaml, out = YAML(), StringIO()
    settings = yaml.load("a: 1 # the first\nb:\n- x\n- y   # the last\n")
    settings["b"].insert(0, "w")
    yaml.dump(settings, out)
    return out.getvalue()
