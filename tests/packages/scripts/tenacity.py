from tenacity import RetryError, retry, retry_if_exception_type, stop_after_attempt, wait_fixed

calls = []


@retry(stop=stop_after_attempt(3), wait=wait_fixed(0.01), retry=retry_if_exception_type(OSError))
def flaky(ends_after):
    calls.append(ends_after)
    if len(calls) < ends_after:
        raise OSError("not yet")
    return "done"


def run(url):
    said = flaky(2)
    try:
        flaky(9)
    except RetryError as error:
        return [said, len(calls), str(error.last_attempt.exception())]
