"""A file nobody has described is guessed, with confidence, and asked about where two readings are open."""

from __future__ import annotations

import pytest

from dunlin.formats.guesses import guess_mapping, guess_table
from dunlin.formats.mappings import from_yaml, to_yaml
from dunlin.formats.rows import ItemRow, Summary, read_rows
from dunlin.formats.tables import open_table


def guess(text, kind=None):
    return guess_table(open_table(text.encode()), kind)


def fields(found):
    return {name: column.names[0] for name, column in found.mapping.columns.items() if column.names}


SAP = """Company Code;Customer;Document Number;Document Type;Document Date;Posting Date;Net due date;Amount in doc. curr.;Currency;Terms of Payment
1000;0000100012;1800000001;RV;13.01.2020;13.01.2020;12.02.2020;1.234,50;EUR;NT30
1000;0000100012;1600000002;DG;15.01.2020;15.01.2020;15.01.2020;-200,00;EUR;NT30
"""
QUICKBOOKS = """Type,Date,Num,Name,Terms,Due Date,Open Balance,Currency
Invoice,01/13/2020,1001,Acme Inc.,Net 30,02/12/2020,"1,234.50",USD
Credit Memo,01/15/2020,1002,Acme Inc.,,01/15/2020,-200.00,USD
"""
XERO = """ContactName,InvoiceNumber,Reference,InvoiceDate,DueDate,Total,AmountPaid,AmountDue,Currency,Type
Acme,INV-1,PO 7,13/01/2020,12/02/2020,100.00,40.00,60.00,GBP,ACCREC
Bolt,INV-2,,14/01/2020,13/02/2020,50.00,0.00,50.00,GBP,ACCREC
"""
NETSUITE = """Type,Document Number,Customer,Date,Date Due,Amount (Foreign Currency),Amount Remaining,Currency,Subsidiary
CustInvc,INV100,C-1 Acme,2020-01-13,2020-02-12,100.00,100.00,USD,US Inc
"""
DYNAMICS = """Customer account,Name,Voucher,Invoice,Transaction date,Due date,Currency,Amount,Balance
US-001,Contoso,V1,FTI-1,2020-01-13,2020-02-12,USD,100.00,100.00
"""
SAGE = """A/C,Name,Type,No,Date,Due Date,Ref,Details,Amount,Outstanding,Currency
ABC001,ABC Ltd,SI,77,13/01/2020,12/02/2020,PO9,Goods,120.00,120.00,GBP
"""
GERMAN = """Kundennummer;Kundenname;Rechnungsnummer;Rechnungsdatum;Fälligkeit;Offener Betrag;Währung
10001;Müller GmbH;RE-1;31.01.2020;01.03.2020;1.190,00;EUR
"""
FRENCH = """Code client;Raison sociale;N° facture;Date facture;Échéance;Montant TTC;Devise
C1;Société A;F-1;31/01/2020;01/03/2020;1 190,00;EUR
"""
SPANISH = """Cliente;Razón social;Nº factura;Fecha factura;Vencimiento;Importe;Moneda
C1;Peña SL;F-1;31/01/2020;01/03/2020;1.190,00;EUR
"""

SHORT_ENGLISH = """customer,name,number,date,due,amount,currency
C1,Acme Ltd,A-1,2026-01-31,2026-03-01,10.00,USD
"""
SHORT_GERMAN = """Kd-Nr;Kunde;Beleg;Belegdatum;Fällig;Betrag;Währg
00123;Müller & Söhne GmbH;R-1;31.01.2020;01.03.2020;1.190,00;EUR
"""
SHORT_FRENCH = """N° client;Client;N° pièce;Date pièce;Date limite;Montant;Devise
411001;Société A;F-1;31/01/2020;01/03/2020;1 190,00;EUR
"""
SHORT_SPANISH = """Nº cliente;Cliente;Documento;Fecha;Vto.;Importe;Divisa
43001;Peña SL;F-1;31/01/2020;01/03/2020;1.190,00;EUR
"""
ITALIAN = """Cod. cliente;Cliente;N. documento;Data doc.;Scadenza;Importo;Valuta
C01;Rossi SRL;F-1;31/01/2020;01/03/2020;1.190,00;EUR
"""
DUTCH = """Debiteurnr;Klant;Factuur;Factuurdatum;Vervaldag;Bedrag;Munt
1301;Jansen BV;F-1;31-01-2020;01-03-2020;1.190,00;EUR
"""


