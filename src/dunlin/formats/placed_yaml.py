"""Reading YAML that people write by hand: every mistake at once, each with its line and column and what to do.

Only plain data is read: no anchors, no tags, no key twice. Values keep the text they are written as.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import yaml

from dunlin.formats.yaml_nodes import PlainLoader
from dunlin.rules.money import Money, NotMoney

LONGEST = 200_000
_WHOLE = re.compile(r"-?\d{1,9}\Z", re.ASCII)


class Problem(NamedTuple):
    """What is wrong in a text: the line and column (from 1; 0 is the text as a whole), the place in it and what to do."""

    line: int
    column: int
    place: str
    detail: str

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{where}{self.place}: {self.detail}" if self.place else f"{where}{self.detail}"


class TextProblems(ValueError):
    """A text that cannot be used; `problems` are in the order of their lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class _OnceLoader(PlainLoader):
    """Plain YAML without anchors: a short text cannot unfold into a long one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):  # type: ignore[no-untyped-call]
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="write the value out; references (*) are not read", problem_mark=mark
            )
        return super().compose_node(parent, index)  # type: ignore[no-untyped-call]


class Reader:
    """The tree of a text and the problems found in it so far. A getter that finds a mistake notes it and gives its default."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self.tree: Any = None
        self._places: dict[str, tuple[int, int]] = {}
        if len(text) > LONGEST:
            raise TextProblems([Problem(0, 0, "", f"longer than {LONGEST:,} characters")])
        loader = None
        try:
            loader = _OnceLoader(text)
            node = loader.get_single_node()
            if node is not None:
                self._place(node, "")
                self.tree = loader.construct_document(node)  # type: ignore[no-untyped-call]
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            raise TextProblems(
                [Problem(line, column, "", f"not YAML: {getattr(error, 'problem', None) or error}")]
            ) from None
        except (ValueError, RecursionError) as error:
            raise TextProblems([Problem(0, 0, "", f"not YAML: {error}")]) from None
        finally:
            if loader is not None:
                loader.dispose()

    def wrong(self, place: str, detail: str) -> None:
        """Note a mistake at a place ("steps[1].from"); what is missing is shown where it would belong."""
        known = place
        while known and known not in self._places:
            known = known[: max(known.rfind("."), known.rfind("["), 0)]
        line, column = self._places.get(known, (1, 1))
        self.problems.append(Problem(line, column, place, detail))

    def wrong_in_block(self, place: str, row: int, detail: str) -> None:
        """Note a mistake in the nth line of a text block (`|`) at a place."""
        line, column = self._places.get(place, (0, 1))
        self.problems.append(Problem(line + row, column, place, detail))

    def done(self) -> None:
        """TextProblems if anything was wrong."""
        if self.problems:
            raise TextProblems(self.problems)

    def table(
        self, value: Any, place: str, known: Sequence[str], needed: Collection[str] = ()
    ) -> dict[str, Any]:
        """Keys with values, each key known; an empty one if it is none."""
        if not isinstance(value, dict):
            self.wrong(place, f"must be keys with values; known: {', '.join(known)}")
            return {}
        meant = set()
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(str(key), [each for each in known if each not in value], 1)
                meant.update(near)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
                self.wrong(_under(place, str(key)), f"not known here; {hint}")
        for key in needed:
            if key not in value and key not in meant:
                self.wrong(_under(place, key), "is missing; add it")
        return {key: each for key, each in value.items() if key in known}

    def listed(self, value: Any, place: str) -> list[Any]:
        """A list; nothing is an empty one."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(place, "must be a list: one line each, beginning with a hyphen")
            return []
        return value

    def text(self, value: Any, place: str, most: int, default: str = "") -> str:
        """One line of text, not blank."""
        if type(value) is int:
            value = str(value)
        if not isinstance(value, str) or not value.strip():
            self.wrong(place, "must be text, and not blank")
            return default
        if len(value) > most:
            self.wrong(place, f"is longer than {most} characters")
            return default
        if value != value.strip() or not value.isprintable():
            self.wrong(place, "must be one line without blanks at its ends")
            return default
        return value

    def texts(self, value: Any, place: str, most: int) -> tuple[str, ...]:
        """A list of texts, or one alone."""
        if isinstance(value, str):
            return (self.text(value, place, most),)
        return tuple(
            self.text(each, f"{place}[{at}]", most) for at, each in enumerate(self.listed(value, place))
        )

    def choice(self, value: Any, place: str, known: Collection[str], default: str = "") -> str:
        """One of the known words."""
        if value in known:
            return str(value)
        near = difflib.get_close_matches(str(value), known, 1)
        hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}"
        self.wrong(place, f"{value} is not known here; {hint}")
        return default

    def whole(self, value: Any, place: str, low: int, high: int, default: int = 0) -> int:
        """A whole number within bounds, which are part of it."""
        if type(value) is int or (isinstance(value, str) and _WHOLE.match(value)):
            number = int(value)
            if low <= number <= high:
                return number
        self.wrong(place, f"must be a whole number from {low} to {high}, not {value}")
        return default

    def yes_or_no(self, value: Any, place: str, default: bool = False) -> bool:
        if isinstance(value, bool):
            return value
        self.wrong(place, "must be true or false")
        return default

    def decimal(self, value: Any, place: str, low: int, high: int) -> Decimal:
        """A number with a point, within bounds."""
        try:
            number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and low <= number <= high and abs(number.as_tuple().exponent) <= 8:  # type: ignore[arg-type]
            return number
        self.wrong(place, f"must be a number from {low} to {high} such as 8.5, not {value}")
        return Decimal(0)

    def amounts(self, value: Any, place: str) -> dict[str, int]:
        """Currency → minor units, each above zero: {USD: 25.00, EUR: 20.00}."""
        if not isinstance(value, dict) or not value:
            self.wrong(place, "must be amounts by currency, such as {USD: 25.00}")
            return {}
        found = {}
        for currency, amount in value.items():
            money = self._money(amount, str(currency), f"{place}.{currency}")
            if money is not None:
                found[money.currency] = money.minor
        return found

    def amount(self, value: Any, place: str, currency: str | None = None) -> Money | None:
        """One amount with its currency, {USD: 50000}; of `currency` if one is given."""
        found = self.amounts(value, place)
        if len(found) > 1:
            self.wrong(place, "must be one amount in one currency")
        for code, minor in found.items():
            if currency is None or code == currency:
                return Money(minor, code)
            self.wrong(f"{place}.{code}", f"must be in the home currency, {currency}")
        return None

    def _money(self, amount: Any, currency: str, place: str) -> Money | None:
        try:
            money = Money.exact(amount if isinstance(amount, (str, int)) else str(amount), currency)
        except NotMoney as problem:
            self.wrong(place, f"{problem}; write it as 25.00 with a currency code such as USD")
            return None
        if money.minor <= 0:
            self.wrong(place, "must be more than zero; leave it out for none")
            return None
        return money

    def _place(self, node: yaml.Node, place: str) -> None:
        """Remember where each key and each entry of a list stands, and note keys that are there twice."""
        if place not in self._places:
            self._places[place] = node.start_mark.line + 1, node.start_mark.column + 1
        if isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                under = _under(place, str(key.value))
                self._places[under] = key.start_mark.line + 1, key.start_mark.column + 1
                if key.value in seen if isinstance(key, yaml.ScalarNode) else True:
                    self.wrong(under, "stands here twice; keep one")
                    continue
                seen.add(key.value)
                self._place(value, under)
        elif isinstance(node, yaml.SequenceNode):
            for at, value in enumerate(node.value):
                self._place(value, f"{place}[{at}]")


def _under(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def amounts_text(amounts: Mapping[str, int]) -> dict[str, str]:
    """Minor units by currency as the text form has them: {"USD": "25.00"}."""
    return {currency: Money(amounts[currency], currency).plain for currency in sorted(amounts)}
