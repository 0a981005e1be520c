"""`mmap`, which can be imported and not be used."""

from um_runner.absent.error import unavailable

ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY = range(4)
MAP_SHARED, MAP_PRIVATE, MAP_ANONYMOUS = 1, 2, 32
MAP_ANON = MAP_ANONYMOUS
PROT_READ, PROT_WRITE, PROT_EXEC = 1, 2, 4
PAGESIZE = ALLOCATIONGRANULARITY = 65536
error = OSError


class mmap:
    """Refuses."""

    def __init__(self, *_: object, **__: object) -> None:
        raise unavailable("mmap", "a file cannot be mapped into memory inside um-host: read it with open(…).read()")
