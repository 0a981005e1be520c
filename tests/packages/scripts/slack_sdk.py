from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError


def run(url):
    client = WebClient(token=app.secrets.API_TOKEN, base_url=f"{url}/api/")
    sent = client.chat_postMessage(channel="#orders", text="hello ü", blocks=[{"type": "divider"}])
    try:
        client.conversations_list()
    except SlackApiError as error:
        return [sent["ts"], error.response["error"]]
