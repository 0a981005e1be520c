"""A small HTTP client over `wasi:http`.

    created = app.http.post(
        "https://api.hubapi.com/crm/v3/objects/contacts",
        headers={"Authorization": "Bearer " + app.secrets.HUBSPOT_API_KEY},
        json={"properties": {"email": "ada@example.com"}},
        timeout=10,
    ).raise_for_status().json()

Deliberately absent: what the host does (TLS, proxies, connection reuse) and cookies.
"""

from .call import Options as Options
from .client import AsyncHttp as AsyncHttp
from .client import Http as Http
from .headers import Headers as Headers
from .response import Response as Response
from .retry import Retry as Retry
