r"""When an answer is due: so many business days after a request came in, at five in the afternoon of an office.

    um-host run deadlines.py --allow-host holidays.example.com -- \
        2026-10-23T15:30:00Z --days 3 --zone Europe/Berlin --holidays https://holidays.example.com/de
"""

import argparse
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from um_action import app


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise argparse.ArgumentTypeError(f"no time zone {name!r}; names look like Europe/Berlin") from None


def holidays(url: str, year: int) -> dict[date, str]:
    response = app.http.get(url, params={"year": year})
    response.raise_for_status()
    return {date.fromisoformat(day): name for day, name in response.json().items()}


def due_date(start: date, days: int, closed: dict[date, str]) -> date:
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day in closed:
            print(f"{day:%a %d %b}: closed, {closed[day]}")
        elif day.weekday() < 5:
            days -= 1
    return day


parser = argparse.ArgumentParser(description="Tells when an answer is due.")
parser.add_argument("received", type=datetime.fromisoformat, help="with its offset from UTC")
parser.add_argument("--days", type=int, default=5, help="business days, by default 5")
parser.add_argument("--zone", type=zone, default="UTC", help="where the office is")
parser.add_argument("--holidays", metavar="URL", help="a JSON object of days and names, for ?year=YEAR")
arguments = parser.parse_args()
if arguments.received.tzinfo is None:
    parser.error("the time needs an offset, for example 2026-10-23T15:30:00Z")

received = arguments.received.astimezone(arguments.zone)
closed = holidays(arguments.holidays, received.year) if arguments.holidays else {}
due = datetime.combine(due_date(received.date(), arguments.days, closed), time(17), arguments.zone)
left = due.astimezone(UTC) - received.astimezone(UTC)

print(f"received {received:%a %d %b %Y %H:%M %Z}, week {received.isocalendar().week}")
print(f"due      {due:%a %d %b %Y %H:%M %Z}, week {due.isocalendar().week}")
print(f"that is  {due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}, {left / timedelta(hours=1):g} hours later")
if due.utcoffset() != received.utcoffset():
    print("the clocks change in between")
