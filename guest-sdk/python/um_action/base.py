"""What every other module of this package may import: the root of its errors, and how names are shown in them."""

import json
import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class ActionError(Exception):
    """Anything that um-host refused or could not do for the action; the message says what to do next."""


class LimitReached(ActionError):
    """A limit of the run is reached: of documents, of calls. The message names it."""


class NotUnderUmHost(ActionError, RuntimeError):
    """Something that only um-host can do was asked for in plain Python."""

    def __init__(self) -> None:
        super().__init__("this is not running under um-host: use `um-host run`, or um_action.testing in a test")


def shown(text: str) -> str:
    """`text` for a message: with a control character, which could drive a terminal, as JSON has it, a masked form."""
    return json.dumps(text, ensure_ascii=False)[1:-1] if _CONTROL.search(text) else text


def listed(names: list[str]) -> str:
    """Names as a sentence holds them: `A`, `B` or `C`. Empty for none."""
    quoted = [f"`{name}`" for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))
