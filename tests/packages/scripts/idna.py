import idna


def run(url):
    return [
        idna.encode("königsgäßchen.example").decode(),
        idna.decode("xn--bcher-kva.example"),
        idna.encode("ＢÜCHER.example", uts46=True).decode(),
    ]
