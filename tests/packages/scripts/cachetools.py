from cachetools import LRUCache, TTLCache, cached

calls = []


@cached(TTLCache(maxsize=8, ttl=60))
def slow(number):
    calls.append(number)
    return number * 2


def run(url):
    kept = LRUCache(maxsize=2)
    for number in (1, 2, 3):
        kept[number] = slow(number) + slow(number)
    return [sorted(kept.items()), calls]
