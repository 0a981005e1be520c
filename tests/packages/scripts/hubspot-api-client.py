from hubspot import HubSpot
from hubspot.crm.contacts import SimplePublicObjectInputForCreate


def run(url):
    contacts = HubSpot(access_token=app.secrets.API_TOKEN).crm.contacts.basic_api
    contacts.api_client.configuration.host = url
    page = contacts.get_page(limit=2, properties=["email"])
    made = contacts.create(SimplePublicObjectInputForCreate(properties={"email": "zoe@example.com"}))
    return [[each.properties["email"] for each in page.results], made.id]
