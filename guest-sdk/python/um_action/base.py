"""The root of all errors of this package, in a module of its own so that every other may import it."""


class ActionError(Exception):
    """Anything that um-host refused or could not do for the action; the message says what to do next."""
