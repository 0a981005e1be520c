import requests
from trello import TrelloClient


class Elsewhere(requests.Session):
    """Reaches a service that stands in for Trello's."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def request(self, method, url, *arguments, **named):
        return super().request(method, url.replace("https://api.trello.com", self.url), *arguments, **named)


def run(url):
    client = TrelloClient(api_key="k", token=app.secrets.API_TOKEN, http_service=Elsewhere(url))
    return [board.name for board in client.list_boards()]
