"""XML of strangers as a small tree whose elements know their line. Nothing outside the file is ever read.

A document type is refused, and with it every entity: no bomb, no file or address is ever opened. Depth and the number of
elements are bounded. Python's expat reads; why not another library: docs/decisions/0013-bank-files.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from dunlin.formats.bank_model import BankFileProblem

DEPTH_MAX = 60
ELEMENTS_MAX = 5_000_000
TEXT_CHARS_MAX = 1_000_000  # of one element

_APART = "\x1f"  # divides namespace and name; no XML may contain it


@dataclass(slots=True)
class Element:
    """An element: name without namespace, attributes, text before its first child, children, its line in the file."""

    name: str
    namespace: str
    line: int
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, path: str) -> Iterator[Element]:
        """The elements at a path of names such as "RmtInf/Strd", in the order of the file."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def first(self, *paths: str) -> Element | None:
        """The first element at the first path that leads anywhere."""
        for path in paths:
            for found in self.all(path):
                return found
        return None

    def value(self, *paths: str) -> str:
        """The text of the first element that has some, trimmed; "" when there is none."""
        for path in paths:
            for found in self.all(path):
                if text := found.text.strip():
                    return text
        return ""


class _Reader:
    """Builds the tree and hands each element named in `finished` over when it ends; what was taken is not kept."""

    def __init__(self, finished: Callable[[Element, list[Element]], bool]) -> None:
        self.finished = finished
        self.open: list[Element] = []
        self.root: Element | None = None
        self.count = 0
        self.parser = expat.ParserCreate(namespace_separator=_APART)
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_: object) -> None:
        raise BankFileProblem("bank_xml_unsafe", self.parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= DEPTH_MAX:
            raise BankFileProblem("bank_xml_deep", self.parser.CurrentLineNumber, limit=DEPTH_MAX)
        if self.count > ELEMENTS_MAX:
            raise BankFileProblem("bank_xml_elements", limit=ELEMENTS_MAX)
        namespace, _, short = name.rpartition(_APART)
        self.open.append(Element(short, namespace, self.parser.CurrentLineNumber, attributes))

    def _end(self, _: str) -> None:
        done = self.open.pop()
        if not self.finished(done, self.open):
            if self.open:
                self.open[-1].children.append(done)
            else:
                self.root = done

    def _text(self, text: str) -> None:
        if self.open and not self.open[-1].children and len(self.open[-1].text) < TEXT_CHARS_MAX:
            self.open[-1].text += text


def read_xml(content: bytes, finished: Callable[[Element, list[Element]], bool]) -> Element | None:
    """Read a whole document. `finished(element, open ancestors)` is called as each element ends.

    An element for which it answers True is taken and leaves the tree, so that a long file needs no room; the rest comes
    back as the root. BankFileProblem when it is no XML, is cut, or is not safe to read.
    """
    reader = _Reader(finished)
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BankFileProblem("bank_xml_broken", error.lineno, why=expat.ErrorString(error.code)) from None
    except (LookupError, UnicodeError) as error:  # an encoding nobody knows, or one expat cannot use
        raise BankFileProblem("bank_xml_broken", why=str(error)) from None
    except ValueError as error:
        if isinstance(error, BankFileProblem):
            raise
        raise BankFileProblem("bank_xml_broken", why=str(error)) from None
    return reader.root
