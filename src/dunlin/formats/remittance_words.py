"""The words of remittance advice in English, German, French, Spanish, Italian and Dutch: headings, totals, days, references, credits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dunlin.rules.money import MINOR_DIGITS

# Field of a table → its headings as `synonyms.plain` writes them, the plainest first.
HEADINGS: Mapping[str, Sequence[str]] = {
    field: words.split()
    for field, words in {
        "number": """invoice invoiceno invoicenumber invoiceid invoiceref invoicereference invoicenr inv invno documentnumber documentno
docno document docnumber documentref billnumber billno reference refno ref yourreference yourref supplierinvoice supplierreference
rechnung rechnungsnummer rechnungsnr rechnungno belegnummer belegnr beleg rgnr renr ihrereferenz ihrbeleg referenz
facture nofacture numerofacture nfacture numerodefacture numfacture factureno piece nopiece votrereference
factura numerofactura numerodefactura nfactura nofactura numfactura documento ndocumento referencia
fattura numerofattura nfattura factuur factuurnummer factuurnr""",
        "paid": """paid paidamount amountpaid netpaid netamountpaid netpayment paymentamount amountremitted remitted netamount net payment
paymentnet applied amountapplied gezahlt bezahlt zahlbetrag zahlung gezahlterbetrag nettobetrag ueberweisungsbetrag uberweisungsbetrag
zahlungsbetrag paye montantpaye montantregle regle netpaye montantnet paiement pagado importepagado pago neto importeneto
pagato importopagato betaald betaaldbedrag amount betrag montant importe importo bedrag total""",
        "gross": """gross grossamount invoiceamount originalamount invoicetotal invoicegross amountdue openamount documentamount brutto
bruttobetrag rechnungsbetrag originalbetrag brut montantbrut montantfacture montantdelafacture bruto importebruto importefactura
importedelafactura lordo importolordo factuurbedrag brutobedrag amount betrag montant importe importo bedrag""",
        "discount": """discount cashdiscount discounttaken discountamount disc skonto skontobetrag abzugskonto escompte remise descuento
dtoprontopago sconto korting betalingskorting""",
        "kept": """deduction deductions deductionamount adjustment adjustments shortpay shortpaid withheld chargeback abzug abzuege abzuge
kuerzung kurzung kuerzungen einbehalt deduction deductions retenue retenues deduccion deducciones retencion ajuste deduzione trattenuta inhouding""",
        "reason": """reason reasoncode deductionreason adjustmentreason remark remarks comment comments note notes grund abzugsgrund
bemerkung bemerkungen hinweis motif raison commentaire remarque motivo observaciones comentario causale opmerking reden""",
        "on": """invoicedate documentdate docdate date billdate rechnungsdatum belegdatum datum datefacture datedefacture datedelafacture
fechafactura fechadefactura fecha datafattura factuurdatum""",
        "currency": "currency currencycode ccy curr cur waehrung wahrung devise monnaie moneda divisa valuta",
        "payer_name": """payer payername paidby remitter customer customername company auftraggeber zahler kunde kundenname payeur client
nomclient pagador cliente ordenante pagatore betaler""",
        "trace": """trace tracenumber paymentreference paymentref paymentid paymentno paymentnumber eftnumber eftno achtrace transferreference
transactionid zahlungsreferenz zahlungsnummer ueberweisungsreferenz referencepaiement referencedepaiement referenciadepago
referenciapago riferimentopagamento betalingskenmerk""",
        "check_number": """checknumber checkno check chequenumber chequeno cheque schecknummer scheck numerocheque nocheque numerodecheque
numeroassegno""",
        "paid_on": """paymentdate paiddate datepaid dateofpayment valuedate zahlungsdatum zahldatum valuta wertstellung datepaiement
datedepaiement datereglement fechadepago fechapago fechavalor datapagamento betaaldatum""",
        "amount": """paymenttotal totalpayment totalpaid totalamountpaid checkamount chequeamount paymentamount gesamtbetrag gesamtzahlung
