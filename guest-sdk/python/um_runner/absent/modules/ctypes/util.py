"""`ctypes.util`: no library is found."""


def find_library(name: str) -> None:
    """Finds none."""
    return None


find_msvcrt = find_library
