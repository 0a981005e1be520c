"""`ctypes`, which can be imported and not be used. Types can be named, derived from and measured."""

from __future__ import annotations

from typing import Any, NoReturn

from um_runner.absent.error import unavailable

_WORDS = "no library in C can be loaded inside um-host: take a package in pure Python"
DEFAULT_MODE, RTLD_GLOBAL, RTLD_LOCAL = 0, 256, 0


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise unavailable("ctypes", _WORDS)


class _Measured(type):
    """Types can be multiplied into arrays, which are types too."""

    def __mul__(cls, length: int) -> _Measured:
        return _Measured(f"{cls.__name__}_Array_{length}", (Array,), {"_size": getattr(cls, "_size", 0) * length})

    __rmul__ = __mul__


class _CData(metaclass=_Measured):
    _size = 4

    def __init__(self, *_: Any, **__: Any) -> None:
        _refuse()

    from_buffer = from_buffer_copy = from_address = from_param = in_dll = classmethod(_refuse)


class _SimpleCData(_CData): ...


class Array(_CData):
    """Can be named."""


class _Pointer(_CData): ...


class Structure(_CData):
    """Can be derived from."""


class Union(_CData):
    """Can be derived from."""


class BigEndianStructure(Structure):
    """Can be derived from."""


class LittleEndianStructure(Structure):
    """Can be derived from."""


class _CFuncPtr(_CData): ...


class ArgumentError(Exception):
    """As it is called where there is one."""


_SIZES = {
    1: "c_bool c_char c_byte c_ubyte c_int8 c_uint8",
    2: "c_short c_ushort c_int16 c_uint16",
    4: "c_int c_uint c_long c_ulong c_int32 c_uint32 c_size_t c_ssize_t c_float c_wchar c_void_p c_char_p c_wchar_p "
    "py_object",
    8: "c_longlong c_ulonglong c_int64 c_uint64 c_double c_time_t",
    16: "c_longdouble",
}
for _size, _names in _SIZES.items():
    for _name in _names.split():
        globals()[_name] = _Measured(_name, (_SimpleCData,), {"_size": _size})
c_voidp = globals()["c_void_p"]


def sizeof(kind: Any) -> int:
    """In bytes, of a type without fields; that of the others is not known."""
    if isinstance(kind, type) and issubclass(kind, (_SimpleCData, Array, _Pointer)):
        return int(kind._size)
    _refuse()


alignment = sizeof


def POINTER(kind: Any) -> type:
    """A type that can be named."""
    return _Measured(f"LP_{getattr(kind, '__name__', kind)}", (_Pointer,), {})


def CFUNCTYPE(*_: Any, **__: Any) -> type:
    """A type that can be named."""
    return _Measured("CFunctionType", (_CFuncPtr,), {})


PYFUNCTYPE = CFUNCTYPE


class CDLL:
    """Refuses, as where a library is not found."""

    def __init__(self, *_: Any, **__: Any) -> None:
        _refuse()


class PyDLL(CDLL):
    """Refuses."""


class LibraryLoader:
    """Refuses to load."""

    def __init__(self, kind: Any) -> None:
        self._dlltype = kind

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        _refuse()

    LoadLibrary = __getitem__ = _refuse


cdll, pydll, pythonapi = LibraryLoader(CDLL), LibraryLoader(PyDLL), LibraryLoader(PyDLL)

byref = addressof = pointer = cast = string_at = wstring_at = memmove = memset = resize = _refuse
create_string_buffer = create_unicode_buffer = c_buffer = get_errno = set_errno = _refuse
