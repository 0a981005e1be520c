from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError


def run(url):
    credentials = Credentials(app.secrets.API_TOKEN)
    sheets = build("sheets", "v4", credentials=credentials, client_options={"api_endpoint": url}).spreadsheets()
    rows = sheets.values().get(spreadsheetId="s1", range="A1:B2").execute()["values"]
    try:
        sheets.get(spreadsheetId="none").execute()
    except HttpError as error:
        return [rows, error.status_code]
