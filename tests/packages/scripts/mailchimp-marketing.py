from mailchimp_marketing import Client
from mailchimp_marketing.api_client import ApiClientError


def run(url):
    client = Client({"api_key": app.secrets.API_TOKEN, "server": "us1"})
    client.api_client.host = f"{url}/3.0"
    for part in vars(client).values():
        if hasattr(part, "api_client"):
            part.api_client.host = f"{url}/3.0"
    try:
        client.lists.get_list("none")
    except ApiClientError as error:
        return [client.ping.get()["health_status"], error.status_code]