totalpaye totalpagado""",
    }.items()
}  # fmt: skip

# Words that say an amount is that of the whole payment; the strong ones win over a plain "total".
_STRONG = (
    r"total\s+(?:amount\s+)?(?:paid|payment|remitted|remittance|net)|net\s+total|(?:payment|remittance|transfer|wire|ach|check|cheque)\s+(?:amount|total)"
    r"|amount\s+(?:of\s+)?(?:payment|transferred|remitted|paid)|net\s+(?:payment|amount)|we\s+(?:have\s+)?(?:paid|transferred|remitted)"
    r"|zahl(?:ungs)?betrag|überweisungsbetrag|ueberweisungsbetrag|gesamtzahlung|auszahlungsbetrag|überwiesen|angewiesen"
    r"|total\s+(?:payé|paye|réglé|regle|versé|du\s+(?:virement|paiement|règlement))|montant\s+(?:du\s+|total\s+(?:du\s+)?)?(?:virement|paiement|règlement|reglement)|net\s+(?:payé|à\s+payer)"
    r"|total\s+(?:pagado|transferido|del\s+pago)|importe\s+(?:del\s+|total\s+(?:del\s+)?)?(?:pago|transferencia|transferido|pagado)"
    r"|totale\s+(?:pagato|bonifico)|importo\s+(?:del\s+)?(?:bonifico|pagamento)|totaal\s+betaald"
)
_PLAIN = r"(?:grand\s+)?totals?|sum|gesamt(?:betrag|summe)?|summe|somme|montant\s+total|importe\s+total|suma|totale|totaal|in\s+total|insgesamt"
STRONG_TOTAL = re.compile(rf"(?<!\w)(?:{_STRONG})(?!\w)", re.IGNORECASE)
PLAIN_TOTAL = re.compile(rf"(?<!\w)(?:{_PLAIN})(?!\w)", re.IGNORECASE)
PAID_ON = re.compile(
    r"(?<!\w)(?:payment\s+date|date\s+(?:of\s+)?(?:payment|paid)|paid\s+on|value\s+date|pay\s+date|zahlungsdatum|zahldatum|datum\s+der\s+zahlung|valuta|wertstellung"
    r"|date\s+(?:de|du)\s+(?:paiement|virement|règlement|reglement|valeur)|fecha\s+(?:de|del)?\s*(?:pago|valor|transferencia)|data\s+(?:di\s+)?(?:pagamento|valuta)|betaaldatum)(?!\w)",
    re.IGNORECASE,
)
CHECK = re.compile(
    r"(?<!\w)(?:check|cheque|chèque|scheck|assegno)\s*[-.]?\s*(?:number|no|num|nr|nummer|n°|nº|n|numéro|número|numero|#)?\s*[.:#]*\s*(?P<value>\d[\d-]{2,19})(?!\w)",
    re.IGNORECASE,
)
TRACE = re.compile(
    r"(?<!\w)(?:(?:payment|eft|ach|wire|transfer|bank|remittance)\s+(?:reference|ref|id|trace|advice|number|no)(?:\s+(?:number|no|id))?|trace(?:\s+(?:number|no|id))?|transaction\s+(?:id|number|reference)"
    r"|zahlungs(?:referenz|nummer|avis)|überweisungsreferenz|referenznummer|end[- ]to[- ]end(?:[- ](?:id|ref))?"
    r"|référence\s+(?:de\s+|du\s+)?(?:paiement|virement|règlement)|reference\s+(?:de\s+|du\s+)?(?:paiement|virement|reglement)|referencia\s+(?:de\s+|del\s+)?(?:pago|transferencia)|riferimento\s+(?:del\s+)?(?:pagamento|bonifico))"
    r"\s*[-.]?(?:n°|nº|nr|no|#)?\s*[.:#]+\s*(?P<value>[A-Za-z0-9][A-Za-z0-9/_-]{3,39})",
    re.IGNORECASE,
)
DEDUCTION = re.compile(
    r"(?<!\w)(?:less|deduct(?:ion|ions|ed)?|short\s*-?paid|withheld|charge\s?back|minus|abzug|abzüge|abzüglich|abzgl|kürzung|einbehalt(?:en)?|skonto|discount|retenue|retenu|déduction|deduction|déduit"
    r"|moins|escompte|deducción|deduccion|descuento|menos|retención|retencion|sconto|deduzione|detrazione|aftrek|korting|bank\s+(?:fee|charge)s?|spesen|freight|damaged?|shortage)(?!\w)",
    re.IGNORECASE,
)
CREDIT = re.compile(
    r"(?<!\w)(?:credit(?:\s+(?:memo|note))?|gutschrift|avoir|note\s+de\s+crédit|nota\s+de\s+(?:crédito|credito)|abono|nota\s+di\s+credito|creditnota|CM|CN|GS|AV|NC)(?![A-Za-z])",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![A-Za-z])([A-Z]{3})(?![A-Za-z])")
_SIGNS = {"€": "EUR", "£": "GBP", "US$": "USD", "CA$": "CAD", "A$": "AUD"}
# Three letters that are a currency and, in a list of documents, more often a word.
_WORDS_TOO = frozenset("ALL TOP MOP PEN SOS TRY GEL LAK BAM BOB CUP MAD MUR NAD RON STN VES".split())


def currencies_in(text: str) -> list[str]:
    """The currencies a text names by code or by an unmistakable sign, each once."""
    found = [code for code in _CODE.findall(text) if code in MINOR_DIGITS and code not in _WORDS_TOO]
    found += [code for sign, code in _SIGNS.items() if sign in text]
    return list(dict.fromkeys(found))


def is_total(text: str) -> bool:
    """Whether a line says that its amount is a total."""
    return bool(STRONG_TOTAL.search(text) or PLAIN_TOTAL.search(text))
