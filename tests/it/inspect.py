"""Files as other programs make them: each line of stdin is a text, and each line of stdout tells where it was put."""

import base64
import gzip
import io
import json
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


def png(content: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = zlib.compress(b"\0\xff")
    comment = b"Comment\0\0" + zlib.compress(content)
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"zTXt", comment)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


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
        "UTF-16": b"\xff\xfe" + b"\0\x01" + content,
        "Latin-1": "caf\xe9: ".encode("latin-1") + content,
        "zip, bzip2": archive({"today.txt": content}, zipfile.ZIP_BZIP2),
        "zip, lzma": archive({"today.txt": content}, zipfile.ZIP_LZMA),
        "text": content,
    }


print(
    json.dumps(
        [{name: base64.b64encode(file).decode() for name, file in files(text).items()} for text in json.load(sys.stdin)]
    )
)