def _short(customer: str, name: str, number: str, due: str, currency: str) -> dict[str, str]:
    return {
        "customer": customer,
        "customer_name": name,
        "number": number,
        "due_on": due,
        "currency": currency,
    }


@pytest.mark.req("A9")
@pytest.mark.parametrize(
    ("text", "expected", "order", "comma"),
    [
        (SAP, {"customer": "Customer", "number": "Document Number", "kind": "Document Type", "due_on": "Net due date",
               "amount": "Amount in doc. curr.", "posted_on": "Posting Date", "entity": "Company Code"}, "dmy", True),
        (QUICKBOOKS, {"customer_name": "Name", "number": "Num", "open": "Open Balance", "document_on": "Date"}, "mdy", False),
        (XERO, {"customer_name": "ContactName", "amount": "Total", "paid": "AmountPaid", "open": "AmountDue",
                "number": "InvoiceNumber"}, "dmy", False),
        (NETSUITE, {"customer": "Customer", "number": "Document Number", "amount": "Amount (Foreign Currency)",
                    "open": "Amount Remaining", "due_on": "Date Due", "entity": "Subsidiary"}, "ymd", False),
        (DYNAMICS, {"customer": "Customer account", "customer_name": "Name", "number": "Invoice", "open": "Balance"}, "ymd", False),
        (SAGE, {"customer": "A/C", "open": "Outstanding", "number": "No", "amount": "Amount"}, "dmy", False),
        (GERMAN, {"customer": "Kundennummer", "customer_name": "Kundenname", "number": "Rechnungsnummer",
                  "due_on": "Fälligkeit", "open": "Offener Betrag"}, "dmy", True),
        (FRENCH, {"customer": "Code client", "number": "N° facture", "due_on": "Échéance", "amount": "Montant TTC"}, "dmy", True),
        (SPANISH, {"customer": "Cliente", "number": "Nº factura", "due_on": "Vencimiento", "amount": "Importe"}, "dmy", True),
        (SHORT_ENGLISH, _short("customer", "name", "number", "due", "currency"), "ymd", False),
        (SHORT_GERMAN, _short("Kd-Nr", "Kunde", "Beleg", "Fällig", "Währg"), "dmy", True),
        (SHORT_FRENCH, _short("N° client", "Client", "N° pièce", "Date limite", "Devise"), "dmy", True),
        (SHORT_SPANISH, _short("Nº cliente", "Cliente", "Documento", "Vto.", "Divisa"), "dmy", True),
        (ITALIAN, _short("Cod. cliente", "Cliente", "N. documento", "Scadenza", "Valuta"), "dmy", True),
        (DUTCH, _short("Debiteurnr", "Klant", "Factuur", "Vervaldag", "Munt"), "dmy", True),
    ],
    ids=["sap", "quickbooks", "xero", "netsuite", "dynamics", "sage", "german", "french", "spanish", "short english",
         "short german", "short french", "short spanish", "italian", "dutch"],
)  # fmt: skip
def test_what_other_programs_export_is_understood(text, expected, order, comma):
    found = guess(text)
    assert fields(found) | expected == fields(found)
    assert (found.mapping.kind, found.mapping.date_order, found.mapping.decimal_comma) == (
        "items",
        order,
        comma,
    )
    assert found.questions == ()
    assert from_yaml(to_yaml(found.mapping)) == found.mapping
    rows = list(read_rows(open_table(text.encode()), found.mapping, summary := Summary()))
    assert all(isinstance(row, ItemRow) for row in rows), rows
    assert summary.refused == 0


def test_sap_credit_memos_come_out_as_credits():
    rows = list(read_rows(open_table(SAP.encode()), guess(SAP).mapping))
    assert [(row.kind, row.amount.plain, row.customer) for row in rows] == [
        ("invoice", "1234.50", "0000100012"),
        ("credit_memo", "200.00", "0000100012"),
    ]


def asked(found):
    return [question.about for question in found.questions]


