from pymongo import MongoClient


def run(url):
    client = MongoClient("localhost", 27017, username="ada", password=app.secrets.API_TOKEN)
    return client.orders.lines.count_documents({})
