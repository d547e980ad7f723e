"""Define payment terms or change them. Documents posted before keep the due dates they were posted with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.records.models import PaymentTerms
from dunlin.rules.codes import Refused
from dunlin.rules.terms import Terms, rule_of, terms_of

CODE_LONGEST = 30
# Beyond these a due date leaves the calendar, or somebody typed a wrong figure.
MOST = {"days": 3650, "discount_days": 3650, "grace_days": 365, "months": 120, "count": 120}


@dataclass(frozen=True)
class TermsSaved:
    """The terms; `new` when they were not there before."""

    terms_id: int
    code: str
    new: bool


def save_terms(
    who: Who,
    code: str,
    rule: Mapping[str, Any],
    *,
    description: str = "",
    terms_id: int | None = None,
    key: str | None = None,
) -> TermsSaved:
    """Make terms, or with `terms_id` give those another rule; a code is never changed, files name terms by it.

    `rule` holds the fields of rules.terms.Terms as JSON. Refused: not_blank, terms_code_taken, terms_unknown,
    terms_not_usable with what is wrong.
    """
    code = code.strip()
    asked = {"code": code, "rule": rule, "description": description, "terms": terms_id}
    with doing(who, "save_terms", key=key, asked=asked) as act:
        if act.answered:
            return TermsSaved(**act.answer)
        stored = usable(code or "these", rule)
        if terms_id is None:
            row, before = _new(code), None
        else:
            found = PaymentTerms.objects.select_for_update().filter(pk=terms_id).first()
            if found is None:
                raise Refused("terms_unknown")
            row, before = found, {"rule": found.rule, "description": found.description}
        row.rule, row.description = stored, description.strip()[:200]
        row.save()

        act.answer = {"terms_id": row.pk, "code": row.code, "new": terms_id is None}
        act.tell(
            about=f"terms:{row.code}", before=before, after={"rule": row.rule, "description": row.description}
        )
        return TermsSaved(**act.answer)


def usable(code: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """The rule as it is stored. Refused: terms_not_usable."""
    try:
        terms = terms_of(code, rule) or Terms(code, "unknown")
    except (TypeError, ValueError, ArithmeticError) as problem:
        raise Refused("terms_not_usable", why=f"{str(problem).removeprefix(f'terms {code}: ').capitalize()}.") from None  # fmt: skip
    for name, most in MOST.items():
        if getattr(terms, name) > most:
            raise Refused("terms_not_usable", why=f"{name.replace('_', ' ').capitalize()}: {most} at most.")
    if terms.kind == "range_end_plus" and not terms.ranges:
        raise Refused("terms_not_usable", why="Write the ranges of days, such as 1-15, 16-eom.")
    return rule_of(terms)


def _new(code: str) -> PaymentTerms:
    if not code:
        raise Refused("not_blank", field="the code")
    if len(code) > CODE_LONGEST:
        raise Refused("terms_not_usable", why=f"A code has {CODE_LONGEST} characters at most.")
    if PaymentTerms.objects.filter(code__iexact=code).exists():
        raise Refused("terms_code_taken", terms=code)
    return PaymentTerms(code=code)
