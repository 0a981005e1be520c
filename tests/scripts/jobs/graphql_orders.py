"""Open orders by GraphQL."""

from gql import Client, gql
from gql.transport.requests import RequestsHTTPTransport

ORDERS = gql("query Orders($first: Int!) { orders(first: $first) { name total } }")


def run(input):
    headers = {"Authorization": f"Bearer {app.secrets.SHOP_TOKEN}"}
    client = Client(transport=RequestsHTTPTransport(url=f"{input['url']}/graphql", headers=headers))
    orders = client.execute(ORDERS, variable_values={"first": 2})["orders"]
    return {order["name"]: order["total"] for order in orders}
