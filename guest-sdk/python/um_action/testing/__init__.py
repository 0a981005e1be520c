"""Unit tests of an action, in plain Python and without um-host.

    import contacts                                       # contacts.py, the action
    from um_action.testing import fake

    def test_a_contact_is_counted():
        with fake(secrets={"HUBSPOT_API_KEY": "test-key-1"}, input={}) as app:
            app.http.answers("GET", "https://api.hubapi.com/crm/v3/objects/contacts", json={"results": [{"id": 1}]})
            assert contacts.run({}) == {"count": 1}
            assert "results" in app.documents.text("contacts.json")

What an action may not do under um-host fails here in the same words: an unknown secret, a document written twice.
"""

from __future__ import annotations

import builtins
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, TypeVar

from um_action import host
from um_action.app import App
from um_action.app import app as real
from um_action.base import listed
from um_action.documents import Documents, close_all
from um_action.testing.http import FakeHttp
from um_action.testing.memory import FakeHost

F = TypeVar("F", bound=Callable[..., Any])
_ABSENT: Any = object()


class FakeDocuments(Documents):
    """`app.documents`, and what was written there: `app.documents["report.csv"]` is its bytes."""

    __slots__ = ("_host",)

    def __init__(self, host: FakeHost) -> None:
        self._host = host

    def __getitem__(self, name: str) -> bytes:
        """The bytes of a document that is complete. `KeyError` with the names there are."""
        published = self._host.published
        if name not in published:
            raise KeyError(f"no document {name!r} is complete; there are {sorted(published)}")
        return published[name]

    def text(self, name: str) -> str:
        """A complete document as UTF-8 text."""
        return self[name].decode()

    def names(self) -> list[str]:
        """The names of the complete documents, in the order in which they were completed."""
        return list(self._host.published)

    def __contains__(self, name: object) -> bool:
        return name in self._host.published


class FakeApp(App):
    """`app` for a test, which also shows what the action did."""

    documents: FakeDocuments
    http: FakeHttp
    _host: FakeHost

    def __init__(self, host: FakeHost, http: FakeHttp) -> None:
        object.__setattr__(self, "_host", host)
        object.__setattr__(self, "documents", FakeDocuments(host))
        object.__setattr__(self, "http", http)

    @property
    def logs(self) -> list[str]:
        """The lines that the action logged."""
        return self._host.logged

    @property
    def guarded(self) -> list[str]:
        """The values that the action guarded."""
        return self._host.guarded


class fake:
    """Stands in for um-host within a `with` block, or within a test function that it decorates.

    `secrets` and `sealed` are all that the workspace has: revealed secrets with their values, and the names of sealed
    ones, of which the action gets placeholders. `input` is `app.input`. The `app` it gives shows what was done:
    `app.documents["x.csv"]`, `app.http.requests`, `app.logs`, `app.guarded`. The `app` without import and the one of
    `from um_action import app` work too.

    Where a placeholder may go is not checked here. In `app.http.requests` it stands as the action sent it:
    `app.http.requests[0].headers["authorization"] == f"Bearer {app.secrets.CRM_TOKEN}"`.
    """

    def __init__(
        self,
        secrets: Mapping[str, str] | None = None,
        input: Any = None,
        workspace: str = "test",
        sealed: Iterable[str] = (),
    ) -> None:
        if isinstance(sealed, str):
            raise TypeError('sealed is a list of names, not one: sealed=["CRM_TOKEN"]')
        self._secrets = dict(secrets or {})
        self._sealed = list(sealed)
        if both := sorted(self._secrets.keys() & set(self._sealed)):
            raise ValueError(f"{listed(both)} is given as revealed and as sealed; a sealed secret needs no value here")
        self._input = {} if input is None else input
        self._workspace = workspace
        self._builtin: Any = _ABSENT

    def __enter__(self) -> FakeApp:
        http = FakeHttp()
        run = FakeHost(self._secrets, self._sealed, self._input, self._workspace, http._planned)
        before = host.install(run)
        if before is not None:
            host.install(before)
            raise RuntimeError("um_action.testing.fake is in use already: leave that block first, or use its `app`")
        self._builtin = vars(builtins).get("app", _ABSENT)
        setattr(builtins, "app", real)
        return FakeApp(run, http)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                close_all()
        finally:
            host.install(None)
            if self._builtin is _ABSENT:
                delattr(builtins, "app")
            else:
                setattr(builtins, "app", self._builtin)

    def __call__(self, test: F) -> F:
        """Decorates a test function; each call of it has a workspace of its own."""
        if inspect.isclass(test):
            raise TypeError("um_action.testing.fake decorates functions: in a class use it in setUp or on each test")
        decorated: F = (self._around_coroutine if inspect.iscoroutinefunction(test) else self._around)(test)
        return decorated

    def _around(self, test: Any) -> Any:
        @functools.wraps(test)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self._anew():
                return test(*args, **kwargs)

        return decorated

    def _around_coroutine(self, test: Any) -> Any:
        @functools.wraps(test)
        async def decorated(*args: Any, **kwargs: Any) -> Any:
            with self._anew():
                return await test(*args, **kwargs)

        return decorated

    def _anew(self) -> fake:
        return fake(self._secrets, self._input, self._workspace, self._sealed)
