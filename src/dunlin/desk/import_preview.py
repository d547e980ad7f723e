"""What was understood of a file before it is taken in: everything asked and changed stands in the address.

So the page can be left, kept and returned to, and what is imported is exactly what was shown. `set` is one change of the
mapping, such as `currency=USD`; see `choose_mapping` for what it can say.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dunlin.actions.choose_mapping import read_by, refuse_open_questions
from dunlin.actions.import_file import start_import
from dunlin.actions.preview_import import Preview, preview_import
from dunlin.actions.receive_file import received
from dunlin.actions.save_mapping import save_mapping
from dunlin.desk.acts import address
from dunlin.desk.answers import done, show
from dunlin.desk.imports import KIND_WORDS, done_quietly
from dunlin.desk.office import seeing
from dunlin.formats.dates import parse_date
from dunlin.formats.guesses import Question
from dunlin.formats.mappings import Mapping, from_yaml
from dunlin.formats.problems import Unreadable
from dunlin.formats.targets import KINDS, target_names, targets
from dunlin.records.models import ImportRun
from dunlin.reports.imports import import_mappings
from dunlin.rules.codes import Refused

ORDERS = (("dmy", "Day, month, year"), ("mdy", "Month, day, year"), ("ymd", "Year, month, day"))
MARKS = (("false", "Point: 1,234.50"), ("true", "Comma: 1.234,50"))
SIGNS = (("as_is", "As they stand"), ("negative_is_credit", "Negative amounts are credits"))
_OF_THE_FILE = ("date_order", "decimal_comma", "sign")
_MISSED = ("number", "due_on")  # shown though no column gives them: rows without are the usual surprise
_BIG = 2 << 20  # above this the page comes first and the file is read while it is looked at
_MENDED = (
    "mapping_not_usable",
    "mapping_other_kind",
    "mapping_unknown",
    "file_not_understood",
    "mapping_question",
    "column_unknown",
)


@dataclass(frozen=True)
class Asked:
    """What the address says: the kept file, its name, the kind ("" for a guess), a mapping by name or of a run, changes."""

    file: str
    name: str
    kind: str
    mapping: str
    run: str
    sets: dict[str, str]

    @property
    def link(self) -> str:
        sets = [f"{about}={value}" for about, value in self.sets.items()]
        given = {
            "file": self.file,
            "name": self.name,
            "kind": self.kind,
            "mapping": self.mapping,
            "run": self.run,
        }
        return address("import_preview", **given, set=sets or None)

    @property
    def given(self) -> Mapping | str | None:
        """The mapping asked for: that of the run whose rows are being corrected, else the one named."""
        if self.run.isascii() and self.run.isdigit() and not self.mapping:
            text = ImportRun.objects.filter(pk=int(self.run)).values_list("mapping_text", flat=True).first()
            if text and (not self.kind or from_yaml(text).kind == self.kind):
                # The corrections are a file of our own making, whatever form the first one had.
                return replace(from_yaml(text), delimiter=None, encoding=None, sheet=None, header_line=None)
        return self.mapping or None


def asked_in(request: HttpRequest) -> Asked:
    get = request.GET
    kind = get.get("kind", "") if get.get("kind") in KINDS else ""
    sets = dict(text.partition("=")[::2] for text in get.getlist("set") if "=" in text)
    name = re.sub(r"[\x00-\x1f]", " ", get.get("name", "")).strip()[:200]
    return Asked(
        get.get("file", ""), name or "file", kind, get.get("mapping", "")[:60], get.get("run", "")[:10], sets
    )


@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest) -> HttpResponse:
    """GET reads the whole file and compares it with the books; POST changes the mapping, saves it, or imports."""
    seeing(request, "import_file")
    asked = asked_in(request)
    path = received(asked.file)
    if request.method != "POST":
        return _page(request, asked, path)
    do = {"save": _save, "import": _import}.get(request.POST.get("do", ""), _again)
    try:
        return do(request, asked, path)
    except Refused as refused:
        if refused.code not in _MENDED:
            raise
        return _page(request, asked, path, problem=refused, typed=request.POST.dict())


def _page(
    request: HttpRequest,
    asked: Asked,
    path: Path,
    problem: Refused | None = None,
    typed: dict[str, Any] | None = None,
) -> HttpResponse:
    door = request.door  # type: ignore[attr-defined]
    facts: dict[str, Any] = {
        "asked": asked, "found": None, "problem": problem, "typed": typed or {}, "kinds": KIND_WORDS,
        "kind_words": dict(KIND_WORDS), "mappings": import_mappings(), "start_over": replace(asked, mapping="", run="", kind="", sets={}).link,
        "megabytes": path.stat().st_size / (1 << 20), "sets": len(asked.sets),
    }  # fmt: skip
    at_once = request.htmx or request.method == "POST" or request.GET.get("read") == "1"  # type: ignore[attr-defined]
    if path.stat().st_size > _BIG and not at_once:
        return show(request, "imports_preview.html", facts)
    with suppress(_Stop):
        facts["found"] = found = _read(door.who, asked, path, facts)
        facts |= _mapping_facts(found, facts["typed"])
    status = 422 if facts["problem"] else 200
    return show(request, "imports_preview.html", facts, part="results", status=status)


class _Stop(Exception):
    """The file cannot be shown; the page says why."""


def _read(who: Any, asked: Asked, path: Path, facts: dict[str, Any]) -> Preview:
    try:
        return preview_import(
            who, path, asked.kind or None, asked.given, answers=asked.sets, name=asked.name, first=15
        )
    except Refused as refused:
        if refused.code not in _MENDED:
            raise
        facts["problem"] = facts["problem"] or refused
        raise _Stop from None


def _again(request: HttpRequest, asked: Asked, path: Path) -> HttpResponse:
    """Take what was changed in the form into the address. Refused: mapping_not_usable, before the file is read again."""
    changed = changes_in(request.POST.dict(), asked)
    _, chosen = read_by(path, changed.kind or None, changed.given, changed.sets, changed.name)
    if chosen.questions:
        return done_quietly(request, changed.link)
    return done_quietly(request, changed.link + "#understood")


def changes_in(form: dict[str, Any], asked: Asked) -> Asked:
    """The address with what differs in `form` from what the page showed (`was.` beside each field).

    `to.FIELD` is the column of a field ("" for none), `else.FIELD` what a blank cell becomes, or a constant without column.
    `kind` and `mapping` are taken with whatever was chosen below them.
    """
    sets = dict(asked.sets)
    kind = form.get("kind", asked.kind) if form.get("kind") in ("", *KINDS) else asked.kind
    mapping = form.get("mapping", asked.mapping)[:60]
    for name in _OF_THE_FILE:
        if form.get(name, "") not in ("", form.get(f"was.{name}", "")):
            sets[name] = form[name]
    for field in dict.fromkeys(name.removeprefix("to.") for name in form if name.startswith("to.")):
        column, other = form[f"to.{field}"].strip(), form.get(f"else.{field}", "").strip()
        if (column, other) == (form.get(f"was.to.{field}", ""), form.get(f"was.else.{field}", "")):
            continue
        sets.pop(f"{field}.default", None)
        if column != form.get(f"was.to.{field}", "") or not column:
            sets.pop(field, None)
            sets[field] = column or (f":{other}" if other else "")
        if column:
            sets[f"{field}.default"] = other
    for name, value in form.items():
        about = name.removeprefix("answer.")
        if about != name and value.strip():
            if about == "kind" and value in KINDS:
                kind = value
            else:
                sets[about] = value.strip()
    if kind and kind != asked.kind:
        # What was said about fields the other kind does not have is void with it.
        fields = (*_OF_THE_FILE, *target_names(kind))
        sets = {about: value for about, value in sets.items() if about.partition(".")[0] in fields}
    kept = {about: value[:200] for about, value in sets.items()}
    return replace(asked, sets=kept, kind=kind, mapping=mapping)


def _save(request: HttpRequest, asked: Asked, path: Path) -> HttpResponse:
    name = re.sub(r"[^a-z0-9]+", "-", request.POST.get("mapping_name", "").casefold()).strip("-")[:60]
    if not name:
        raise Refused(
            "mapping_not_usable", mapping="without a name", file=asked.name, why="write a name for it first"
        )
    _, chosen = read_by(path, asked.kind or None, asked.given, asked.sets, asked.name)
    refuse_open_questions(chosen, asked.name)
    saved = save_mapping(request.door.who, chosen.mapping, name)  # type: ignore[attr-defined]
    to = replace(asked, mapping=saved.name, run="", sets={}).link
    return done(
        request,
        f"The mapping is saved as {saved.name}; a file with these columns is read by it from now on.",
        to,
    )


def _import(request: HttpRequest, asked: Asked, path: Path) -> HttpResponse:
    who = request.door.who  # type: ignore[attr-defined]
    run = start_import(who, path, asked.kind or None, asked.given, answers=asked.sets, name=asked.name)
    return done_quietly(request, reverse("import_run", args=[run]))


def _mapping_facts(found: Preview, typed: dict[str, Any]) -> dict[str, Any]:
    """What the form of the mapping shows: every field with its column, those that say something first."""
    mapping = found.mapping
    rows = []
    for column in found.columns:
        held = mapping.columns.get(column.field)
        other = (held.default or "") if held else ""
        rows.append({
            "of": column, "column": typed.get(f"to.{column.field}", column.column), "was": column.column,
            "other": typed.get(f"else.{column.field}", other), "was_other": other,
            "values": tuple((held.values if held else {}).items()), "otherwise": (held.otherwise if held else "") or "",
            "used": bool(column.column or other or column.required or column.field in _MISSED),
        })  # fmt: skip
    signs = SIGNS + (
        (("dc_column", f"Column {mapping.dc_column} says debit or credit"),) if mapping.dc_column else ()
    )
    return {
        "rows": [row for row in rows if row["used"]], "others": [row for row in rows if not row["used"]],
        "choices": [("", "not in the file"), *((name, name) for name in found.header)], "orders": ORDERS, "marks": MARKS,
        "signs": signs, "comma": "true" if mapping.decimal_comma else "false", "asks": _asks(found),
    }  # fmt: skip


def _asks(found: Preview) -> list[dict[str, Any]]:
    """Questions with the words of their answers; several about one thing are asked together."""
    asks: dict[str, dict[str, Any]] = {}
    for question in found.questions:
        ask = asks.setdefault(
            question.about, {"about": question.about, "sentences": [], "evidence": [], "choices": []}
        )
        ask["sentences"].append(question.sentence)
        ask["evidence"] += question.evidence
        ask["choices"] = ask["choices"] or _choices(question, found)
        ask["column"] = question.about in target_names(found.kind) and not question.choices
    if "date_order" in asks and not asks["date_order"]["evidence"]:
        asks["date_order"]["evidence"] = [(None, value) for value in _dates(found)[:3]]
    return list(asks.values())


def _choices(question: Question, found: Preview) -> list[tuple[str, str]]:
    if question.about == "date_order":
        offered = [
            (order, words, _reads_as(order, found)) for order, words in ORDERS if order in question.choices
        ]
        some = any(reads for _, _, reads in offered)
        return [(order, words + reads) for order, words, reads in offered if reads or not some]
    if question.about == "decimal_comma":
        return list(MARKS)
    return [(choice, dict(KIND_WORDS).get(choice, choice.replace("_", " "))) for choice in question.choices]


def _dates(found: Preview) -> list[str]:
    """The first cells of the date columns, those that can be read either way first."""
    forms = {target.name: target.form for target in targets(found.kind)}
    cells = [cell for column in found.columns if forms[column.field] == "date" for cell in column.samples]
    return list(dict.fromkeys(cells))


def _reads_as(order: str, found: Preview) -> str:
    """ ": 03/04/2026 is 3 Apr 2026" for the first date that reads so."""
    for cell in _dates(found):
        with suppress(Unreadable):
            day = parse_date(cell, order)  # type: ignore[arg-type]
            if day is not None:
                return f": {cell} is {day.day} {day:%b} {day.year}"
    return ""