def test_an_order_of_dates_that_nothing_decides_is_asked_and_one_late_row_decides_it():
    text = "Invoice No,Customer,Invoice Date,Amount,Currency\n" + "".join(
        f"{n},C1,0{n % 9 + 1}/0{n % 8 + 1}/2020,{n}.50,USD\n" for n in range(1, 2000)
    )
    assert asked(guess(text)) == ["date_order"]
    decided = guess(text + "2000,C1,02/13/2020,1.50,USD\n")
    assert (asked(decided), decided.mapping.date_order) == ([], "mdy")
    assert decided.date_order.proofs == ((2001, "02/13/2020"),)
    torn = guess(text + "2000,C1,02/13/2020,1.50,USD\n2001,C1,13/02/2020,1.50,USD\n")
    assert asked(torn) == ["date_order"]
    assert torn.questions[0].evidence


def test_a_mark_that_may_be_thousands_or_decimals_is_asked():
    head = "Invoice No;Customer;Invoice Date;Amount;Currency\n"
    assert asked(guess(head + "1;C1;2020-01-31;1.234;EUR\n2;C1;2020-01-31;5.678;EUR\n")) == ["decimal_comma"]
    assert guess(head + "1;C1;2020-01-31;1.234;EUR\n2;C1;2020-01-31;5,50;EUR\n").mapping.decimal_comma
    assert asked(guess(head + "1;C1;2020-01-31;1.23;EUR\n2;C1;2020-01-31;5,50;EUR\n")) == ["decimal_comma"]


def test_a_column_of_names_is_the_customer_number_only_where_no_column_of_numbers_is():
    head = "Customer,{},Invoice,Date,Due,Amount,Currency\n"
    row = "Acme Ltd,{},I1,2026-01-31,2026-03-01,5.10,USD\n"
    numbers = fields(guess(head.format("Account") + row.format("C-17"), "items"))
    assert (numbers["customer"], numbers["customer_name"]) == ("Account", "Customer")
    order = fields(guess(head.format("Customer PO") + row.format("PO-17"), "items"))
    assert (order["customer"], order["po_number"]) == ("Customer", "Customer PO")
    plain = fields(guess(head.format("zz") + row.format("x"), "items"))
    assert plain["customer"] == "Customer"


def test_a_question_about_a_column_names_those_that_nothing_was_made_of():
    found = guess("foo,Beleg,Datum,Betrag,Währg\nx,R-1,31.01.2020,5,10\n", "items")
    assert [
        q.sentence.endswith("Columns not used: foo, Währg.") for q in found.questions if q.about == "customer"
    ] == [True]


def test_the_form_of_the_file_is_no_part_of_the_mapping():
    assert guess(GERMAN).mapping.delimiter is None


def test_no_currency_is_asked_never_assumed():
    assert asked(guess("Invoice No,Customer,Invoice Date,Amount\n1,C1,2020-01-31,1.50\n")) == ["currency"]


def test_unknown_document_types_are_asked_one_by_one():
    text = "Type,Invoice No,Customer,Invoice Date,Amount,Currency\nInvoice,1,C1,2020-01-31,1.50,USD\nZZ9,2,C1,2020-01-31,1.50,USD\n"
    found = guess(text)
    assert [question.sentence for question in found.questions] == ["What kind of item is 'ZZ9'?"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "Customer No,Name,Street,City,Country,Credit Limit,Currency\n1,Acme,Main St 1,Reno,US,5000,USD\n",
            "customers",
        ),
        ("Customer No,Contact Name,Role,Email,Phone\n1,Ann Lee,AP,ann@acme.example,555-0100\n", "contacts"),
        (
            "Receipt No,Customer No,Payment Date,Amount,Currency,Payment Method,Invoices\n1,7,2020-01-31,5.00,USD,wire,INV-1\n",
            "payments",
        ),
        (XERO, "items"),
    ],
)
def test_what_a_file_holds_is_guessed(text, kind):
    assert guess(text).mapping.kind == kind


def test_a_debit_credit_column_is_recognised():
    text = "Invoice No,Customer,Invoice Date,Amount,Currency,D/C\n1,C1,2020-01-31,1.50,USD,S\n2,C1,2020-01-31,1.50,USD,H\n"
    mapping = guess(text).mapping
    assert (mapping.sign, mapping.dc_column, mapping.dc_debit, mapping.dc_credit) == (
        "dc_column",
        "D/C",
        ("S",),
        ("H",),
    )


def test_nothing_to_go_by_asks_instead_of_failing():
    found = guess_mapping([(2, ["x", "y"])], ["foo", "bar"])
    assert {"currency", "amount", "document_on", "customer"} <= set(
        asked(found)
    ) or found.mapping.kind != "items"
    assert not found.ready
