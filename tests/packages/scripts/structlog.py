from io import StringIO

import structlog


def run(url):
    out = StringIO()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(out),
    )
    with structlog.contextvars.bound_contextvars(job="nightly"):
        structlog.get_logger().warning("took", orders=3)
    return out.getvalue()
