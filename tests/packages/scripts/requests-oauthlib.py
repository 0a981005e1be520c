from requests_oauthlib import OAuth1Session, OAuth2Session


def run(url):
    token = app.secrets.API_TOKEN
    two = OAuth2Session(token={"access_token": token, "token_type": "Bearer"})
    one = OAuth1Session("key-of-client", client_secret="s", resource_owner_key=token, resource_owner_secret="t")
    return [session.get(f"{url}/contacts").json()["results"][0]["name"] for session in (one, two)]
