"""Modules that are only imported. It checks itself."""

import bz2
import codecs
import ctypes
import ctypes.util
import io
import lzma
import mmap
import multiprocessing
import os
import shutil
import tarfile
import zipfile
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec


def run():
    imported()
    as_before()
    return "done"


def fails(kind, words, call):
    try:
        call()
    except kind as error:
        assert words in str(error), f"no `{words}` in {error!r}"
    else:
        raise AssertionError(f"nothing failed with `{words}`")


def imported():
    for call in (lambda: bz2.compress(b"x"), bz2.BZ2File, bz2.BZ2Decompressor):
        fails(NotImplementedError, "there is no bzip2 inside um-host: use gzip", call)
    for call in (lambda: lzma.decompress(b"x"), lzma.LZMAFile, lzma.LZMACompressor):
        fails(NotImplementedError, "there is no xz inside um-host: use gzip", call)
    fails(OSError, "read it with open", lambda: mmap.mmap(-1, 10, access=mmap.ACCESS_READ))

    class Point(ctypes.Structure):
        _fields_ = (("x", ctypes.c_int), ("name", ctypes.c_char * 10), ("next", ctypes.POINTER(ctypes.c_long)))

    assert ctypes.sizeof(ctypes.c_long) == 4 and ctypes.sizeof(ctypes.c_double * 2) == 16
    assert ctypes.util.find_library("c") is None and find_spec("ctypes.util") is not None
    for call in (Point, lambda: ctypes.CDLL(None), lambda: ctypes.cdll.LoadLibrary("libc.so"), lambda: ctypes.c_int(1)):
        fails(OSError, "take a package in pure Python", call)
    for name, advice in {"Pool": "ThreadPool", "Queue": "queue.Queue", "Lock": "threading", "Manager": "dicts"}.items():
        fails(NotImplementedError, advice, getattr(multiprocessing, name))
        fails(NotImplementedError, advice, getattr(multiprocessing.get_context("spawn"), name))
    fails(NotImplementedError, "calls at once", multiprocessing.Process(target=print).start)
    fails(NotImplementedError, "ThreadPoolExecutor", ProcessPoolExecutor)
    assert multiprocessing.cpu_count() == 1 and multiprocessing.current_process().name == "MainProcess"
    fails(OSError, "queue.Queue", os.pipe)


def as_before():
    """The standard library still knows that they are absent."""
    assert not {"bztar", "xztar"} & {name for name, _ in shutil.get_archive_formats()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("empty"))
    with tarfile.open(fileobj=io.BytesIO(packed.getvalue())) as archive:
        assert archive.getnames() == ["empty"]
    fails(tarfile.CompressionError, "bz2", lambda: tarfile.TarFile.bz2open("x", "w", io.BytesIO()))
    kind = zipfile.ZIP_BZIP2
    fails(RuntimeError, "bz2", lambda: zipfile.ZipFile(io.BytesIO(), "w", kind))
    fails(LookupError, "bz2", lambda: codecs.lookup("bz2"))
    assert find_spec("_ctypes") is None and find_spec("compression.zstd") is None
