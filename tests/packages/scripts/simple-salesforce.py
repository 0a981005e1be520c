from simple_salesforce import Salesforce


def run(url):
    salesforce = Salesforce(instance_url=url, session_id=app.secrets.API_TOKEN, version="59.0")
    made = salesforce.Contact.create({"LastName": "Café"})
    return [[row["Name"] for row in salesforce.query("SELECT Name FROM Contact")["records"]], made["id"]]
