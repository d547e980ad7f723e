"""How well real mail is understood: rates over the shared sample, as figures and as a table (`python -m tests.mail_rates`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from dunlin.formats.bounce_reports import plain_address
from dunlin.formats.mail_in import read_mail
from dunlin.formats.mail_kinds import MailKind, classify
from dunlin.formats.quoted import split_reply
from tests import shared_data

BOUNCES = ("bounces", "bounces_crlf", "bounces_cr_only")
# What a person reads in the files: these tell of no failure although they lie among the bounces.
DELIVERED = frozenset({"sisimai__lhost-amazonses-12.eml"})
# A report of a full mailbox in so many words, although it lies among the mails that are no bounces.
TRULY_A_BOUNCE = frozenset({"sisimai__rb-issue-368-bug.eml"})
# Recipients of bounces in prose, read by a person from the file. The rest are in _expected.json.
IN_PROSE = {
    "mailgun__broken-mime.eml": "info@example.net",
    "mailgun__gmail-invalid-address.eml": "awfawfawfawfawfaw@someserverhere.com",
    "mailgun__gmail-no-dns.eml": "user@example.comm",
    "sisimai__lhost-activehunter-01.eml": "kijitora@example.org",
    "sisimai__lhost-amazonworkmail-03.eml": "kuroneko@example.org",
    "sisimai__lhost-amazonworkmail-07.eml": "kijitora@libsisimai.org",
    "sisimai__lhost-apachejames-01.eml": "000000000000@vtext.example.com",
    "sisimai__lhost-biglobe-01.eml": "postmaster@mxr.biglobe.ne.jp",
    "sisimai__lhost-domino-01.eml": "kijitora@example.jp",
    "sisimai__lhost-dragonfly-14.eml": "mesgtoobig@libsisimai.net",
    "sisimai__lhost-dragonfly-21.eml": "suspend@libsisimai.net",
    "sisimai__lhost-einsundeins-02.eml": "kijitora@example.org",
    "sisimai__lhost-exchange2003-02.eml": "kijitora@example.co.jp mikeneko@example.co.jp",
    "sisimai__lhost-exchange2003-05.eml": "kijitora@example.com",
    "sisimai__lhost-exim-02.eml": "kijitora@example.jp sabatora@example.jp",
    "sisimai__lhost-exim-33.eml": "pseudo-local-part-kijitora-nyaan@comcast.net",
    "sisimai__lhost-exim-40.eml": "kijitora@example.org",
    "sisimai__lhost-exim-52.eml": "kijitora@example.com",
    "sisimai__lhost-exim-54.eml": "kijitora@example.org",
    "sisimai__lhost-exim-57.eml": "kijitora@example.com",
    "sisimai__lhost-ezweb-07.eml": "this-local-part-does-not-exist@ezweb.ne.jp",
    "sisimai__lhost-fml-02.eml": "neko-nyaan@example.org",
    "sisimai__lhost-gmail-06.eml": "kijitora@example.jp",
    "sisimai__lhost-gmail-09.eml": "kijitora@9jo.example.jp",
    "sisimai__lhost-gmail-10.eml": "kijitora@6jo.example.co.jp",
    "sisimai__lhost-gmail-11.eml": "kijitora@example.com",
    "sisimai__lhost-gmail-16.eml": "mailboxfull@bouncehammer.jp",
    "sisimai__lhost-googlegroups-07.eml": "libsisimai@googlegroups.com",
    "sisimai__lhost-googlegroups-14.eml": "libsisimai@googlegroups.com",
    "sisimai__lhost-imailserver-02.eml": "kijitora@example.co.jp",
    "sisimai__lhost-kddi-03.eml": "kijitora@00000000000000.dion.ne.jp",
    "sisimai__lhost-mailfoundry-01.eml": "kijitora@example.org",
    "sisimai__lhost-mailmarshal-02.eml": "kijitora@nyaan.example.com",
    "sisimai__lhost-mailru-01.eml": "kijitora@example.jp",
    "sisimai__lhost-messagingserver-03.eml": "sabineko@example.org mikeneko@example.org",
    "sisimai__lhost-mfilter-05.eml": "kijitora@example.co.jp",
    "sisimai__lhost-mxlogic-03.eml": "kijitora@example.co.jp",
    "sisimai__lhost-notes-01.eml": "kijitora@u1.example.co.jp",
    "sisimai__lhost-qmail-04.eml": "kijitora@example.net",
    "sisimai__lhost-qmail-10.eml": "kijitora@neko2.example.co.jp",
    "sisimai__lhost-trendmicro-02.eml": "kijitora@neko.example.jp",
    "sisimai__lhost-v5sendmail-01.eml": "kijitora@example.com",
    "sisimai__lhost-x2-02.eml": "kijitora@example.com mikeneko@example.com sabineko@example.com",
    "sisimai__lhost-x2-07.eml": "kijitora@example.co.jp",
    "sisimai__lhost-x3-02.eml": "kijitora@example.co.jp",
    "sisimai__lhost-x6-02.eml": "kijitora@libsisimai.org",
    "sisimai__lhost-yahoo-06.eml": "otsu-sakaba-hunter-neko-nyaaaaaaan@ezweb.ne.jp",
    "sisimai__lhost-yahoo-09.eml": "neko@libsisimai.org",
    "sisimai__lhost-zoho-04.eml": "kijitora@6kaku.example.co.jp",
    "sisimai__lhost-zoho-05.eml": "kijitora@7jo.example.jp",
    "sisimai__rhost-google-02.eml": "neko-nyaan@example.org",
    "sisimai__mac-lhost-domino-01.eml": "kijitora@example.jp",
    "sisimai__mac-lhost-ezweb-01.eml": "this-message-rejected-by-the-domain-filter@ezweb.ne.jp",
    "sisimai__mac-lhost-opensmtpd-01.eml": "apdugoaidugoaidugoaeiudggadi@gmail.com",
    "sisimai__mac-lhost-yahoo-01.eml": "kijitora@example.org",
    "sisimai__dos-lhost-mailru-01.eml": "kijitora@example.jp",
    "sisimai__dos-lhost-verizon-01.eml": "0000000000@vzwpix.com",
}  # fmt: skip


def folder(name: str) -> Path:
    return shared_data.require(f"data/email/{name}")


def kinds(name: str) -> Iterator[tuple[str, dict, MailKind]]:
    """Each mail of a folder: its name, what another program read from it, and what we make of it."""
    expected = json.loads((folder(name) / "_expected.json").read_text())
    for path in sorted(folder(name).glob("*.eml")):
        yield path.name, expected.get(path.name, {}), classify(read_mail(path.read_bytes()))


def bounce_rates() -> dict[str, tuple[int, int]]:
    known = reported = status = prose = all_prose = total = statuses = reports = returned = 0
    for name in BOUNCES:
        for file, expected, kind in kinds(name):
            total += 1
            known += (
                kind.kind == ("delivery_report" if file in DELIVERED else "bounce") or kind.kind == "delay"
            )
            returned += bool(kind.original_ids)
            got = [one.address.lower() for one in kind.failures]
            if file in IN_PROSE:
                all_prose += 1
                prose += got == IN_PROSE[file].split()
            wanted = [one for one in expected.get("recipients", []) if one["final"].strip()]
            if wanted:
                reports += 1
                reported += got == [_address(one["final"]) for one in wanted]
                for one, ours in zip(wanted, kind.failures):
                    statuses += 1
                    status += _same_status(one["status"], ours.status) and one["action"] == ours.action
    return {
        "bounces and delays recognised": (known, total),
        "recipients right, delivery status": (reported, reports),
        "action and status right": (status, statuses),
        "recipients right, prose only": (prose, all_prose),
        "tied to the mail returned": (returned, total),
    }


def _address(final: str) -> str:
    return plain_address(final).lower()


def _same_status(stated: str, ours: str) -> bool:
    """The same, or made more exact from the server's words where the report only says "something" (5.0.0)."""
    number = re.match(r"[245]\.\d+\.\d+", stated)
    return number is None or number[0] == ours or (number[0].endswith(".0.0") and number[0][0] == ours[0])


