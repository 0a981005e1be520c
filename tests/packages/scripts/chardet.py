import chardet


def run(url):
    texts = (
        ("naïve café, déjà vu, à bientôt " * 8).encode("utf-8"),
        ("Съешь же ещё этих мягких булок " * 8).encode("cp1251"),
    )
    return [chardet.detect(text)["encoding"] for text in texts]
