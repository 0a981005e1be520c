"""`lzma`, which can be imported and not be used."""

from typing import NoReturn

from um_runner.absent.error import unavailable

_WORDS = "there is no xz inside um-host: use gzip or zlib, or have the service send another format"

FORMAT_AUTO, FORMAT_XZ, FORMAT_ALONE, FORMAT_RAW = range(4)
CHECK_NONE, CHECK_CRC32, CHECK_CRC64, CHECK_SHA256, CHECK_ID_MAX, CHECK_UNKNOWN = 0, 1, 4, 10, 15, 16
FILTER_DELTA, FILTER_X86, FILTER_POWERPC, FILTER_IA64, FILTER_ARM, FILTER_ARMTHUMB, FILTER_SPARC = range(3, 10)
FILTER_LZMA1, FILTER_LZMA2 = 0x4000000000000001, 0x21
MF_HC3, MF_HC4, MF_BT2, MF_BT3, MF_BT4 = 3, 4, 18, 19, 20
MODE_FAST, MODE_NORMAL = 1, 2
PRESET_DEFAULT, PRESET_EXTREME = 6, 1 << 31


class LZMAError(Exception):
    """As it is called where there is one."""


class LZMAFile:
    """Refuses."""

    def __init__(self, *_: object, **__: object) -> None:
        raise unavailable("lzma", _WORDS)


class LZMACompressor(LZMAFile):
    """Refuses."""


class LZMADecompressor(LZMAFile):
    """Refuses."""


def compress(*_: object, **__: object) -> NoReturn:
    """Refuses."""
    raise unavailable("lzma", _WORDS)


open = decompress = compress


def is_check_supported(check: int) -> bool:
    """None is."""
    return False
