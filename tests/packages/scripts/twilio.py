from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client


class Elsewhere(TwilioHttpClient):
    """Reaches a service that stands in for twilio's."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def request(self, method, url, *arguments, **named):
        return super().request(method, url.replace("https://api.twilio.com", self.url), *arguments, **named)


def run(url):
    client = Client("AC1", app.secrets.API_TOKEN, http_client=Elsewhere(url))
    sent = client.messages.create(to="+15550100", from_="+15550101", body="hello ü")
    return [sent.sid, sent.status, sent.body]
