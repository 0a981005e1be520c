"""Write actions for um-host in Python: programs that call outside services with the secrets of a workspace.

    def run(input):
        token = app.secrets.HUBSPOT_API_KEY
        answer = app.http.get(
            "https://api.hubapi.com/crm/v3/objects/contacts", headers={"Authorization": "Bearer " + token}
        )
        contacts = answer.raise_for_status().json()["results"]
        app.documents.write("contacts.json", answer.text)
        return {"count": len(contacts)}

`um-host run contacts.py` runs it. There `app` needs no import; `from um_action import app` gives editors its type.
Unit tests: see `um_action.testing`.
"""

from um_action.app import App as App
from um_action.app import app as app
from um_action.errors import ActionError as ActionError
from um_action.errors import ConnectionFailed as ConnectionFailed
from um_action.errors import DocumentError as DocumentError
from um_action.errors import DocumentLimitReached as DocumentLimitReached
from um_action.errors import GuardError as GuardError
from um_action.errors import HostNotAllowed as HostNotAllowed
from um_action.errors import HttpError as HttpError
from um_action.errors import HttpLimitReached as HttpLimitReached
from um_action.errors import HttpStatusError as HttpStatusError
from um_action.errors import HttpTimeout as HttpTimeout
from um_action.errors import InvalidRequest as InvalidRequest
from um_action.errors import LimitReached as LimitReached
from um_action.errors import NotUnderUmHost as NotUnderUmHost
from um_action.errors import PrivateAddress as PrivateAddress
from um_action.errors import SecretDenied as SecretDenied
from um_action.errors import SecretError as SecretError
from um_action.errors import SecretExpired as SecretExpired
from um_action.errors import SecretMisdirected as SecretMisdirected
from um_action.errors import SecretMisplaced as SecretMisplaced
from um_action.errors import SecretNotFound as SecretNotFound
from um_action.errors import SecretUnavailable as SecretUnavailable
from um_action.errors import TlsFailed as TlsFailed
from um_action.errors import UnexpectedBody as UnexpectedBody
from um_action.errors import UnknownHost as UnknownHost
