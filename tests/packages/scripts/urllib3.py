import urllib3


def run(url):
    http = urllib3.PoolManager(retries=urllib3.Retry(2), headers={"Authorization": f"Bearer {app.secrets.API_TOKEN}"})
    answer = http.request("GET", f"{url}/contacts", fields={"limit": 2})
    return [answer.status, [contact["name"] for contact in answer.json()["results"]]]
