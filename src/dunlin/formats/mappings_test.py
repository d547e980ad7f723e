"""A mapping reads back as it was written, and what is wrong with one is named with its exact place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.mappings import (
    Column,
    Mapping,
    MappingProblem,
    Skip,
    from_yaml,
    shipped,
    shipped_for,
    shipped_names,
    to_yaml,
)
from dunlin.formats.targets import KINDS, target_names, targets

ITEMS = """
name: test
kind: items
columns:
  customer: Cust
  currency: {constant: USD}
  amount: Amt
  document_on: Date
"""


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_mapping_is_valid_named_as_its_file_and_reads_back(name):
    mapping = shipped(name)
    assert mapping.name == name
    assert from_yaml(to_yaml(mapping)) == mapping


def test_a_mapping_for_each_kind_of_our_own_export_ships():
    for kind in KINDS:
        assert tuple(shipped(f"dunlin-{kind}").columns) == target_names(kind)
        found = shipped_for(target_names(kind))
        assert found is not None
        assert found.name == f"dunlin-{kind}"


def test_every_field_says_what_it_means():
    for kind in KINDS:
        assert all(target.meaning.endswith(".") for target in targets(kind))
        assert len(set(target_names(kind))) == len(targets(kind))


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("name: test", "name: Test Mapping", "name"),
        ("name: test", "nme: test", "nme"),
        ("kind: items", "kind: things", "kind"),
        ("kind: items", "", "kind"),
        ("Cust", "''", "columns.customer.column"),
        ("customer: Cust", "custmer: Cust", "columns.custmer"),
        ("customer: Cust", "customer: {colum: Cust}", "columns.customer.colum"),
        ("customer: Cust", "customer: true", "columns.customer"),
        ("customer: Cust", "customer: {default: x}", "columns.customer"),
        ("  customer: Cust\n", "", "columns.customer"),
        ("  amount: Amt\n", "", "columns.amount"),
        ("  document_on: Date\n", "", "columns.document_on"),
        ("{constant: USD}", "{constant: USD, column: C}", "columns.currency.constant"),
        ("kind: items", "kind: items\ndate_order: dym", "date_order"),
        ("kind: items", "kind: items\ndecimal_comma: 'yes'", "decimal_comma"),
        ("kind: items", "kind: items\nsign: {column: DC, debit: [D]}", "sign.credit"),
        ("kind: items", "kind: items\nsign: minus", "sign"),
        ("kind: items", "kind: items\nfile: {delimiter: ';;'}", "file.delimiter"),
        ("kind: items", "kind: items\nfile: {header_line: 0}", "file.header_line"),
        ("kind: items", "kind: items\nskip: [{column: X}]", "skip[0]"),
        ("kind: items", "kind: items\nskip: [{column: X, values: [true]}]", "skip[0].values[0]"),
        ("amount: Amt", "amount: Amt\n  kind: {column: T, values: {RV: bill}}", "columns.kind"),
        ("amount: Amt", "amount: Amt\n  kind: {column: T, values: {~: invoice}}", "columns.kind.values"),
        ("kind: items", "kind: [items", "line 4, column 8"),
    ],
)
def test_a_mistake_is_named_with_its_place(old, new, place):
    assert old in ITEMS
    with pytest.raises(MappingProblem) as problem:
        from_yaml(ITEMS.replace(old, new, 1))
    assert problem.value.place == place


@pytest.mark.parametrize(
    "text", ["", "- a", "just text", "!!python/object/apply:os.system ['true']", "a: &x [*x]", "\x00"]
)
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(MappingProblem):
        from_yaml(text)


def test_column_names_and_codes_stay_the_text_they_are():
    text = (
        ITEMS.replace("Cust", "No")
        .replace("Date", "2020")
        .replace("Amt\n", "Amt\n  kind: {column: Yes, values: {01: invoice, 7: payment}}\n")
    )
    columns = from_yaml(text).columns
    assert (columns["customer"].names, columns["document_on"].names) == (("No",), ("2020",))
    assert (columns["kind"].names, columns["kind"].values) == (("Yes",), {"01": "invoice", "7": "payment"})


def test_an_answered_question_becomes_a_constant():
    mapping = shipped("settled-outstanding").with_constant("currency", "INR")
    assert mapping.columns["currency"] == Column(default="INR")
    assert shipped("settled-outstanding").notices


WORD = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)


@given(
    customer=WORD,
    amounts=st.lists(WORD, min_size=1, max_size=3, unique=True),
    values=st.dictionaries(WORD, st.sampled_from(["invoice", "payment"]), max_size=3),
    default=st.none() | WORD,
    order=st.sampled_from(["ymd", "dmy", "mdy"]),
    comma=st.booleans(),
    skip=st.lists(st.builds(Skip, WORD, st.tuples(WORD)), max_size=2),
)
@settings(max_examples=60)
def test_any_mapping_reads_back_as_it_was_written(customer, amounts, values, default, order, comma, skip):
    mapping = Mapping(
        name="any",
        kind="items",
        columns={
            "customer": Column((customer,), default=default),
            "amount": Column(tuple(amounts)),
            "kind": Column(("Type",), values=values, otherwise="invoice", blank=("-", "none")),
            "currency": Column(default="EUR"),
            "posted_on": Column(("Date",)),
        },
        date_order=order,
        decimal_comma=comma,
        sign="dc_column",
        dc_column="S/H",
        dc_debit=("S",),
        dc_credit=("H",),
        skip=tuple(skip),
        delimiter="\t",
        header_line=3,
        notices=("say: this",),
    )
    assert from_yaml(to_yaml(mapping)) == mapping.check()


def test_the_reference_page_lists_every_field_and_its_example_is_valid():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "mapping-format.md").read_text(
        encoding="utf-8"
    )
    for kind in KINDS:
        for target in targets(kind):
            assert (
                f"| `{target.name}` | {'yes' if target.required else ''} | {target.form} | {target.meaning}"
                in page
            )
    assert from_yaml(page.split("```yaml\n")[1].split("```")[0]).name == "my-erp-items"
