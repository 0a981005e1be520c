from io import StringIO

from loguru import logger


def run(url):
    out = StringIO()
    logger.remove()
    logger.add(out, format="{level} {extra} {message}", diagnose=False)
    logger.bind(job="nightly").info("took {} orders", 3)
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        logger.opt(exception=False).error("failed")
    return out.getvalue()
