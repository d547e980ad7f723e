"""The life of money, at random: receipts told twice, placed, split, undone, sent back; credits applied, reversed, written off.

    python -m tests.cash_machine --steps 2000 --seed 7                  # one person, SQLite in memory or DUNLIN_DATABASE_URL
    python -m tests.cash_machine --steps 2000 --seed 7 --people 4       # four at once on one PostgreSQL database

Each act either happens wholly or is refused with a code; after each, and at the end, the books are added up from the raw postings
(invariants 8, 10, 13-19, 36). Also the driver of the stateful property test in tests/flows/cash_machine_test.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

ACCOUNTS = ("DE02120300000000202051", "GB33BUKB20201555555555", "FR1420041010050500013M02606", "")


class CashMachine:
    """Acts on the books at random. `name` keeps the references of several people apart; `log` counts acts and refusals."""

    def __init__(self, name: str = "m", day: int = 0) -> None:
        from tests import cast  # noqa: PLC0415  Django is set up by the caller

        self.cast, self.name, self.day = cast, name, day
        self.told = 0
        self.files: list[bytes] = []
        self.log: Counter[str] = Counter()

    # --- what happens --------------------------------------------------------------------------------------------------

    def do(self, act: str, dice: Random) -> str:
        """Do one act; its refusal, if it was refused: then nothing may have changed."""
        from dunlin.rules.codes import Refused  # noqa: PLC0415

        try:
            getattr(self, act)(dice)
            outcome = "done"
        except Refused as refused:
            outcome = refused.code
        self.log[f"{act}: {outcome}"] += 1
        return outcome

    def bill(self, dice: Random) -> None:
        """A new invoice, one in three with a discount; or a credit memo."""
        from dunlin.actions.post_item import post_item  # noqa: PLC0415
        from dunlin.actions.postings import Draft  # noqa: PLC0415
        from dunlin.records.models import Customer, Entity  # noqa: PLC0415
        from dunlin.rules.money import Money  # noqa: PLC0415

        customer = dice.choice(list(Customer.objects.order_by("pk")))
        amount, memo = dice.choice((100, 5_000, 33_333, 50_000, 99_999)), dice.random() < 0.25
        early = (
            {"discount": amount // 50, "discount_until": self.cast.TODAY}
            if not memo and dice.random() < 0.3
            else {}
        )
        post_item(
            self._who(),
            Draft(
                customer_id=customer.pk, entity_id=Entity.objects.get().pk, kind="credit_memo" if memo else "invoice",
                amount=Money(amount, "USD"), document_on=self.cast.TODAY, due_on=self.cast.TODAY, number=self._number("I"), **early,
            ),
        )  # fmt: skip

    def receive(self, dice: Random) -> None:
        """Money comes in: for what is open, a part, more, several, or for nothing anybody knows; now and then the file comes again."""
        from dunlin.actions.take_bank_file import take_bank_file  # noqa: PLC0415
        from dunlin.records.models import Receipt  # noqa: PLC0415
        from tests.bank_cast import Line, camt  # noqa: PLC0415

        if self.files and dice.random() < 0.2:
            before = Receipt.objects.count()
            assert take_bank_file(self._who(), "again.xml", dice.choice(self.files)).again
            assert Receipt.objects.count() == before or self.name != "m"  # alone, nothing else can have come
            return
        wanted = self._open_debits(dice, dice.choice((1, 1, 1, 2, 3)))
        amount = sum(each.open for each in wanted) or 4_711
        amount = dice.choice((amount, amount, amount, amount + 700, max(amount - 300, 100)))
        text = " ".join(each.number for each in wanted) if dice.random() < 0.7 else "thank you"
        payer = wanted[0].customer.name if wanted and dice.random() < 0.8 else "Nobody Known Ltd"
        line = Line(f"{amount / 100:.2f}", payer, text, self._number("E"), dice.choice(ACCOUNTS))
        self.files.append(camt([line], number=self._number("F")))
        take_bank_file(self._who(), f"{self._number('f')}.xml", self.files[-1])

    def let_it_work(self, dice: Random) -> None:
        """What waits is processed by itself."""
        from dunlin.actions.process_waiting import process_waiting  # noqa: PLC0415

        assert (
            process_waiting(self.cast.TODAY, self.cast.moment(self.cast.TODAY)).failed == 0
            or self.name != "m"
        )

    def place(self, dice: Random) -> None:
        """A person places a receipt, sometimes for more than there is, sometimes with a credit memo along."""
        from dunlin.actions.process_receipt import place_receipt  # noqa: PLC0415

        row = self._receipt(dice, "to_do")
        if row is not None:
            place_receipt(self._who(), row.pk, self._placing(dice, row))

    def place_and_undo(self, dice: Random) -> None:
        """Invariant 8: placed and undone, everything is open as it was."""
        from dunlin.actions.process_receipt import place_receipt, undo_receipt  # noqa: PLC0415

        row = self._receipt(dice, "to_do")
        if row is None:
            return
        before = self.opens()
        place_receipt(self._who(), row.pk, self._placing(dice, row))
        undo_receipt(self._who(), row.pk, "the wrong one")
        assert self.name != "m" or self.opens() == before

    def undo(self, dice: Random) -> None:
        from dunlin.actions.process_receipt import undo_receipt  # noqa: PLC0415

        row = self._receipt(dice, "done")
        if row is not None:
            undo_receipt(self._who(), row.pk, "not theirs")

    def split(self, dice: Random) -> None:
        from dunlin.actions.split_receipt import split_receipt  # noqa: PLC0415

        row = self._receipt(dice, "to_do")
        if row is not None and row.amount > 2:
            part = dice.randint(0, row.amount)  # nothing and everything are refused
            split_receipt(self._who(), row.pk, [part, row.amount - part])

    def join(self, dice: Random) -> None:
        from dunlin.actions.split_receipt import join_receipt  # noqa: PLC0415
        from dunlin.records.models import Receipt  # noqa: PLC0415

        rows = list(Receipt.objects.filter(state="split").order_by("pk").values_list("pk", flat=True))
        if rows:
            join_receipt(self._who(), dice.choice(rows))

    def send_back(self, dice: Random) -> None:
        """The bank takes a payment back, by its own number."""
        from dunlin.actions.take_bank_file import take_bank_file  # noqa: PLC0415
        from tests.bank_cast import Line, camt  # noqa: PLC0415

        row = self._receipt(dice, "done")
        if row is not None and row.part_of_id is None:
            line = Line(
                f"-{row.amount / 100:.2f}",
                row.payer_name,
                "returned",
                row.end_to_end_id,
                returned=dice.choice(("AM04", "AC01", "MD06")),
            )
            take_bank_file(self._who(), "back.xml", camt([line], number=self._number("R")))
            self.let_it_work(dice)

    def send_back_and_again(self, dice: Random) -> None:
        """Invariant 36: returned and paid again alike, the same is open as without the return."""
        from dunlin.actions.return_payment import return_payment  # noqa: PLC0415
        from dunlin.actions.take_payment import Use, take_payment  # noqa: PLC0415
        from dunlin.records.models import Application, Item  # noqa: PLC0415
        from dunlin.rules.money import Money  # noqa: PLC0415

        paid = Item.objects.filter(kind="payment").exclude(corrections__kind="payment_return").order_by("pk")
        payments = list(paid)
        if not payments:
            return
        payment = dice.choice(payments)
        uses = list(Application.objects.filter(credit=payment, reverses=None, reversal=None).order_by("pk"))
        granted = set(
            Application.objects.filter(credit__corrects=payment, credit__kind="discount", reversal=None).values_list("debit", flat=True)
        )  # fmt: skip
        before = self.opens()
        before.pop(payment.pk, None)
        return_payment(self._who(), payment.pk, self._number("T"), returned_on=self.cast.TODAY, reason="R01")
        again = take_payment(
            self._who(), payment.customer_id, Money(payment.amount, payment.currency),
            [Use(use.debit_id, Money(use.amount, payment.currency), use.debit_id in granted) for use in uses],
            entity_id=payment.entity_id, received_on=payment.value_on, posted_on=max(payment.posted_on, self.cast.TODAY),
        )  # fmt: skip
        if self.name == "m":
            after = self.opens()
            assert all(after[pk] == rest for pk, rest in before.items()), (
                "a return and the same payment again left a trace"
            )
            assert after.get(again.item_id, 0) == payment.open

    def apply(self, dice: Random) -> None:
        from dunlin.actions.apply_credit import apply_credit  # noqa: PLC0415
        from dunlin.records.models import Item  # noqa: PLC0415
        from dunlin.rules.money import Money  # noqa: PLC0415

        credits_ = list(Item.objects.filter(side=-1, open__gt=0).order_by("pk"))
        debits = list(Item.objects.filter(side=1).order_by("-open", "pk")[:12])
        if credits_ and debits:
            credit, debit = dice.choice(credits_), dice.choice(debits)
            amount = dice.choice((None, credit.open, debit.open or 1, dice.randint(-5, credit.open + 5)))
            apply_credit(
                self._who(), credit.pk, debit.pk, None if amount is None else Money(amount, credit.currency)
            )

    def reverse(self, dice: Random) -> None:
        """Any application, also one that is reversed already, is a reversal, or belongs to a return: those are refused."""
        from dunlin.actions.reverse_application import reverse_application  # noqa: PLC0415
        from dunlin.records.models import Application  # noqa: PLC0415

        rows = list(Application.objects.order_by("pk").values_list("pk", flat=True))
        if rows:
            reverse_application(self._who(), dice.choice(rows), reason="wrong")

    def write_off(self, dice: Random) -> None:
        from dunlin.actions.write_off import write_off  # noqa: PLC0415
        from dunlin.rules.money import Money  # noqa: PLC0415

        for item in self._open_debits(dice, 1):
            asked = dice.choice((1, item.open, item.open + 1))
            write_off(self._who(), item.pk, Money(asked, item.currency), reason="small")

    def refund(self, dice: Random) -> None:
        """A refund is asked for, and another person decides; one in three comes back afterwards, or is taken back before it is paid."""
        from dunlin.actions.ask_refund import RefundAsked, ask_refund  # noqa: PLC0415
        from dunlin.actions.decide_approval import decide_approval  # noqa: PLC0415
        from dunlin.actions.return_refund import cancel_refund  # noqa: PLC0415
        from dunlin.records.models import Item, User  # noqa: PLC0415
        from dunlin.rules.money import Money  # noqa: PLC0415

        credits_ = list(Item.objects.filter(kind="credit_memo", open__gt=0).order_by("pk"))
        if not credits_:
            return
        credit = dice.choice(credits_)
        amount = Money(dice.choice((1, credit.open, credit.open + 1)), credit.currency)
        waived = dict.fromkeys(
            ("refund_debits_open", "refund_other_payer", "refund_other_method"), "they insist"
        )
        people = {each.role: each for each in User.objects.filter(role__in=("collector", "ar_manager"))}
        asking, deciding = (self.cast.who(people[role]) for role in ("collector", "ar_manager"))
        wanted = RefundAsked(
            method="check", rail="check", reason="theirs", amount=amount, payee_name="Payee", waived=waived
        )
        before = self.opens()
        asked = ask_refund(asking, credit.pk, wanted)
        yes = dice.random() < 0.8
        decide_approval(deciding, asked.approval_id, yes, "as it is")
        if yes and dice.random() < 0.4:
            cancel_refund(deciding, asked.refund_id, "stop it")
            yes = False
        assert yes or self.name != "m" or self.opens() == before, "a refund taken back left a trace"

    # --- what must hold ------------------------------------------------------------------------------------------------

    def opens(self) -> dict[int, int]:
        """What is open of each document; what money itself posted apart, as a payment undone stays in the books, settled."""
        from dunlin.records.models import Item  # noqa: PLC0415

        rows = Item.objects.exclude(
            kind__in=("payment_return", "discount", "refund", "refund_return")
        ).exclude(kind="payment", open=0)
        return dict(rows.values_list("pk", "open"))

    def check(self) -> None:
        """Add the books up from the raw postings."""
        from django.db.models import Sum  # noqa: PLC0415

        from dunlin.records.models import Application, Item, Receipt  # noqa: PLC0415

        items = {each.pk: each for each in Item.objects.select_related("customer")}
        used: Counter[int] = Counter()
        for use in Application.objects.select_related("reverses"):
            credit, debit = items[use.credit_id], items[use.debit_id]
            used[credit.pk] += use.amount
            used[debit.pk] += use.amount
            # 10: one payer group, one currency, one entity, not before both documents
            assert (credit.currency, credit.entity_id) == (debit.currency, debit.entity_id)
            assert _head(credit.customer) == _head(debit.customer)
            assert use.posted_on >= max(credit.posted_on, debit.posted_on)
            if use.reverses is not None:
                assert (use.reverses.credit_id, use.reverses.debit_id, use.reverses.amount) == (
                    credit.pk,
                    debit.pk,
                    -use.amount,
                )
        for item in items.values():
            assert item.open == item.amount - used[item.pk], f"item {item.pk} is open by another amount"
            assert 0 <= item.open <= item.amount  # 1, 2, 18, 19
        returned = {each.corrects_id for each in items.values() if each.kind == "payment_return"}
        for item in items.values():
            # 17: what was granted with a payment falls with it
            if item.kind in ("discount", "write_off") and item.corrects_id in returned:
                assert item.pk in returned
        # 14: what the bank told is what is posted, receipt by receipt and in sum
        done = Receipt.objects.filter(kind="credit", state="done").select_related("payment")
        for row in done:
            assert row.payment is not None
            assert (row.payment.amount, row.payment.currency) == (row.amount, row.currency)
        posted = Item.objects.filter(source="bank", kind="payment").exclude(
            corrections__reason="misplaced", corrections__kind="payment_return"
        )
        assert (posted.aggregate(sum=Sum("amount"))["sum"] or 0) == sum(row.amount for row in done)
        # 15: parts make the whole
        for row in Receipt.objects.filter(state="split"):
            assert row.parts.aggregate(sum=Sum("amount"))["sum"] == row.amount

    def proof(self) -> list[str]:
        """Every finding of the product's own proof."""
        from dunlin.reports.verify import verify  # noqa: PLC0415
        from dunlin.rules.policy import Policy  # noqa: PLC0415

        return [str(each) for each in verify(self.cast.TODAY, Policy()).findings]

    # --- dice ----------------------------------------------------------------------------------------------------------

    def _who(self) -> Any:
        return self.cast.who("ar_manager")

    def _number(self, kind: str) -> str:
        self.told += 1
        return f"{kind}{self.name}{self.told}"

    def _open_debits(self, dice: Random, most: int) -> list[Any]:
        from dunlin.records.models import Item  # noqa: PLC0415

        kinds = ("invoice", "debit_memo")
        found = list(
            Item.objects.filter(kind__in=kinds, open__gt=0).select_related("customer").order_by("pk")
        )
        return dice.sample(found, min(most, len(found)))

    def _receipt(self, dice: Random, which: str) -> Any:
        from dunlin.records.cash import OPEN_STATES  # noqa: PLC0415
        from dunlin.records.models import Receipt  # noqa: PLC0415

        states = OPEN_STATES if which == "to_do" else ("done",)
        rows = list(Receipt.objects.filter(kind="credit", state__in=states).order_by("pk"))
        return dice.choice(rows) if rows else None

    def _placing(self, dice: Random, row: Any) -> Any:
        from dunlin.actions.process_receipt import Placing  # noqa: PLC0415
        from dunlin.actions.take_payment import Use  # noqa: PLC0415
        from dunlin.records.models import Item  # noqa: PLC0415
        from dunlin.rules.applying import Along  # noqa: PLC0415
        from dunlin.rules.money import Money  # noqa: PLC0415

        debits = self._open_debits(dice, dice.choice((0, 1, 2, 3)))
        left, uses = row.amount, []
        memos = (
            list(Item.objects.filter(kind="credit_memo", open__gt=0).order_by("pk"))
            if dice.random() < 0.3
            else []
        )
        along = [Along(memo.pk, memo.open, memo.corrects_id) for memo in memos[:1]]
        left += sum(each.amount for each in along)
        for item in debits:
            amount = min(item.open, left) if dice.random() < 0.9 else item.open + 1
            if amount > 0:
                uses.append(Use(item.pk, Money(amount, row.currency), discount=dice.random() < 0.5))
                left -= amount
        customer = (
            debits[0].customer_id
            if debits
            else dice.choice(list(Item.objects.values_list("customer", flat=True)[:9]))
        )
        return Placing(
            customer, uses, question="what is the rest for?" if dice.random() < 0.9 else "", along=along
        )


