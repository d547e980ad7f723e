"""The one door to the typesetter: data in, a tagged PDF out, nothing of the data ever read as markup or program.

Sources and fonts are ours, in two folders of this package; a caller names a source and hands over data, which the source
only shows as text. The typesetter sees no other file, no package and, unless asked, no other font. Its result depends
on what is handed over and nothing else: the same paper twice is the same bytes. See docs/guides/paper.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst

from dunlin.formats.paper_glyphs import without_glyph

FONTS = Path(__file__).with_name("paper_fonts")
SOURCES = Path(__file__).with_name("paper_sources")
PAPERS = frozenset(file.stem for file in SOURCES.glob("*.typ")) - {"base"}

PAGES_MAX = 400  # more is a file, not a letter
DATA_MAX = 8_000_000  # characters of data for one paper

ACCESSIBLE: Final = "ua-1"  # PDF/UA: tagged, with title and language, which the typesetter checks
NOT_SHOWN = "could not be displayed"  # how it says that a character has no glyph, which PDF/UA forbids
_IDLE: dict[tuple[str, bool], list[typst.Compiler]] = {}
_PAGES = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count (\d+)|/Count (\d+)[^>]*?/Type\s*/Pages\b")


class PaperRefused(ValueError):
    """A paper that is not printed: too long, or the typesetter would not take it. The message says why."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF, its number of pages, and the characters none of our fonts has.

    Those stand as empty boxes, or in a font of the machine where that was allowed, and the PDF does not claim PDF/UA.
    """

    pdf: bytes
    pages: int
    missing: tuple[str, ...] = ()


def print_paper(
    source: str,
    data: Mapping[str, Any],
    *,
    on: date,
    pages_max: int = PAGES_MAX,
    system_fonts: bool = False,
) -> Printed:
    """The paper `source` with `data` as a PDF/UA of the day `on`. PaperRefused when it is too long or cannot be set.

    `system_fonts` also looks at the fonts of the machine, for characters ours do not have; the PDF then depends on it.
    """
    if source not in PAPERS:
        raise PaperRefused(f"there is no paper {source!r}")
    text = json.dumps(data, ensure_ascii=False)
    if len(text) > DATA_MAX:
        raise PaperRefused(f"{len(text):,} characters are more than the {DATA_MAX:,} one paper may hold")
    missing = without_glyph(text)
    pdf = _set(source, text, on, system_fonts, accessible=not missing)
    pages = page_count(pdf)
    if pages > pages_max:
        raise PaperRefused(f"{pages:,} pages are more than the {pages_max:,} one paper may have")
    return Printed(pdf, pages, missing)


def _set(source: str, text: str, on: date, system_fonts: bool, accessible: bool) -> bytes:
    key = (source, system_fonts)
    idle = _IDLE.setdefault(key, [])
    try:
        compiler = idle.pop()  # one at a time uses a compiler; a second thread makes its own
    except IndexError:
        compiler = _compiler(source, system_fonts)
    try:
        pdf = compiler.compile(
            sys_inputs={"data": text},
            format="pdf",
            pdf_standards=[ACCESSIBLE] if accessible else [],
            timestamp=datetime(on.year, on.month, on.day, tzinfo=UTC),
        )
    except UnicodeEncodeError:
        raise PaperRefused("the data hold half a character, which nothing can print") from None
    except typst.TypstError as problem:
        if accessible and NOT_SHOWN in problem.message:
            return _set(source, text, on, system_fonts, accessible=False)
        raise PaperRefused(f"the paper {source} cannot be set: {problem.message}") from None
    idle.append(compiler)
    assert isinstance(pdf, bytes)
    return pdf


def _compiler(source: str, system_fonts: bool) -> typst.Compiler:
    return typst.Compiler(
        SOURCES / f"{source}.typ",
        root=SOURCES,
        font_paths=_fonts(system_fonts),
        package_path=SOURCES,
        package_cache_path=SOURCES,
    )


def page_count(pdf: bytes) -> int:
    """Number of pages of a PDF that this door made."""
    return max(int(one or other) for one, other in _PAGES.findall(pdf))


@lru_cache(2)
def _fonts(system: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=system, include_embedded_fonts=False, font_paths=[FONTS])
