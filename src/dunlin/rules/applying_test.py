"""What a credit is proposed for: chosen, named, oldest; never more than is open, never what is disputed unasked."""

from __future__ import annotations

import pytest

from dunlin.rules.applying import Owed, propose

OWED = (Owed(1, "INV-1", 100), Owed(2, "INV-12", 200, disputed=150), Owed(3, "7", 300), Owed(4, "INV-4", 50))


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    "unused, given, basis, amounts",
    [
        pytest.param(60, {}, "oldest", {1: 60}, id="oldest-first"),
        pytest.param(400, {}, "oldest", {1: 100, 2: 50, 3: 250}, id="the-disputed-part-is-left"),
        pytest.param(9_000, {}, "oldest", {1: 100, 2: 50, 3: 300, 4: 50}, id="a-rest-stays-unused"),
        pytest.param(220, {"chosen": [4, 2]}, "chosen", {2: 200, 4: 20}, id="chosen-by-age-with-what-is-disputed"),
        pytest.param(90, {"text": "Payment inv-12, thanks"}, "named", {2: 90}, id="its-reference-names-one"),
        pytest.param(90, {"text": "INV-1/INV-4"}, "named", {1: 90}, id="and-several"),
        pytest.param(90, {"named": [3]}, "named", {3: 90}, id="the-document-it-corrects"),
        pytest.param(90, {"text": "7 XINV-1 INV-123"}, "oldest", {1: 90}, id="a-part-of-a-word-names-nothing"),
        pytest.param(90, {"chosen": [9]}, "oldest", {1: 90}, id="chosen-but-not-there"),
        pytest.param(0, {}, "oldest", {}, id="nothing-left"),
    ],
)  # fmt: skip
def test_a_proposal(unused, given, basis, amounts):
    found = propose(unused, OWED, **given)
    assert (found.basis, found.amounts) == (basis, amounts)
    assert list(found.amounts) == [each.id for each in OWED if each.id in found.amounts]
