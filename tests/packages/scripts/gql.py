from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport


def run(url):
    headers = {"Authorization": f"Bearer {app.secrets.API_TOKEN}"}
    client = Client(transport=RequestsHTTPTransport(url=f"{url}/graphql", headers=headers))
    orders = client.execute(gql("query Orders { orders(first: 2) { name } }"))
    refused = Client(transport=RequestsHTTPTransport(url=f"{url}/refuses", headers=headers))
    try:
        refused.execute(gql("{ orders { name } }"))
    except TransportQueryError as error:
        return [orders, error.errors[0]["message"]]
