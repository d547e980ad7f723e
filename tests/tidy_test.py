"""Reads the code and holds it to the house: no banned folder, no giant file, no function longer than a screen."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "src" / "dunlin").rglob("*.py"))
CODE = [file for file in SOURCES if not file.name.endswith("_test.py") and "migrations" not in file.parts]
FILE_LINES_MAX = 400
TABLES = {"src/dunlin/rules/codes.py"}  # one line a code, every refusal and reason in one place
FUNCTION_LINES_MAX = 55  # below signature and docstring

# Calls that must not appear, with what to use instead, and the folders they are banned from.
BANNED = {
    "date.today": ("take `today` as an argument; doors read records/clock.py", ()),
    "datetime.now": ("take `now` as an argument; doors read records/clock.py", ("records/clock.py",)),
    "timezone.now": ("take `now` as an argument; doors read records/clock.py", ()),
}


def names(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""


@pytest.mark.parametrize("banned", ["utils", "helpers", "common", "misc", "lib"])
def test_no_folder_or_file_without_a_noun_of_its_own(banned):
    assert not [str(f) for f in SOURCES if banned in f.parts or f.stem == banned]


def test_files_stay_readable_in_one_sitting():
    # Migrations are written by Django, one after the other; nobody edits them.
    written = [f for f in SOURCES if "migrations" not in f.parts]
    long = {
        str(f.relative_to(ROOT)): n
        for f in written
        if (n := len(f.read_text().splitlines())) > FILE_LINES_MAX and str(f.relative_to(ROOT)) not in TABLES
    }
    assert long == {}


def test_functions_fit_a_screen():
    long = {}
    for file in CODE:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = node.body[bool(ast.get_docstring(node)) and len(node.body) > 1]
                length = (node.end_lineno or 0) - first.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    long[f"{file.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


@pytest.mark.parametrize("call", list(BANNED))
def test_the_clock_is_asked_in_one_place(call):
    allowed = BANNED[call][1]
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in CODE
        if not str(file).endswith(allowed or ("\0",))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and names(node.func).endswith(call)
    ]
    assert found == [], BANNED[call][0]


def test_no_float_touches_money():
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in CODE
        if file.name == "money.py"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and names(node.func) == "float"
    ]
    assert found == []


def test_every_folder_says_what_lives_in_it():
    silent = [
        str(f.relative_to(ROOT))
        for f in SOURCES
        if f.name == "__init__.py"
        and "migrations" not in f.parts
        and not ast.get_docstring(ast.parse(f.read_text()))
    ]
    assert silent == []


def test_public_functions_of_rules_and_actions_say_what_they_mean():
    silent = []
    for file in CODE:
        if file.parent.name not in ("rules", "actions", "reports", "formats"):
            continue
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and any(
                names(mark) == "overload" for mark in node.decorator_list
            ):
                continue  # a signature only; the function below it has the words
            if (
                isinstance(node, (ast.FunctionDef, ast.ClassDef))
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                silent.append(f"{file.relative_to(ROOT)}:{node.name}")
    assert silent == []


def test_no_signals_and_no_base_service_classes():
    found = [
        str(f.relative_to(ROOT))
        for f in CODE
        if "django.dispatch" in f.read_text() or "post_save" in f.read_text()
    ]
    assert found == []


def test_pages_are_given_no_name_that_jinja_keeps_for_itself():
    # `self` is always true in a page, whatever was put there: an administrator once saw everybody as themselves.
    found = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in (ROOT / "src" / "dunlin" / "desk").glob("*.py")
        for name in ("self", "loop", "caller", "varargs", "kwargs")
        if f'"{name}":' in file.read_text() and not file.name.endswith("_test.py")
    ]
    assert found == []
