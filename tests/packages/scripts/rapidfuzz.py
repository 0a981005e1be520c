from rapidfuzz import fuzz, process

NAMES = ["Ada Lovelace", "Grace Hopper", "Zoë Café"]


def run(url):
    name, score, at = process.extractOne("grace hoper", NAMES, processor=str.lower)
    return [name, round(score, 3), at, round(fuzz.token_sort_ratio("lovelace ada", "ada lovelace"), 3)]
