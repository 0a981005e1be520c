from pyairtable import Api


def run(url):
    table = Api(app.secrets.API_TOKEN, endpoint_url=url).table("app1", "Orders")
    made = table.create({"Name": "Zoë"})
    return [[row["fields"]["Name"] for row in table.all()], made["id"]]
