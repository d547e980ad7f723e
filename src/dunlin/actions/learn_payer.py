"""What payers are known by: learnt when a receipt is placed, trusted less when that was wrong, revoked by a person (E2, P26).

An alias is a fact about the past, never a permission: whether a receipt may go by itself is decided by the rules of matching.
"""

from __future__ import annotations

import re
import unicodedata

from django.db.models import F

from dunlin.actions.doing import Act, Who, doing
from dunlin.records.models import PayerAlias, Receipt
from dunlin.rules.codes import Refused

_BETWEEN = re.compile(r"[\W_]+")


def payer_key(name: str) -> str:
    """A payer's name as it is compared: small letters without accents, digits, single blanks, in any script."""
    plain = "".join(
        sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign)
    )
    return _BETWEEN.sub(" ", plain).strip()[:140]


def learn(act: Act, receipt: Receipt, customer_id: int) -> None:
    """The payer of this receipt pays for that customer: one more time right. Other customers' aliases of it stay."""
    for kind, value, shown in _marks(receipt):
        alias, new = PayerAlias.objects.get_or_create(
            kind=kind, value=value, customer_id=customer_id,
            defaults={"shown": shown, "right": 1, "learnt_at": act.who.now, "learnt_by_id": act.who.user_id},
        )  # fmt: skip
        if not new and alias.revoked_at is None:
            PayerAlias.objects.filter(pk=alias.pk).update(right=F("right") + 1)


def unlearn(receipt: Receipt) -> None:
    """A placing of this receipt was undone: what it was known by was wrong once more."""
    for kind, value, _ in _marks(receipt):
        PayerAlias.objects.filter(kind=kind, value=value, customer=receipt.customer_id).update(
            wrong=F("wrong") + 1
        )


def revoke_alias(who: Who, alias_id: int) -> None:
    """This payer is not known by that any more. Refused: alias_unknown. Said twice it stays revoked."""
    with doing(who, "process_receipt") as act:
        alias = PayerAlias.objects.select_for_update(of=("self",)).filter(pk=alias_id).first()
        if alias is None:
            raise Refused("alias_unknown", alias=alias_id)
        if alias.revoked_at is None:
            alias.revoked_at, alias.revoked_by_id = who.now, who.user_id
            alias.save(update_fields=["revoked_at", "revoked_by"])
        act.tell(
            about=f"payer_alias:{alias.pk}", customer_id=alias.customer_id, after={"revoked": alias.shown}
        )


def _marks(receipt: Receipt) -> list[tuple[str, str, str]]:
    """(kind, value, as shown) of what the receipt's payer is known by."""
    marks = []
    if receipt.payer_fingerprint:
        marks.append(("account", receipt.payer_fingerprint, f"..{receipt.payer_tail}"))
    if payer_key(receipt.payer_name):
        marks.append(("name", payer_key(receipt.payer_name), receipt.payer_name))
    return marks
