from datetime import datetime

from dateutil import parser, tz
from dateutil.relativedelta import relativedelta
from dateutil.rrule import MONTHLY, rrule


def run(url):
    start = parser.parse("24 Nov 2026 17:30 +0100")
    zone = tz.gettz("America/New_York")
    months = rrule(MONTHLY, count=3, bymonthday=-1, dtstart=datetime(2026, 1, 1))
    return [
        start.isoformat(),
        start.astimezone(zone).isoformat(),
        (start + relativedelta(months=3, day=31)).isoformat(),
        [month.date().isoformat() for month in months],
    ]
