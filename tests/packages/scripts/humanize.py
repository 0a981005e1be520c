from datetime import timedelta

import humanize


def run(url):
    return [humanize.naturalsize(3_000_000), humanize.intcomma(1234567), humanize.precisedelta(timedelta(hours=49))]
