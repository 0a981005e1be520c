import asyncio

from notion_client import AsyncClient, Client


def run(url):
    notion = Client(auth=app.secrets.API_TOKEN, base_url=url)
    made = notion.pages.create(parent={"page_id": "p1"}, properties={"title": [{"text": {"content": "Zoë"}}]})
    return [[user["name"] for user in notion.users.list()["results"]], made["id"], asyncio.run(later(url))]


async def later(url):
    async with AsyncClient(auth=app.secrets.API_TOKEN, base_url=url) as notion:
        return (await notion.users.list())["results"][0]["id"]
