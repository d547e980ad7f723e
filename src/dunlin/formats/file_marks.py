"""What a file is by its first bytes and its inside: the media type, never what its name or its sender says."""

from __future__ import annotations

import re

OCTETS = "application/octet-stream"
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = (
    OFFICE + "wordprocessingml.document",
    OFFICE + "spreadsheetml.sheet",
    OFFICE + "presentationml.presentation",
)
# What a person may open, with the extension each gets.
EXTENSIONS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/tiff": "tif",
    "image/bmp": "bmp",
    "image/heic": "heic",
    "image/svg+xml": "svg",
    DOCX: "docx",
    XLSX: "xlsx",
    PPTX: "pptx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.ms-outlook": "msg",
    "application/x-ole-storage": "ole",
    "application/zip": "zip",
    "application/gzip": "gz",
    "application/x-7z-compressed": "7z",
    "application/vnd.rar": "rar",
    "application/x-tar": "tar",
    "application/ms-tnef": "dat",
    "application/rtf": "rtf",
    "application/xml": "xml",
    "application/pkcs7-signature": "p7s",
    "text/html": "html",
    "text/csv": "csv",
    "text/plain": "txt",
    "text/calendar": "ics",
    "text/vcard": "vcf",
    "message/rfc822": "eml",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/amr": "amr",
    "audio/flac": "flac",
    "video/mp4": "mp4",
    OCTETS: "bin",
}
PROGRAM = "application/x-executable"
SCRIPT = "text/x-script"

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"x\x9f>\x22", "application/ms-tnef"),
    (b"{\\rtf", "application/rtf"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"MSCF", PROGRAM),  # a Windows cabinet
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\xfe\xed\xfa", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"L\x00\x00\x00\x01\x14\x02\x00", PROGRAM),  # a Windows shortcut
    (b"ITSF", PROGRAM),  # compiled help
    (b"dex\n", PROGRAM),
    (b"\x00asm", PROGRAM),
    (b"#!", SCRIPT),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"BEGIN:VCARD", "text/vcard"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PEEK = 4_096
_SCRIPT_WORDS = re.compile(
    rb"<\?php|<%@|<script[\s>]|<hta:application|\bWScript\.|\bCreateObject\s*\(|\bActiveXObject\b|^@echo off|\bpowershell(?:\.exe)?\s+-|\[InternetShortcut\]",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL_HEAD = re.compile(rb"\A(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){2}")


def sniff(content: bytes) -> str:
    """The media type of a file by its content, `application/octet-stream` when it tells nothing. Reads a few thousand bytes."""
    head = content[:_PEEK]
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip_kind(head, content)
    if head.startswith(_OLE):
        return _ole_kind(content)
    kind = _binary_kind(head)
    if kind:
        return kind
    # Readers of PDF take the mark anywhere in the first kilobyte, so a file that opens as PDF is one.
    if b"%PDF-" in head[:1_024]:
        return "application/pdf"
    if content[257:262] == b"ustar":
        return "application/x-tar"
    return _text_kind(head) if _looks_like_text(head) else OCTETS


def _binary_kind(head: bytes) -> str:
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(head[8:12], OCTETS)
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand.startswith((b"M4A", b"M4B")):
            return "audio/mp4"
        return (
            "image/heic"
            if brand in (b"heic", b"heix", b"mif1")
            else "audio/amr"
            if brand == b"3ga "
            else "video/mp4"
        )
    if head[:2] == b"BM" and len(head) > 14 and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    # An MPEG audio frame: eleven set bits, then a version, layer, rate that exist.
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2, 0xE4, 0xE6) and head[2] & 0xF0 != 0xF0:
        return "audio/mpeg"
    return (
        "application/pkcs7-signature"
        if head[:2] == b"0\x82" and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" in head[:40]
        else ""
    )


def _zip_kind(head: bytes, content: bytes) -> str:
    # The list of a zip's files lies at its end; the names in it tell what kind of document it is.
    names = head + content[-65_536:]
    if b"[Content_Types].xml" in names:
        for folder, kind in ((b"word/", DOCX), (b"xl/", XLSX), (b"ppt/", PPTX)):
            if folder in names:
                return kind
    if head[30:38] == b"mimetype":
        said = re.match(rb"application/vnd\.oasis\.opendocument\.(text|spreadsheet)", head[38:100])
        if said:
            return f"application/vnd.oasis.opendocument.{said[1].decode()}"
    if b"META-INF/MANIFEST.MF" in names or b"AndroidManifest.xml" in names:
        return PROGRAM
    return "application/zip"


def _ole_kind(content: bytes) -> str:
    near = content[:2_000_000]
    marks = (
        ("WordDocument", "application/msword"),
        ("Workbook", "application/vnd.ms-excel"),
        ("Book", "application/vnd.ms-excel"),
        ("PowerPoint Document", "application/vnd.ms-powerpoint"),
        ("__substg1.0_", "application/vnd.ms-outlook"),
        ("__nameid_version", "application/vnd.ms-outlook"),
    )
    for name, kind in marks:
        if name.encode("utf-16-le") in near:
            return kind
    return "application/x-ole-storage"


def _looks_like_text(head: bytes) -> bool:
    if not head:
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    odd = sum(1 for byte in head if byte < 9 or 13 < byte < 27 or 27 < byte < 32)
    return odd == 0 and b"\0" not in head


def _text_kind(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:2_000]
    low = start.lower()
    if low.startswith((b"<!doctype html", b"<html", b"<body", b"<head", b"<!--", b"<table", b"<div", b"<p>")):
        return "text/html"
    if low.startswith((b"<?xml", b"<svg")):
        return "image/svg+xml" if b"<svg" in low else "application/xml"
    if _SCRIPT_WORDS.search(start):
        return SCRIPT
    if _MAIL_HEAD.match(start.replace(b"\r\n", b"\n")) and re.search(
        rb"^(?:from|received|message-id):", low, re.MULTILINE
    ):
        return "message/rfc822"
    return "text/csv" if _like_table(start) else "text/plain"


def _like_table(start: bytes) -> bool:
    """At least two lines with the same number, not zero, of the same delimiter."""
    lines = [line for line in start.replace(b"\r", b"\n").split(b"\n") if line.strip()]
    lines = (lines[:-1] if len(start) >= 2_000 else lines)[:8]  # the last one is cut
    return len(lines) >= 2 and any(
        counts[0] > 0 and len(set(counts)) == 1
        for counts in ([line.count(mark) for line in lines] for mark in b",;\t|")
    )
