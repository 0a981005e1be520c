"""`app`: everything that um-host offers to the action, under one name."""

from __future__ import annotations

from typing import Any, NoReturn

from um_action import host
from um_action.documents import Documents
from um_action.http import Http
from um_action.log import Log
from um_action.secrets import Secrets


class App:
    """What the action has of um-host. Under um-host it is there without an import, as `app`."""

    __slots__ = ()

    secrets = Secrets()
    """The secrets of the workspace: `app.secrets.HUBSPOT_API_KEY`."""
    http = Http(lambda: host.current().transport)
    """HTTP calls: `app.http.get(url)`."""
    documents = Documents()
    """Files that the run publishes: `app.documents.write("report.csv", text)`."""
    log = Log()
    """Lines for people, on standard error: `app.log("fetched", pages=3)`."""

    @property
    def input(self) -> Any:
        """What the run was started with, `um-host run --input`: any JSON value; `{}` when nothing was given."""
        return host.current().input

    def __repr__(self) -> str:
        return "<app of um-host>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"app.{name} cannot be set: keep values of your own in variables of your module")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"app.{name} cannot be deleted")


app = App()
"""The one there is."""
