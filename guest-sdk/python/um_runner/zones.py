"""Time zones: the files of the package `tzdata`, held in memory. In a run there is no zone file to open."""

from __future__ import annotations

import importlib.resources
import io
import zoneinfo
from zoneinfo import ZoneInfoNotFoundError, _common, _tzpath


def hold() -> None:
    """Reads every zone and has `zoneinfo` find them."""
    package = importlib.resources.files("tzdata")
    names = package.joinpath("zones").read_text().split()
    zones = {name: package.joinpath("zoneinfo", *name.split("/")).read_bytes() for name in names}

    def load_tzdata(key: str) -> io.BytesIO:
        if key not in zones:
            raise ZoneInfoNotFoundError(f"No time zone found with key {key}")
        return io.BytesIO(zones[key])

    def available_timezones() -> set[str]:
        """Every key there is."""
        return set(zones)

    _common.load_tzdata = load_tzdata  # type: ignore[assignment]
    _tzpath.available_timezones = available_timezones
    zoneinfo.available_timezones = available_timezones
    zoneinfo.reset_tzpath(())
