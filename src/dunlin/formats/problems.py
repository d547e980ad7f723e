"""What is wrong with a file or with a value in it: a code of `rules/codes.py` with its facts, never a bare message."""

from __future__ import annotations

from typing import Any

from dunlin.rules.codes import PROBLEMS, sentence


class Unreadable(ValueError):
    """One value that cannot be read: `code` names why, `facts` fill its sentence. Never a reason to guess.

    `target` is the field it was meant for, where that is not clear from the place it is raised.
    """

    target = ""

    def __init__(self, code: str, **facts: Any) -> None:
        if code not in PROBLEMS:
            raise KeyError(f"problem code {code!r} has no sentence in rules/codes.py")
        self.code = code
        self.facts = facts
        super().__init__(sentence(code, facts))


class FileProblem(ValueError):
    """A file that is refused as a whole. `code` is a code of `PROBLEMS`, `line` the physical line (0: the file as a whole), `detail`
    the sentence."""

    def __init__(self, code: str, line: int = 0, **facts: Any) -> None:
        if code not in PROBLEMS:
            raise KeyError(f"problem code {code!r} has no sentence in rules/codes.py")
        self.code = code
        self.line = line
        self.facts = facts
        self.detail = sentence(code, facts)
        super().__init__(f"line {line}: {self.detail}" if line else self.detail)


class TableProblem(FileProblem):
    """A file that cannot be read as a table. It may come up in the middle of the rows: then the whole file is refused."""
