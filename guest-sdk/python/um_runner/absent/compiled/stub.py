"""What stands in the place of a package with compiled parts: every name of it is there, and none can be used.

A name is a class: it can be imported as a module, derived from, caught, written in an annotation, and asked for names
that it has. Nothing is an instance of it. Calling it is an error, but for exceptions, and for the few by which packages
only say, while they load, what they would ask for.
"""

from __future__ import annotations

import re
from abc import ABCMeta
from typing import Any, NoReturn

from um_runner.absent.error import Compiled
from um_runner.substitutes import instead

_EXCEPTION = re.compile(
    r"[A-Z]\w*(Error|Exception|NotFound|Warning)|(Already|Duplicate|Invalid(?!ity)|NotYet|Unsupported)\w+"
)
_PARAMETER = re.compile(
    r"cryptography\.hazmat\.(backends\.default_backend|primitives\.("
    r"hashes\.(?!Hash|XOF)[A-Z]\w+|asymmetric\.padding\.(PKCS1v15|PSS|MGF1|OAEP)|"
    r"asymmetric\.ec\.(ECDSA|ECDH|(SEC|Brainpool)\w+)|serialization\.NoEncryption))"
)
"""What computes nothing and holds nothing: google-auth makes some of these when it is loaded."""


refused: dict[str, None] = {}
"""What errors have said, each once, in their order: a package may catch one, and take a signature for a wrong one."""

_MOST_REFUSED = 20


class Standing(ABCMeta):
    """Of every name. Where real ones are abstract classes, so can be what derives from them here."""

    def __getattr__(cls, name: str) -> Any:
        # Frameworks ask any class for names of their own, and these begin so.
        if name.startswith("_") or _MADE.get(cls.__name__) is not cls:
            raise AttributeError(f"type object '{cls.__name__}' has no attribute '{name}'", name=name, obj=cls)
        return named(f"{cls.__name__}.{name}")

    def __call__(cls, *values: Any, **fields: Any) -> Any:
        is_parameter = _MADE.get(cls.__name__) is cls and _PARAMETER.fullmatch(cls.__name__)
        if not is_parameter and BaseException not in cls.__mro__:
            cls._refuse()
        return super().__call__(*(() if is_parameter else values), **({} if is_parameter else fields))

    def __getitem__(cls, _: Any) -> NoReturn:
        cls._refuse()

    def __iter__(cls) -> NoReturn:
        cls._refuse()

    def __contains__(cls, _: Any) -> NoReturn:
        cls._refuse()

    def __repr__(cls) -> str:
        return f"<{cls.__name__}, which only stands in>"

    def _refuse(cls) -> NoReturn:
        name = next(each.__name__ for each in cls.__mro__ if _MADE.get(each.__name__) is each)
        top = name.partition(".")[0]
        told = (
            f"`{name}` cannot be used: `{top}` has compiled parts, which are for other machines, and only stands in so "
            f"that packages load{instead(top)}"
        )
        if len(refused) < _MOST_REFUSED:
            refused[told] = None
        raise Compiled(told, name=top)


def named(name: str) -> Standing:
    """What has this name, with dots; always the same."""
    if name not in _MADE:
        parent, _, last = name.rpartition(".")
        _MADE[name] = Standing(name, (_base(last),), {"__module__": parent or name, "__doc__": None})
    return _MADE[name]


class _Parameter:
    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name, name=name, obj=self)
        # What there is of it only the package knows.
        return getattr(type(self), name)()


def _base(name: str) -> type:
    if not _EXCEPTION.fullmatch(name):
        return _Parameter
    return UserWarning if name.endswith("Warning") else Exception


_MADE: dict[str, Standing] = {}