ACTS = (
    "bill", "receive", "let_it_work", "place", "place_and_undo", "undo", "split", "join", "send_back", "send_back_and_again", "apply",
    "reverse", "write_off", "refund",
)  # fmt: skip
_WEIGHTS = (2, 5, 3, 4, 2, 1, 1, 1, 2, 1, 3, 2, 1, 2)


def _head(customer: Any) -> int:
    return int(customer.parent_id or customer.pk)


def walk(machine: CashMachine, steps: int, dice: Random, after: Callable[[], None] | None = None) -> None:
    """Random acts, one after another."""
    for _ in range(steps):
        machine.do(dice.choices(ACTS, _WEIGHTS)[0], dice)
        if after is not None:
            after()


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    reader.add_argument("--steps", type=int, default=500)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--people", type=int, default=1)
    reader.add_argument("--as", dest="name", default="", help=argparse.SUPPRESS)
    asked = reader.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dunlin.config.settings")
    import django  # noqa: PLC0415

    django.setup()
    if asked.name:
        return _one_of_many(asked)
    from django.core.management import call_command  # noqa: PLC0415

    from dunlin.records.models import Customer  # noqa: PLC0415
    from tests import cast  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if not Customer.objects.exists():
        cast.books()
    began = time.monotonic()
    if asked.people > 1:
        log = _many(asked)
        machine = CashMachine()
    else:
        machine = CashMachine()
        walk(machine, asked.steps, Random(asked.seed), machine.check)
        log = machine.log
    machine.check()
    findings = machine.proof()
    done = sum(number for act, number in log.items() if act.endswith(": done"))
    for act, number in sorted(log.items()):
        print(f"{number:7,}  {act}")
    steps = sum(log.values())
    print(
        f"{steps:,} steps, {done:,} done, {steps - done:,} refused, in {time.monotonic() - began:.0f} s; {len(findings)} findings"
    )
    for each in findings[:20]:
        print(" ", each)
    return 1 if findings else 0


def _one_of_many(asked: argparse.Namespace) -> int:
    machine = CashMachine(asked.name)
    walk(machine, asked.steps, Random(f"{asked.seed}/{asked.name}"))
    print(json.dumps(machine.log))
    return 0


def _many(asked: argparse.Namespace) -> Counter[str]:
    """Several processes at once, each `steps` acts on the same few accounts; an act that fails otherwise than refused ends the run."""
    crews = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.cash_machine", "--steps", str(asked.steps), "--seed", str(asked.seed), "--as", f"p{at}"],
            stdout=subprocess.PIPE, text=True,
        )
        for at in range(asked.people)
    ]  # fmt: skip
    log: Counter[str] = Counter()
    for crew in crews:
        out, _ = crew.communicate()
        if crew.returncode:
            raise SystemExit(f"one of them failed with status {crew.returncode}")
        log.update(json.loads(out.splitlines()[-1]))
    return log


if __name__ == "__main__":
    sys.exit(main())
