import requests


def run(url):
    answer = requests.get(f"{url}/contacts", headers={"Authorization": f"Bearer {app.secrets.API_TOKEN}"}, timeout=30)
    answer.raise_for_status()
    return [contact["name"] for contact in answer.json()["results"]]
