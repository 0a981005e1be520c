from elasticsearch import Elasticsearch, NotFoundError


def run(url):
    client = Elasticsearch(url, api_key=app.secrets.API_TOKEN)
    found = client.search(index="orders", query={"match": {"name": "ada"}})
    try:
        client.get(index="orders", id="none")
    except NotFoundError as error:
        return [[hit["_source"] for hit in found["hits"]["hits"]], error.status_code]
