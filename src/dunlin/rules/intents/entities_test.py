"""Numbers, amounts and days as people write them: exact values, and what is none. The day is Monday, 22 September 2025."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dunlin.rules.intents import MailText, understand

pytestmark = [pytest.mark.req("B5"), pytest.mark.req("H7")]
RECEIVED = datetime(2025, 9, 22, 10, tzinfo=UTC)


def named(body, subject="Re: your reminder", language="", currency="USD", sender="ap@customer.example"):
    return understand(
        MailText(RECEIVED, sender, subject, body, language=language, currency=currency)
    ).entities


@pytest.mark.parametrize(
    "body, numbers",
    [
        ("Please send INV-1044 and inv-1045.", ["INV-1044", "inv-1045"]),
        ("invoices 2210, 2211 and 2212 are paid", ["2210", "2211", "2212"]),
        ("copies of 2201, 2204 and 2209 please", ["2201", "2204", "2209"]),
        ("invoices 3290-3293", ["3290", "3293"]),
        ("Before paying 3301 we need the delivery note", ["3301"]),
        ("See invoice #551.", ["551"]),
        ("Invoice no. 10443 is a duplicate of 10398", ["10443", "10398"]),
        ("facture n° 551 et facture 552", ["551", "552"]),
        ("les factures 540, 541 et 542", ["540", "541", "542"]),
        ("Rechnung Nr. 33001 und 33002", ["33001", "33002"]),
        ("Re-Nr. RE-2025-0113", ["RE-2025-0113"]),
        ("factura núm. 4410 y 4411", ["4410", "4411"]),
        ("a fatura 7760 e a NF 7761", ["7760", "7761"]),
        ("La fattura n. 610 del 3 settembre", ["610"]),
        ("factuur 4410 en 4411", ["4410", "4411"]),
        ("Nie dotarła do nas faktura nr 772.", ["772"]),
        ("请求书1044 发票4410", ["4410"]),
        ("請求書番号 5512 の件", ["5512"]),
        ("счет № 551", ["551"]),
        ("INV123/124-126", ["INV123/124-126"]),
        ("paid with check 4471, confirmation 88120", []),
        ("PO 4500012 is missing on the invoice", []),
        ("call me at 555-123-4567 or +49 30 1234567", []),
        ("We are at 10115 Berlin in the year 2025", ["10115"]),
        ("we need 30 days, 8 of the 10 boxes, 3%", []),
        ("our order 88123 and contract no. 7731", []),
        ("IBAN DE89370400440532013000", []),
        ("Thanks for this.\n\nKind regards\nTom Miller\nAustin, TX 78701", []),
    ],
)  # fmt: skip
def test_invoice_numbers(body, numbers):
    assert list(named(body).invoice_numbers) == numbers


@pytest.mark.parametrize("subject, numbers", [("RE: 2188", ["2188"]), ("RES: cobrança 7781", ["7781"]), ("INV-1060 wrong", ["INV-1060"]), ("Payment notification 55102", []), ("2nd reminder", [])])  # fmt: skip
def test_invoice_numbers_of_the_subject(subject, numbers):
    assert list(named("See subject.", subject).invoice_numbers) == numbers


@pytest.mark.parametrize(
    "body, amounts",
    [
        ("a wire for $6,300 tomorrow", ["6300.00 USD"]),
        ("USD 912.00 was issued", ["912.00 USD"]),
        ("pay 980,00 EUR now", ["980.00 EUR"]),
        ("1.204,00 EUR für die Rechnung", ["1204.00 EUR"]),
        ("12 345,67 € TTC", ["12345.67 EUR"]),
        ("CHF 1'234.50", ["1234.50 CHF"]),
        ("we pay 6300 euros", ["6300.00 EUR"]),
        ("30 €", ["30.00 EUR"]),
        ("R$ 1.250,00", ["1250.00 BRL"]),
        ("£45.10", ["45.10 GBP"]),
        ("¥12,000", ["12000 JPY"]),
        ("5k USD", ["5000.00 USD"]),
        ("2 lakh rupees", ["200000.00 INR"]),
        ("1 500 zł", ["1500.00 PLN"]),
        ("a check for 845.00", ["845.00 USD"]),
        ("our payment of 4,000.00", ["4000.00 USD"]),
        ("a payment of 4000 follows", ["4000.00 USD"]),
        ("we can pay 2500 on Friday", ["2500.00 USD"]),
        ("before we pay 3301 we need a copy", []),
        ("400 EUR statt 450 EUR", ["400.00 EUR", "450.00 EUR"]),
        ("Invoice 2199: 912.00", ["912.00 USD"]),
        ("a 3% surcharge of $36.00", ["36.00 USD"]),
        ("KWD 12.345", ["12.345 KWD"]),
        ("12.345 EUR", ["12345.00 EUR"]),
        ("version 2.10 of 3 boxes for 30 days", ["2.10 USD"]),
    ],
)
def test_amounts(body, amounts):
    assert [f"{each.plain} {each.currency}" for each in named(body).amounts] == amounts


def test_an_amount_without_currency_is_none_where_the_accounts_is_not_known():
    assert named("a check for 845.00", currency="").amounts == ()


@pytest.mark.parametrize(
    "body, days",
    [
        ("we pay on 2025-10-03", ["2025-10-03"]),
        ("we pay on August 22", ["2025-08-22"]),
        ("we pay on 10/03/2025", ["2025-10-03"]),
        ("we pay on 22/10/2025", ["2025-10-22"]),
        ("we paid on 9/12", ["2025-09-12"]),
        ("we pay next Friday", ["2025-10-03"]),
        ("we pay on Friday", ["2025-09-26"]),
        ("we pay tomorrow", ["2025-09-23"]),
        ("we pay at the end of the month", ["2025-09-30"]),
        ("we pay by EOM", ["2025-09-30"]),
        ("we pay at the end of October", ["2025-10-31"]),
        ("we pay in two weeks", ["2025-10-06"]),
        ("we pay within 10 days", ["2025-10-02"]),
        ("we pay on the 15th", ["2025-10-15"]),
        ("we pay on Friday, September 26", ["2025-09-26"]),
        ("we pay by the 3rd of November, 2025", ["2025-11-03"]),
        ("paid on Friday already", ["2025-09-19"]),
        ("last Friday we paid", ["2025-09-19"]),
        ("we pay next week", []),
        ("we pay soon, in August or so", []),
        ("paid two weeks ago", []),
        ("open 24/7, invoices older than 60 days", []),
        ("el 26 de septiembre", ["2025-09-26"]),
        ("pagaremos el próximo viernes", ["2025-09-26"]),
        ("pagaremos el viernes", ["2025-09-26"]),
        ("pagaremos a finales de mes", ["2025-09-30"]),
        ("pagaremos mañana", ["2025-09-23"]),
        ("pagaremos el día 15", ["2025-10-15"]),
        ("nous paierons le 15 janvier", ["2026-01-15"]),
        ("nous paierons fin de mois", ["2025-09-30"]),
        ("nous paierons vendredi prochain", ["2025-09-26"]),
        ("nous paierons le 1er octobre", ["2025-10-01"]),
        ("nous paierons fin octobre", ["2025-10-31"]),
        ("wir zahlen am 20.10.2025", ["2025-10-20"]),
        ("wir zahlen am 20.10.", ["2025-10-20"]),
        ("wir zahlen am 20. Oktober", ["2025-10-20"]),
        ("wir zahlen am Freitag", ["2025-09-26"]),
        ("wir zahlen Ende des Monats", ["2025-09-30"]),
        ("wir zahlen bis zum 15.", ["2025-10-15"]),
        ("wir zahlen übermorgen", ["2025-09-24"]),
        ("vamos pagar dia 20/10, ok?", ["2025-10-20"]),
        ("Vamos pagar a fatura na sexta-feira, obrigado", ["2025-09-26"]),
        ("pagheremo entro fine mese", ["2025-09-30"]),
        ("pagheremo il 3 ottobre", ["2025-10-03"]),
        ("wij betalen op 3 oktober", ["2025-10-03"]),
        ("wij betalen aanstaande vrijdag", ["2025-09-26"]),
        ("zapłacimy w piątek", ["2025-09-26"]),
        ("zapłacimy 3 października", ["2025-10-03"]),
        ("magbabayad kami sa September 30", ["2025-09-30"]),
        ("vi betalar på fredag", ["2025-09-26"]),
        ("vi betaler den 3. oktober", ["2025-10-03"]),
        ("zaplatíme 3. října", ["2025-10-03"]),
        ("ödemeyi 3 Ekim 2025 tarihinde yapacağız", ["2025-10-03"]),
        ("10月3日にお支払いします", ["2025-10-03"]),
        ("今月末にお支払いします", ["2025-09-30"]),
        ("我们10月3日付款", ["2025-10-03"]),
        ("我们会在月底付款", ["2025-09-30"]),
        ("我们周五付款", ["2025-09-26"]),
        ("10월 3일에 입금하겠습니다", ["2025-10-03"]),
        ("금요일에 입금하겠습니다", ["2025-09-26"]),
        ("оплатим 3 октября", ["2025-10-03"]),
        ("оплатим в пятницу", ["2025-09-26"]),
        ("हम शुक्रवार को भुगतान करेंगे", ["2025-09-26"]),
        ("سنقوم بالدفع يوم الخميس القادم", ["2025-09-25"]),
    ],
)
def test_days(body, days):
    assert [each.isoformat() for each in named(body).dates] == days


def test_an_english_date_is_read_day_first_where_the_sender_or_the_money_is_not_american():
    assert [each.isoformat() for each in named("we pay £40 on 03/10/2025").dates] == ["2025-10-03"]
    assert [each.isoformat() for each in named("we pay on 03/10/2025", sender="ap@inn.co.uk").dates] == [
        "2025-10-03"
    ]


@pytest.mark.rule("P18")
@pytest.mark.parametrize(
    "body, on, amount",
    [
        ("We will send a wire for $6,300 tomorrow morning.", "2025-09-23", "6300.00"),
        ("$2,500 went out today, the rest will follow on October 20.", "2025-10-20", None),
        ("Les confirmamos que el pago de 980,00 EUR se hará el 26 de septiembre.", "2025-09-26", "980.00"),
        ("INV-1030 will be paid on October 2, but INV-1031 has the wrong quantity.", "2025-10-02", None),
        ("We will pay as soon as we can.", None, None),
    ],
)
def test_a_promise_has_the_day_and_the_amount_of_its_sentence(body, on, amount):
    promise = named(body).promise
    assert promise is not None
    assert (None if promise.on is None else promise.on.isoformat()) == on
    assert (None if promise.amount is None else promise.amount.plain) == amount


def test_who_is_written_to_and_when_someone_is_back():
    assert named("I have left the company, please write to Anne.Lee@oak.example instead.").contacts == (
        "Anne.Lee@oak.example",
    )
    assert named("I am out of the office until October 6.").back_on.isoformat() == "2025-10-06"
