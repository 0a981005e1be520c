import redis


def run(url):
    client = redis.Redis(host="localhost", password=app.secrets.API_TOKEN, decode_responses=True)
    client.set("last", "7")
    return client.get("last")
