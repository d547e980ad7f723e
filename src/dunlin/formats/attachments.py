"""Whether a file of a mail may be opened: judged by its bytes first, by its name second, never by what the mail says of it.

A refused file is kept and shown as refused; it is never dropped and never opened. Archives are listed, not unpacked: the
sizes are those their entries state, and of an entry at most `Limits.inner_bytes` are unpacked to look at its kind.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass

from dunlin.formats.file_marks import DOCX, EXTENSIONS, OCTETS, PPTX, PROGRAM, SCRIPT, XLSX, sniff

NAME_CHARS = 120
# What Windows, macOS or a browser runs when it is opened, whatever is inside.
_RUNS = frozenset(
    "exe com scr pif bat cmd vbs vbe js jse wsf wsh ws msi msp mst ps1 psm1 psd1 hta cpl jar lnk url reg inf scf chm hlp gadget"
    " application appref-ms appx msix dll sys drv ocx sct shb shs vb ade adp mde mdb accde iso img vhd vhdx vmdk one onepkg"
    " xll xlam ppam wll sh bash zsh command csh app dmg pkg deb rpm apk py pyc pyw rb pl php phar jnlp diagcab theme library-ms"
    " search-ms settingcontent-ms website webloc desktop ace cab html htm xhtml shtml mht mhtml svg svgz xsl xslt".split()
)
# A web page or a drawing may run scripts too, yet customers send them: refused when there is a script in it.
_PAGES = frozenset("html htm xhtml shtml svg xsl xslt".split())
_MACROS = frozenset("docm dotm xlsm xltm xlsb pptm potm ppsm sldm xla".split())
_TURNS = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ACTIVE = re.compile(
    rb"<script|\bon[a-z]{3,20}\s{0,20}=\s{0,20}[\"']|javascript:|<iframe|<object|<embed|http-equiv\s{0,9}=\s{0,9}.?refresh",
    re.IGNORECASE,
)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_ARCHIVES = frozenset(
    {"application/gzip", "application/x-7z-compressed", "application/vnd.rar", "application/x-tar"}
)
_DOCUMENTS = frozenset(
    "pdf doc docx xls xlsx ppt pptx csv txt jpg jpeg png gif rtf odt ods xml eml msg zip".split()
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be: its bytes, the bytes an archive may unpack to, its entries, how many times its size it may grow."""

    file_bytes: int = 25 * 1024 * 1024
    unpacked_bytes: int = 200 * 1024 * 1024
    entries: int = 2_000
    ratio: int = 200
    inner_bytes: int = 4_096


@dataclass(frozen=True, slots=True)
class Judged:
    """`type` is the media type by content, `extension` that of the safe name, `refused` a code of PROBLEMS, "" when it may be opened.

    `safe_name` holds no path and no hidden letter. It keeps the sender's words, so show it as text, never as markup.
    """

    type: str
    extension: str
    safe_name: str
    refused: str = ""


_DEFAULT = Limits()


def judge_attachment(name: str, said_type: str, content: bytes, limits: Limits = _DEFAULT) -> Judged:
    """Judge one file of a mail. Bounded in time and memory, whatever the file holds; never raises on content."""
    kind = sniff(content)
    safe = safe_name(name, kind)
    extension = safe.rpartition(".")[2].lower() if "." in safe else ""
    refused = (
        ("file_over_limit" if len(content) > limits.file_bytes else "")
        or _name_refused(name, extension, kind)
        or _content_refused(kind, extension, content, limits)
    )
    return Judged(kind, extension, safe, refused)


def safe_name(name: str, kind: str = OCTETS) -> str:
    """A name that stays in its folder and shows what it is: no path, no hidden or turning marks, never empty, at most 120 letters."""
    clean = _TURNS.sub("", unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2]))
    clean = "".join("-" if letter in ':*?"<>|' else letter for letter in clean if letter.isprintable())
    clean = re.sub(r"\s{1,500}", " ", clean).strip(" .")
    if not clean:
        clean = f"file.{EXTENSIONS.get(kind, 'bin')}"
    if _RESERVED.match(clean):
        clean = f"_{clean}"
    if len(clean) > NAME_CHARS:
        stem, _, extension = clean.rpartition(".")
        clean = (
            f"{stem[: NAME_CHARS - 1 - len(extension)]}.{extension}"
            if stem and len(extension) <= 10
            else clean[:NAME_CHARS]
        )
    return clean


