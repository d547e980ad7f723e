"""Pay-outs: choose the account and the form, look at what would go, make the file, hand it out, mark it as sent or undo it (E6)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dunlin.actions.make_payout import download_payout, make_payout, mark_payout_sent, undo_payout
from dunlin.actions.save_payee import save_payout_account
from dunlin.desk.acts import Unclear, address, allow, numbers_in, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import any_day_in, number_in, seeing
from dunlin.records.models import BankAccount, PayoutFile, Refund
from dunlin.reports.payouts import FORMS, preview
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

_FILES = 30


@require_http_methods(["GET", "HEAD", "POST"])
def payout(request: HttpRequest) -> HttpResponse:
    """What a file would hold; a POST makes it of exactly what was shown."""
    seeing(request, "make_payout")
    typed, errors = typed_in(request), {}
    door = request.door  # type: ignore[attr-defined]
    if request.method == "POST":
        allow(request, "make_payout")
        try:
            account_id = number_in(typed, "account", "Choose the account.")
            on = any_day_in(typed, "on", door.today, door.today)
            chosen = numbers_in(request, "refund")
            if not chosen:
                raise Unclear("refund", "Tick the refunds that go.")
            made = make_payout(door.who, account_id, typed.get("form", ""), chosen, pay_on=on)
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            errors["form"] = str(refused)
        else:
            said = f"{made.number}: {made.count:,} refund{'' if made.count == 1 else 's'}, {Money(made.sum, made.currency)}."
            return done(request, said, reverse("payout_file", args=[made.file_id]))
    accounts = list(
        BankAccount.objects.exclude(entity=None)
        .select_related("entity", "payout")
        .order_by("name", "pk")[:200]
    )
    account = next((each for each in accounts if str(each.pk) == typed.get("account")), None)
    form = typed.get("form", "") if typed.get("form") in FORMS else ""
    currencies = sorted(set(Refund.objects.filter(state="approved").values_list("currency", flat=True)))
    currency = (
        typed.get("currency")
        if typed.get("currency") in currencies
        else (account.currency if account and account.currency else (currencies or ["USD"])[0])
    )
    facts: dict[str, Any] = {
        "accounts": [(str(each.pk), f"{each.name} ..{each.tail}, {each.entity.code if each.entity else ''}") for each in accounts],
        "forms": [(name, words) for name, (words, *_) in FORMS.items()], "typed": typed, "errors": errors, "account": account,
        "currencies": [(each, each) for each in currencies], "currency": currency,
        "seen": preview(account, form, str(currency), door.today) if account and form else None,
        "ready": bool(account and (form == "csv" or (hasattr(account, "payout") and account.payout.kind == FORMS[form][2]))) if form else False,
        "files": [(each, Money(each.sum, each.currency)) for each in PayoutFile.objects.select_related("account", "made_by")[:_FILES]],
        "form_words": {name: words for name, (words, *_) in FORMS.items()},
    }  # fmt: skip
    return show(request, "refunds/payout.html", facts, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def payout_account(request: HttpRequest, pk: int) -> HttpResponse:
    """What an account of ours pays out from; nothing kept is shown again."""
    seeing(request, "make_payout")
    account = BankAccount.objects.filter(pk=pk).select_related("entity", "payout").first()
    if account is None:
        raise Refused("bank_account_unknown", account=pk)
    typed, errors = typed_in(request), {}
    if request.method == "POST":
        allow(request, "make_payout")
        try:
            kind = typed.get("kind", "")
            if kind not in ("ach", "sepa"):
                raise Unclear("kind", "Choose the kind of account.")
            save_payout_account(request.door.who, pk, kind, typed)  # type: ignore[attr-defined]
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            errors["form"] = str(refused)
        else:
            return done(request, f"{account.name} can be paid out from.", address("payout", account=pk))
    typed = {name: text for name, text in typed.items() if name != "account"}
    facts = {
        "account": account,
        "typed": typed,
        "errors": errors,
        "kinds": (("ach", "US account (ACH)"), ("sepa", "IBAN (SEPA)")),
    }
    return show(request, "refunds/payout_account.html", facts, status=422 if errors else 200)


@require_safe
def payout_file(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: its refunds, its sums, who was handed it, and what can be done."""
    seeing(request, "make_payout")
    return _file(request, pk, "")


@require_POST
def payout_download(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the file out. A POST, as bank details are opened and the diary is told."""
    allow(request, "make_payout")
    try:
        text = download_payout(request.door.who, pk)  # type: ignore[attr-defined]
    except Refused as refused:
        if refused.code == "payout_unknown":
            raise
        return _file(request, pk, str(refused))
    answer = HttpResponse(text.content, content_type=text.type)
    answer["Content-Disposition"] = f'attachment; filename="{text.name}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
def payout_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """It went to the bank."""
    allow(request, "make_payout")
    mark_payout_sent(request.door.who, pk)  # type: ignore[attr-defined]
    return done(
        request, "Marked as sent; the bank’s statement confirms it.", reverse("payout_file", args=[pk])
    )


@require_POST
def payout_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """It did not go; its refunds wait again."""
    allow(request, "make_payout")
    try:
        undo_payout(request.door.who, pk, request.POST.get("reason", ""))  # type: ignore[attr-defined]
    except Refused as refused:
        if refused.code == "payout_unknown":
            raise
        return _file(request, pk, str(refused), "reason" if refused.code == "reason_missing" else "")
    return done(request, "Undone; its refunds wait for the next file.", reverse("payout"))


def _file(request: HttpRequest, pk: int, problem: str, field: str = "") -> HttpResponse:
    file = (
        PayoutFile.objects.filter(pk=pk)
        .select_related("account", "entity", "made_by", "sent_by", "undone_by")
        .first()
    )
    if file is None:
        raise Refused("payout_unknown", file=pk)
    shown = file.refund_ids if request.GET.get("all") == "1" else file.refund_ids[:100]
    rows = Refund.objects.filter(pk__in=shown).select_related("customer", "payee").order_by("pk")
    facts = {
        "file": file, "rows": list(rows), "sum": Money(file.sum, file.currency), "problem": "" if field else problem, "errors": {field: problem} if field else {}, "form_words": FORMS[file.format][0],
        "more": len(file.refund_ids) - len(shown),
    }  # fmt: skip
    return show(request, "refunds/file.html", facts, status=422 if problem else 200)
