from datetime import datetime

from croniter import croniter


def run(url):
    times = croniter("*/20 9-10 * * mon-fri", datetime(2026, 11, 27, 10, 30))
    return [[times.get_next(datetime).isoformat() for _ in range(4)], croniter.is_valid("61 * * * *")]