def _name_refused(name: str, extension: str, kind: str) -> str:
    if kind == PROGRAM:
        return "file_program"
    if re.search(r"[\u202a-\u202e\u2066-\u2069]", name):
        return "file_name_hides"
    if extension in _RUNS or name.rstrip(" .").lower().rpartition(".")[2] in _RUNS:
        before = name.rstrip(" .").lower().split(".")[-2].strip() if name.count(".") > 1 else ""
        if before in _DOCUMENTS:
            return "file_name_hides"  # invoice.pdf.exe
        return "" if extension in _PAGES and kind != SCRIPT else "file_program"
    if extension in _MACROS:
        return "file_macros"
    return "file_program" if kind == SCRIPT else ""


def _content_refused(kind: str, extension: str, content: bytes, limits: Limits) -> str:
    if kind in (DOCX, XLSX, PPTX, "application/zip") or kind.startswith("application/vnd.oasis"):
        return _zip_refused(kind, content, limits)
    if kind in _ARCHIVES:
        # Of these the inside is not listed, so nobody can say what would come out.
        return "file_archive_unseen"
    if kind.startswith("application/vnd.ms-") or kind in ("application/msword", "application/x-ole-storage"):
        return _ole_refused(content)
    if kind in ("text/html", "image/svg+xml", "application/xml") and _ACTIVE.search(content[:2_000_000]):
        return "file_program"
    # A PDF under a password can be opened by who knows it and holds no program; it is passed on.
    return ""


def _ole_refused(content: bytes) -> str:
    """Old office files: a macro lies in a storage of a known name, a password makes the whole an encrypted package."""
    near = content[:25_000_000]
    if "EncryptedPackage".encode("utf-16-le") in near:
        return "file_archive_password"
    macro = any(mark.encode("utf-16-le") in near for mark in ("_VBA_PROJECT", "VBA_PROJECT", "Macros"))
    return "file_macros" if macro else ""


def _zip_refused(kind: str, content: bytes, limits: Limits) -> str:
    try:
        # The number of entries stands at the end; it is checked before Python makes an object of each.
        end = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
        stated = int.from_bytes(content[end + 10 : end + 12], "little") if end >= 0 else 0
        size = int.from_bytes(content[end + 12 : end + 16], "little") if end >= 0 else 0
        if stated > limits.entries or size > limits.entries * 400:
            return "file_archive_too_large"
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _entries_refused(kind, archive, len(content), limits)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        ValueError,
        OSError,
        NotImplementedError,
        EOFError,
        IndexError,
        KeyError,
    ):
        return "file_archive_damaged"


def _entries_refused(kind: str, archive: zipfile.ZipFile, size: int, limits: Limits) -> str:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > limits.entries
        or unpacked > limits.unpacked_bytes
        or unpacked > size * limits.ratio + 1_000_000
    ):
        return "file_archive_too_large"
    if any(entry.flag_bits & 0x1 for entry in entries):
        return "file_archive_password"
    office = kind != "application/zip"
    for entry in entries:
        low = entry.filename.lower()
        extension = low.rpartition(".")[2]
        if low.endswith(("vbaproject.bin", "/vbadata.xml")) or (
            office and low.startswith(("basic/", "scripts/"))
        ):
            return "file_macros"
        if office or entry.is_dir():
            continue
        if extension in _RUNS - _PAGES:
            return "file_holds_program"
        if extension in _MACROS:
            return "file_macros"
        refused = _inner_refused(archive, entry, limits)
        if refused:
            return refused
    return ""


def _inner_refused(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> str:
    """What an entry of a zip is by its first bytes; only so many are unpacked, whatever it says of its size."""
    try:
        with archive.open(entry) as stream:
            head = stream.read(limits.inner_bytes)
    except (
        zipfile.BadZipFile,
        ValueError,
        OSError,
        NotImplementedError,
        EOFError,
        RuntimeError,
        zlib.error,
    ):
        return "file_archive_damaged"
    kind = sniff(head)
    if kind in (PROGRAM, SCRIPT):
        return "file_holds_program"
    nested = kind in _ARCHIVES or (
        kind == "application/zip" and not entry.filename.lower().endswith((".docx", ".xlsx", ".pptx"))
    )
    return "file_archive_nested" if nested else ""
