import feedparser


def run(url):
    feed = feedparser.parse(f"{url}/feed.xml")
    return [
        feed.status,
        feed.feed.title,
        [[entry.title, entry.link, list(entry.published_parsed)] for entry in feed.entries],
    ]
