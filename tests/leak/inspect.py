"""Files as other programs make them: each line of stdin is a text, and each line of stdout tells where it was put."""

import base64
import gzip
import io
import json
import random
import struct
import sys
import tarfile
import zipfile
import zlib


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return file.getvalue()


class Pipe(io.RawIOBase):
    """What cannot be sought in: zipfile then writes sizes behind the member."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, piece) -> int:
        self.content += bytes(piece)
        return len(piece)


def piped(name: str, content: bytes) -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, content)
    return pipe.content


def named_gzip(content: bytes) -> bytes:
    """With every field that a header of gzip can have."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(content) + deflate.flush()
    header = (
        b"\x1f\x8b\x08\x1e" + b"\0" * 4 + b"\x02\xff" + struct.pack("<H", 5) + b"extra" + b"name.txt\0" + b"a comment\0"
    )
    header += struct.pack("<H", zlib.crc32(header) & 0xFFFF)
    return header + body + struct.pack("<II", zlib.crc32(content), len(content))


def tar_gz(content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as opened:
        member = tarfile.TarInfo("notes/today.txt")
        member.size = len(content)
        opened.addfile(member, io.BytesIO(content))
    return file.getvalue()


def narrow_zlib(content: bytes, bits: int) -> bytes:
    deflate = zlib.compressobj(6, zlib.DEFLATED, bits)
    return deflate.compress(content) + deflate.flush()


def pdf(stream: bytes, filters: str, end: bytes = b"\n") -> bytes:
    head = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    page = b"2 0 obj\n<< /Length %d /Filter %s >>\nstream" % (len(stream), filters.encode())
    return head + page + end + stream + b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def noise(count: int) -> bytes:
    """What no compression makes smaller, the same each time."""
    return random.Random(7).randbytes(count)


def with_dictionary(content: bytes) -> bytes:
    words = noise(8000)
    deflate = zlib.compressobj(9, zdict=words)
    return deflate.compress(words[:4000] + noise(12000)[8000:] + content + words[4000:]) + deflate.flush()


def large_png() -> bytes:
    """Pixels over many chunks, as encoders write them."""
    rows = b"".join(b"\0" + noise(9000)[n * 30 : n * 30 + 300] for n in range(200)) * 2
    pixels = zlib.compress(rows)
    header = struct.pack(">IIBBBBB", 100, 400, 8, 2, 0, 0, 0)
    pieces = b"".join(chunk(b"IDAT", pixels[at : at + 8192]) for at in range(0, len(pixels), 8192))
    assert pieces.count(b"IDAT") > 1
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pieces + chunk(b"IEND", b"")


def folders() -> bytes:
    """Some writers say of a folder that it is deflated."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        folder = zipfile.ZipInfo("a folder/")
        opened.writestr(folder, b"")
        opened.writestr("a folder/file.txt", b"text " * 100)
    packed = bytearray(file.getvalue())
    packed[8] = 8
    return bytes(packed)


def large_zip() -> bytes:
    """With the sizes of zip64, which are then not in the header itself."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        with opened.open("large.txt", "w", force_zip64=True) as member:
            member.write(b"text, " * 10000)
    return file.getvalue()


def wrong_sum(packed: bytes) -> bytes:
    return packed[:-6] + bytes(6)


def encrypted_pdf() -> bytes:
    """Streams that say they are deflated, and are encrypted besides; one looks like zlib."""
    streams = [noise(3000), b"x\x9c" + noise(3000), b"x\xbb" + noise(3000)]
    return b"".join(pdf(stream, "/FlateDecode") for stream in streams) + b"trailer << /Encrypt 9 0 R >>\n%%EOF\n"


def png(content: bytes) -> bytes:
    return png_of(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(content)))


