import arrow


def run(url):
    at = arrow.get("2026-11-24T17:30:00+01:00")
    return [
        at.to("US/Pacific").format("YYYY-MM-DD HH:mm ZZ"),
        at.shift(hours=-2).humanize(at),
        at.span("week")[0].isoformat(),
    ]
