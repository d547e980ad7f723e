"""What is learnt from payments whose application stood, and unlearnt when one was wrong. DOMAIN section 6 (trust falls on reversal).

Trust is a count of right and wrong, so that it can be told and taken back; nothing is learnt from a proposal nobody confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# A wrong posting weighs as much as this many right ones, and two in a row end the trust whatever came before.
WRONG_WEIGHS = 5
WRONG_ENDS = 2


@dataclass(frozen=True, slots=True)
class Trust:
    """How often an alias (an account, a name) led to the right customer and how often it did not."""

    right: int = 0
    wrong: int = 0
    wrong_in_row: int = 0
    revoked: bool = False

    def after(self, was_right: bool) -> Trust:
        """The trust after one more application stood, or was reversed as wrong."""
        if was_right:
            return Trust(self.right + 1, self.wrong, 0, self.revoked)
        return Trust(self.right, self.wrong + 1, self.wrong_in_row + 1, self.revoked)

    @property
    def sure(self) -> int:
        """In thousandths; 0 when revoked or wrong too often in a row. One confirmed use is 990, ten are 998."""
        if self.revoked or self.wrong_in_row >= WRONG_ENDS or not self.right:
            return 0
        doubt = 1000 // (self.right + 1) // 50 + 1
        weighed = self.right * 1000 // (self.right + WRONG_WEIGHS * self.wrong)
        return max(0, weighed - doubt) if self.wrong else 1000 - doubt


def related(customers: Iterable[str], parents: dict[str, str]) -> bool:
    """Whether all customers are of one payer group (a parent and its children)."""
    return len({parents.get(customer) or customer for customer in customers}) <= 1
