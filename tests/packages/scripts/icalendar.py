from datetime import datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event


def run(url):
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//um//")
    calendar.add("version", "2.0")
    event.add("summary", "Review, and cake")
    event.add("dtstart", datetime(2026, 11, 24, 17, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    event.add("rrule", {"freq": "weekly", "count": 3})
    calendar.add_component(event)
    text = calendar.to_ical().decode()
    return [text, str(Calendar.from_ical(text).walk("VEVENT")[0]["SUMMARY"])]