def other_rates() -> dict[str, tuple[int, int]]:
    auto = [kind.kind == "auto_reply" for _, _, kind in kinds("auto_replies")]
    complaints = [kind.kind == "feedback_loop" for _, _, kind in kinds("feedback_loops")]
    no_bounces = [
        kind.kind == "bounce" for file, _, kind in kinds("not_bounces") if file not in TRULY_A_BOUNCE
    ]
    raw = [kind.kind != "message" for file, _, kind in kinds("raw_messages") if "report_530" not in file]
    return {
        "automatic answers recognised": (sum(auto), len(auto)),
        "complaints recognised": (sum(complaints), len(complaints)),
        "no bounce taken for one": (sum(no_bounces), len(no_bounces)),
        "plain mail taken for a machine's": (sum(raw), len(raw)),
    }


def plain(text: str) -> str:
    """Text with blanks at line ends and runs of empty lines evened out: parsers differ there and people do not."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip()


def reply_rates() -> dict[str, tuple[int, int]]:
    exact = alone = total = clean = 0
    for path in sorted(folder("quoted_replies_expected_reply").iterdir()):
        wanted = plain(path.read_bytes().decode())
        split = split_reply((folder("quoted_replies") / path.name).read_bytes().decode())
        total += 1
        exact += plain(split.shown) == wanted
        alone += plain(split.reply) == wanted
        clean += not any(line.startswith(">") for line in split.reply.split("\n"))
    return {
        "reply as shown, exactly as expected": (exact, total),
        "reply without any quote, exactly as expected": (alone, total),
        "reply free of quoted lines": (clean, total),
    }


def table() -> str:
    rows = {**bounce_rates(), **other_rates(), **reply_rates()}
    return "\n".join(
        f"{name:<46}{good:>5} of {all_:>4}  {good / all_:>7.1%}" for name, (good, all_) in rows.items()
    )


if __name__ == "__main__":
    print(table())
