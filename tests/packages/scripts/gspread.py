import gspread
from google.oauth2.credentials import Credentials
from gspread.http_client import HTTPClient


class Elsewhere(HTTPClient):
    """Reaches a service that stands in for Google's."""

    url = ""

    def request(self, method, endpoint, *arguments, **named):
        return super().request(method, endpoint.replace("https://sheets.googleapis.com", self.url), *arguments, **named)


def run(url):
    Elsewhere.url = url
    sheets = gspread.authorize(Credentials(app.secrets.API_TOKEN), http_client=Elsewhere)
    sheet = sheets.open_by_key("s1").sheet1
    sheet.append_row(["Zoë", 3])
    return [sheet.title, sheet.get_all_values()]
