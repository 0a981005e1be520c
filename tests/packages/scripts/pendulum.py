import pendulum


def run(url):
    at = pendulum.parse("2026-11-24T17:30:00", tz="Europe/Paris")
    later = at.add(months=3, days=10)
    return [later.to_iso8601_string(), (later - at).in_words(), at.in_timezone("Asia/Tokyo").to_datetime_string()]
