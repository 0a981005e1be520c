from charset_normalizer import from_bytes


def run(url):
    texts = (
        ("naïve café, déjà vu " * 8).encode("utf-8"),
        ("Съешь же ещё этих мягких французских булок. " * 9).encode("cp1251"),
    )
    return [[best.encoding, str(best)[:20]] for best in (from_bytes(text).best() for text in texts)]
