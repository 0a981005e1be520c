"""The packages that something may stand in for, and for whom."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder

from um_runner.absent.compiled import installed
from um_runner.absent.compiled.requirements import lowest

ENDINGS = (".so", ".pyd", ".dylib")
"""Of files with compiled parts."""


@dataclass(frozen=True)
class Package:
    """One of them."""

    module: str
    project: str
    usual: str
    """The version where nobody asks for a lowest one."""
    can_do_without: frozenset[str] = frozenset()
    """What requires it and yet loads without, and then does more than it would with what stands in."""

    def is_for(self, file: object) -> bool:
        """Whether this file is of a package that requires it."""
        return isinstance(file, str) and any(each.owns(file) for each in self._requiring())

    def stands(self) -> bool:
        """Whether anything is to stand in for it."""
        return bool(self._requiring()) and not self.works()

    def works(self) -> bool:
        """Whether one is there that works here, if only the author's own."""
        found = PathFinder.find_spec(self.module)
        return found is not None and found.loader is not None and not has_compiled(found)

    def version(self) -> str:
        """The one that is there and does not work, and else the lowest that is asked for."""
        asked = [each for package in self._requiring() for each in package.requires if each.project == self.project]
        return installed.version(self.project) or lowest(asked, self.usual)

    def is_without_metadata(self) -> bool:
        return installed.version(self.project) is None

    def _requiring(self) -> list[installed.Distribution]:
        return [each for each in installed.requiring(self.project) if each.project not in self.can_do_without]


PACKAGES = {
    each.module: each
    for each in (
        Package("PIL", "pillow", "11.0.0", can_do_without=frozenset({"fpdf2"})),
        Package("cryptography", "cryptography", "45.0.0"),
        Package("jiter", "jiter", "0.10.0"),
        Package("nacl", "pynacl", "1.5.0"),
    )
}


def has_compiled(found: ModuleSpec) -> bool:
    """Whether a module or a package has compiled parts."""
    if str(found.origin).endswith(ENDINGS):
        return True
    folders = found.submodule_search_locations or ()
    return any(name.endswith(ENDINGS) for folder in folders for _, _, names in os.walk(folder) for name in names)
