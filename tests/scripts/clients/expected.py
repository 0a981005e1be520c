"""What the scripts beside this have in common."""

REFUSED = "this run may not call nobody.invalid; allow it with `um-host run --allow-host nobody.invalid`"
UNVERIFIED = "um-host checks the certificate of every service, and an action cannot turn that off"
OWN_CERTIFICATE = "an action cannot present a certificate of its own"
OWN_BUNDLE = "does not know authorities that an action brings: give them to it by `um-host run --ca FILE`"


def fails(kind, words, call):
    """Fails unless the call does, with such an error and these words in it or in what is behind it."""
    try:
        call()
    except kind as error:
        told, behind = [], error
        while behind is not None:
            told.append(str(behind))
            behind = behind.__cause__ or behind.__context__
        assert any(words in each for each in told), f"no `{words}` in {told}"
    else:
        raise AssertionError(f"nothing failed with `{words}`")


async def fails_later(kind, words, call):
    """The same of what is awaited."""
    try:
        await call()
    except kind as error:
        failure = error

        def again():
            raise failure

        fails(kind, words, again)
    else:
        raise AssertionError(f"nothing failed with `{words}`")