def png_of(text: bytes) -> bytes:
    pixels = zlib.compress(b"\0\xff")
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + text + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def files(text: str) -> dict[str, bytes]:
    content = f"header line of some length\nnote: {text}\nanother line, to be longer\n".encode()
    page = b"BT /F1 12 Tf 72 712 Td (" + content.replace(b"\n", b" ") + b") Tj ET"
    sheet = archive(
        {"[Content_Types].xml": b"<Types/>", "xl/sharedStrings.xml": b"<sst><si><t>" + content + b"</t></si></sst>"}
    )
    return {
        "zip, deflated": archive({"empty": b"", "notes/today.txt": content}),
        "zip, stored": archive({"notes/today.txt": content}, zipfile.ZIP_STORED),
        "zip, piped": piped("today.txt", content),
        "zip in front of which something stands": b"#!/bin/sh\nexit\n" + archive({"today.txt": content}),
        "xlsx": sheet,
        "xlsx in a zip": archive({"report.xlsx": sheet}),
        "xlsx stored in a zip": archive({"report.xlsx": sheet}, zipfile.ZIP_STORED),
        "gzip": gzip.compress(content),
        "gzip with all fields": named_gzip(content),
        "gzip of two members": gzip.compress(b"first\n") + gzip.compress(content),
        "tar.gz": tar_gz(content),
        "zlib": zlib.compress(content),
        "zlib, not compressed": b"\xff" + zlib.compress(content, 0),
        "zlib, best": zlib.compress(content, 9),
        "zlib, 512 bytes of window": narrow_zlib(content, 9),
        "PDF, deflated": pdf(zlib.compress(page), "/FlateDecode"),
        "PDF, deflated, other newline": pdf(zlib.compress(page), "/FlateDecode", b"\r\n"),
        "PDF, plain": pdf(page, "[]"),
        "PDF, ASCII85": pdf(base64.a85encode(page) + b"~>", "/ASCII85Decode"),
        "PDF, ASCII85 and deflated": pdf(
            base64.a85encode(zlib.compress(page), wrapcol=72) + b"~>", "[ /ASCII85Decode /FlateDecode ]"
        ),
        "PNG with a comment": png(content),
        "PNG with an international comment": png_of(chunk(b"iTXt", b"Comment\0\1\0de\0Kommentar\0" + zlib.compress(content))),
        "PDF, ASCII85 with its mark": pdf(base64.a85encode(page, adobe=True), "/ASCII85Decode"),
        "zlib with a dictionary": with_dictionary(content),
        "zlib with a dictionary, behind something": b"\0\xff" + with_dictionary(content),
        "PDF with a dictionary": pdf(with_dictionary(content), "/FlateDecode"),
        "UTF-16": b"\xff\xfe" + b"\0\x01" + content,
        "Latin-1": "caf\xe9: ".encode("latin-1") + content,
        "zip, bzip2": archive({"today.txt": content}, zipfile.ZIP_BZIP2),
        "zip, lzma": archive({"today.txt": content}, zipfile.ZIP_LZMA),
        "text": content,
    }


def odd_files() -> dict[str, bytes]:
    """What no value stands in, and what looks damaged to somebody who looks too closely."""
    content = b"some text, and some more of it\n" * 200
    return {
        "odd: nothing in it": gzip.compress(b"") + zlib.compress(b"") + archive({"empty": b""}),
        "odd: PNG of many chunks": large_png(),
        "odd: PNG of many chunks, cut": large_png()[:-3000],
        "odd: PNG in a zip": archive({"a.png": large_png()}),
        "odd: PNG stored in a zip": archive({"a.png": large_png()}, zipfile.ZIP_STORED),
        "odd: folders in a zip": folders(),
        "odd: zip64": large_zip(),
        "odd: noise in a zip": archive({"noise": noise(100_000)}),
        "odd: gzip with a wrong sum": wrong_sum(gzip.compress(content)),
        "odd: zlib with a wrong sum": wrong_sum(zlib.compress(content)[:-4] + b"123456"),
        "odd: gzip, padded": gzip.compress(content) + bytes(5000),
        "odd: gzip with something behind it": gzip.compress(content) + noise(5000),
        "odd: PDF with an empty stream": pdf(b"", "/FlateDecode"),
        "odd: PDF of a JPEG": pdf(b"\xff\xd8\xff\xe0" + noise(5000), "/DCTDecode"),
        "odd: PDF of LZW": pdf(noise(5000), "/LZWDecode"),
        "odd: PDF, encrypted": encrypted_pdf(),
        "odd: PDF of a deflated JPEG": pdf(zlib.compress(b"\xff\xd8\xff\xe0" + noise(5000)), "[/FlateDecode /DCTDecode]"),
    }


print(
    json.dumps(
        [{name: base64.b64encode(file).decode() for name, file in (files(text) | odd_files()).items()} for text in json.load(sys.stdin)]
    )
)
