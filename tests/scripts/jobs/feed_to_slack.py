"""Posts what is new in a feed to a channel. The caller keeps what was seen last: the result is the next input."""

import feedparser
from slack_sdk import WebClient


def run(input):
    feed = feedparser.parse(f"{input['url']}/feed.xml")
    ids = [entry.id for entry in feed.entries]
    seen = ids.index(input["seen"]) if input.get("seen") in ids else len(ids)
    slack = WebClient(token=app.secrets.SLACK_TOKEN, base_url=f"{input['url']}/api/")
    for entry in reversed(feed.entries[:seen]):
        slack.chat_postMessage(channel="#news", text=f"{entry.title} {entry.link}")
    return {"posted": seen, "seen": ids[0]}
