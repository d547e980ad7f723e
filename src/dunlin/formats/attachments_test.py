import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.attachments import Limits, judge_attachment, safe_name
from dunlin.formats.file_marks import DOCX, XLSX, sniff
from dunlin.rules.codes import PROBLEMS
from tests import shared_data

pytestmark = pytest.mark.req("G3")


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content, kind",
    [
        (b"%PDF-1.7\n", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"), (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"), (b"ID3\x03", "audio/mpeg"), (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"OggS\0", "audio/ogg"), (b"\0\0\0 ftypM4A ", "audio/mp4"), (b"#!AMR\n", "audio/amr"), (b"MZ\x90", "application/x-executable"),
        (b"a;b\n1;2\n", "text/csv"), (b"Hello there\n", "text/plain"), (b"<html><p>", "text/html"), (b"<?xml version='1.0'?><a/>", "application/xml"),
        (b"From: a@b.example\nSubject: x\n\nhi", "message/rfc822"), (b"\0\1\2\3", "application/octet-stream"), (b"", "application/octet-stream"),
        (zipped(**{"[Content_Types]_dot_xml": "", "word__document_dot_xml": ""}), DOCX), (zipped(**{"[Content_Types]_dot_xml": "", "xl__workbook_dot_xml": ""}), XLSX),
        (zipped(a="x"), "application/zip"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_say(content, kind):
    assert sniff(content) == kind


ENCRYPTED = bytearray(zipped(a_dot_txt="x"))
ENCRYPTED[6] |= 1
ENCRYPTED[ENCRYPTED.find(b"PK\x01\x02") + 8] |= 1


@pytest.mark.parametrize(
    "name, content, refused",
    [
        ("Invoice.pdf", b"%PDF-1.7", ""),
        ("photo.JPG", b"\xff\xd8\xff", ""),
        ("voice.amr", b"#!AMR\n", ""),
        ("list.csv", b"a,b\n1,2\n", ""),
        ("mail.eml", b"From: a@b.example\nSubject: x\n\n", ""),
        ("papers.zip", zipped(a_dot_pdf="%PDF-1.4"), ""),
        ("page.html", b"<html><p>hello</p></html>", ""),
        ("Invoice.pdf", b"MZ\x90\0", "file_program"),
        ("invoice.exe", b"hello", "file_program"),
        ("invoice.pdf.exe", b"hello", "file_name_hides"),
        ("invoice.pdf.js ", b"hello", "file_name_hides"),
        ("invoice\u202efdp.exe", b"hello", "file_name_hides"),
        ("run.txt", b"#!/bin/sh\nrm -rf /", "file_program"),
        ("x.txt", b"<?php system('x');", "file_program"),
        ("page.html", b"<html><script>x()</script></html>", "file_program"),
        ("logo.svg", b"<svg onload=\"x()\"></svg>", "file_program"),
        ("sheet.xlsm", zipped(**{"[Content_Types]_dot_xml": "", "xl__workbook_dot_xml": ""}), "file_macros"),
        ("sheet.xlsx", zipped(**{"[Content_Types]_dot_xml": "", "xl__vbaProject_dot_bin": "x"}), "file_macros"),
        ("letter.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "file_macros"),
        ("letter.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "file_archive_password"),
        ("papers.zip", zipped(a_dot_exe="x"), "file_holds_program"),
        ("papers.zip", zipped(a_dot_pdf=b"MZ\x90\0"), "file_holds_program"),
        ("papers.zip", zipped(inner_dot_zip=zipped(a="x")), "file_archive_nested"),
        ("papers.zip", zipped(renamed_dot_pdf=zipped(a="x")), "file_archive_nested"),
        ("bomb.zip", zipped(a_dot_txt=b"\0" * 50_000_000), "file_archive_too_large"),
        ("papers.zip", bytes(ENCRYPTED), "file_archive_password"),
        ("papers.zip", zipped(a="x")[:-5], "file_archive_damaged"),
        ("papers.7z", b"7z\xbc\xaf\x27\x1c", "file_archive_unseen"),
        ("many.zip", zipped(**{f"f{n}": "" for n in range(2_001)}), "file_archive_too_large"),
    ],
)  # fmt: skip
def test_what_may_not_be_opened_is_refused_by_code(name, content, refused):
    judged = judge_attachment(name, "application/pdf", content)
    assert judged.refused == refused
    assert not refused or refused in PROBLEMS


def test_a_file_over_the_limit_is_refused():
    assert (
        judge_attachment("a.pdf", "", b"%PDF-" + b"x" * 100, Limits(file_bytes=50)).refused
        == "file_over_limit"
    )


@pytest.mark.parametrize(
    "name, safe",
    [
        ("../../etc/passwd", "passwd"), ("C:\\Temp\\a.pdf", "a.pdf"), ("", "file.pdf"), ("con.pdf", "_con.pdf"), ("a\r\nb.pdf", "ab.pdf"),
        ("a\u202eb.pdf", "ab.pdf"), (" .pdf", "pdf"), ("Rechnung ä 7/2026.pdf", "2026.pdf"), ("a<b>|c.pdf", "a-b--c.pdf"), ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)  # fmt: skip
def test_names_stay_in_their_folder_and_show_what_they_are(name, safe):
    assert safe_name(name, "application/pdf") == safe


@given(
    st.text(max_size=200), st.binary(max_size=300) | st.binary(max_size=200).map(lambda b: b"PK\x03\x04" + b)
)
@settings(max_examples=300, deadline=None)
def test_no_name_and_no_bytes_make_it_raise(name, content):
    judged = judge_attachment(name, "x/y", content)
    assert 0 < len(judged.safe_name) <= 122
    assert not set(judged.safe_name) & set("/\\\r\n\0")
    assert judged.refused == "" or judged.refused in PROBLEMS


def test_real_books_are_taken_and_those_with_macros_are_not():
    sheets = shared_data.require("data/bad_input/sheets")
    verdicts = {
        path.suffix: judge_attachment(path.name, "", path.read_bytes()).refused for path in sheets.iterdir()
    }
    assert verdicts[".xlsm"] == "file_macros"
    assert {verdicts[end] for end in (".xlsx", ".ods", ".xls")} == {""}
