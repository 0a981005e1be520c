import gspread
from google.oauth2.credentials import Credentials


def run(url):
    sheets = gspread.authorize(Credentials(app.secrets.API_TOKEN))
    # The package knows one service alone.
    asked = sheets.http_client.session.request
    sheets.http_client.session.request = lambda method, to, **named: asked(
        method, to.replace("https://sheets.googleapis.com", url), **named
    )
    sheet = sheets.open_by_key("s1").sheet1
    sheet.append_row(["Zoë", 3])
    return [sheet.title, sheet.get_all_values()]
