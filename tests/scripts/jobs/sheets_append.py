"""Appends a row to a sheet by a service account: its key signs an assertion, which is traded for a token."""

import json

import gspread
from google.oauth2.service_account import Credentials
from gspread.http_client import HTTPClient


class Sheets(HTTPClient):
    url = "https://sheets.googleapis.com"

    def request(self, method, endpoint, *arguments, **named):
        return super().request(method, endpoint.replace("https://sheets.googleapis.com", self.url), *arguments, **named)


def run(input):
    account = json.loads(app.secrets.SHEETS_ACCOUNT)
    Sheets.url = input["url"]
    credentials = Credentials.from_service_account_info(account, scopes=gspread.auth.DEFAULT_SCOPES)
    sheet = gspread.authorize(credentials, http_client=Sheets).open_by_key(input["sheet"]).sheet1
    return sheet.append_row(input["row"])["updates"]["updatedRange"]
