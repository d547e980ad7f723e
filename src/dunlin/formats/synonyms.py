"""What other programs call the fields: SAP, Dynamics, NetSuite, QuickBooks, Xero, Sage, and people in several languages.

Written as `plain()` writes a header: small ASCII letters and digits only. The first field that claims a header wins.
"""

from __future__ import annotations

import re

from anyascii import anyascii

_CUSTOMER = """customer custnumber customernumber customerno custno customerid custid customercode accountno accountnumber
accountcode account customeraccount custaccount accountnum kunnr soldto soldtoparty payer billtocustomerno billtocustomer
customerref accountreference ac debtornumber debtor clientnumber clientid clientcode kunde kundennummer kundennr
kundenkonto debitor debitorennummer debitorennr debitornr codeclient numeroclient numclient nclient compteclient client
codigocliente codcliente numerocliente cliente codicecliente klantnummer klantnr klant debiteurnummer kundnummer kundnr
asiakasnumero numerklienta entityid kdnr kdnummer kundeid kundenid kundenno debnr debitornummer debnummer custnr clientno
clientnr clientref nocustomer noclient idclient refclient numcompte comptetiers codetiers tiers numcliente nocliente ncliente
idcliente codigodecliente clientenr clientecodice codcli codicecli numerocli idklant klantcode klantnum debiteurnr debiteur
relatienummer relatienr deudor codigodeudor debitore codicedebitore accountref accountid acctno acctnumber buyer"""
_NAME = """customername custname namecustomer name1 customerfullname clientname companyname accountname debtorname
billtoname selltocustomername vendorname kundenname firma nomclient nomduclient raisonsociale nombrecliente
nombredelcliente razonsocial ragionesociale nomecliente klantnaam bedrijfsnaam kundnamn
debitorname debitorenname debiteurnaam relatienaam naam nomtiers intitule nombredeudor denominazione denominacion"""
_CURRENCY = """currency currencycode invoicecurrency doccurrency documentcurrency transactioncurrency waers curr cur ccy
currencyisocode isocurrency waehrung wahrung devise monnaie moneda divisa valuta valutacode wahrg waehrg whrg wrg wkz isocode codedevise codigomoneda munt muntsoort"""
_ENTITY = """entity companycode bukrs businesscode subsidiary legalentity buchungskreis dataareaid businessunit societe
sociedad societa ledgerentity"""
_TERMS = """terms paymentterms paymentterm custpaymentterms termscode paymenttermscode zterm termsofpayment
zahlungsbedingung zahlungsbedingungen conditionsdepaiement condicionesdepago condizionidipagamento betalingsconditie"""
_DESCRIPTION = """description memo text lineitemtext sgtxt itemtext details narration comment comments beschreibung
buchungstext libelle descripcion concepto descrizione omschrijving"""
_EMAIL = "email emailaddress mail emailid billingemail smtpaddr courriel correo correoelectronico epost emailadresse"
_PHONE = (
    "phone phonenumber telephone tel telephonenumber telf1 telefon telefonnummer telefono telefoon mainphone"
)
_LANGUAGE = "language lang spras sprache langue idioma lingua taal languagecode"
_TIME_ZONE = "timezone tz zeitzone"

_ITEMS = {
    "customer": _CUSTOMER,
    "customer_name": _NAME + " contactname name",
    "number": """number invoicenumber invoiceno invoiceid invoice invno invnumber documentnumber documentno docno docnumber docid
billingdocument belnr vbeln num tranid transactionnumber transactionno voucher invref rechnungsnummer rechnungsnr
rechnung belegnummer belegnr numerofacture numfacture nofacture nfacture facture numerofactura numfactura numerodefactura
nfactura factura numerofattura fattura factuurnummer factuurnr fakturanummer numerofaktury documentid beleg belegno belegnummern rgnr rgnummer renr
rechnr rechnungno rechnungsno opnummer opnr invoicenr invnr docnr documentnr invoiceref documentref numpiece nopiece npiece numeropiece piece
numerodepiece numdocument nodocument numerodocument numerodocumento ndocumento nodocumento numdoc numerodoc ndoc documento
numfra nfra numfac numfatt nfatt nrfattura numfattura boekstuk boekstuknummer boekstuknr factuur docnummer documentnummer no nr""",
    "kind": """kind documenttype doctype type transactiontype trantype transtype blart belegart typededocument typedocument
tipodocumento tipodedocumento documentsoort""",
    "invoice_class": "invoiceclass class invoicekind",
    "currency": _CURRENCY,
    "open": """open openamount totalopenamount openbalance balance outstanding outstandingamount amountdue amountremaining
remainingamount remainingamt balancedue openbal amountopen dueamount offenerbetrag offen saldo restbetrag soldedu resteapayer
montantdu saldopendiente importependiente pendiente importoresiduo openstaand openstaandbedrag
offenebetrag offenerposten restforderung opbetrag opsaldo resteadu soldeouvert montantouvert encours importeabierto saldoabierto
daincassare residuo saldoaperto importoaperto nogteontvangen""",
    "amount": """amount invoiceamount originalamount originalamt total invoicetotal totalamount grossamount gross amt
amountindocumentcurrency amountindoccurr amountinlocalcurrency amountindc amountinlc wrbtr dmbtr betrag rechnungsbetrag
bruttobetrag montant montantttc importe importetotal importo totale bedrag belopp foreignamount amountforeigncurrency
amountcur documentamount invamt invoiceamt value invoicevalue
gesamtbetrag endbetrag brutto rgbetrag montantfacture totalttc importefactura totalfactura totalefattura factuurbedrag totaalbedrag
totaal debit kwota""",
    "paid": """paid amountpaid paidamount settled settledamount amountapplied amountsettled amountreceived bezahlt gezahlt paye
montantpaye pagado importepagado pagato betaald""",
    "document_on": """documenton documentdate invoicedate docdate bldat transactiondate transdate trandate rechnungsdatum belegdatum
datefacture datedefacture fechafactura fechadefactura fechaemision datafattura factuurdatum issuedate invdate billingdate
fakturadatum dateissued belegdat rgdatum redatum rechdatum ausstellungsdatum
datepiece datedocument datedudocument dateemission fechadocumento fechadoc fechaemitida datadocumento datadoc dataemissione
documentdatum boekdatum date datum fecha data""",
    "posted_on": """postedon postingdate posteddate budat buchungsdatum accountingdate gldate datecomptable fechacontable
datacontabile boekingsdatum""",
    "due_on": """dueon duedate dueindate netduedate netdue duedt datedue paymentduedate faelligkeit falligkeit faelligkeitsdatum
falligkeitsdatum faelligam falligam dateecheance datedecheance echeance fechavencimiento fechadevencimiento vencimiento
datascadenza scadenza vervaldatum forfallodatum forfallsdato terminplatnosci due dueby payby payableby
maturity maturitydate fallig faellig falligper faelligper falligzum zahlbarbis zahlungsziel nettofalligkeit datelimite datelimitepaiement
datelimitedepaiement payableavant echeancele vence vto fechavto fvto fvencimiento vencimientofactura datascad scadenzafattura
pagareentro vervaldag vervalt vervaldatumfactuur betaaldatum tebetalenvoor""",
    "settled_on": """settledon cleardate clearingdate cleareddate augdt paiddate datepaid paymentdate settleddate settlementdate
fullypaidon fullypaiddate dateclosed closedate zahlungsdatum ausgleichsdatum datepaiement fechapago fechadepago""",
    "settled_days": "settleddays numberofdaysuntilpayment daystopay daysuntilpayment",
    "terms": _TERMS,
    "po_number": "ponumber po purchaseorder purchaseorderno customerpo pono custpo bstnk bstkd yourreference externaldocumentno pedido",
    "order_number": "ordernumber orderno salesorder salesorderno auftragsnummer vbelvauftrag contractnumber contract numerocommande",
    "reference": "reference ref xblnr assignment zuonr referenz referencia riferimento otherreference docid",
    "service_month": "servicemonth serviceperiod billingperiod billingmonth leistungsmonat",
    "instalment": "instalment installment installmentnumber rate",
    "entity": _ENTITY,
    "description": _DESCRIPTION,
}

_PAYMENTS = {
    "customer": _CUSTOMER,
    "customer_name": _NAME + " name payername",
    "number": "number paymentnumber paymentno paymentid receiptnumber receiptno receipt receiptid zahlungsnummer",
    "currency": _CURRENCY,
    "amount": _ITEMS["amount"] + " paymentamount amountreceived received receivedamount credit zahlbetrag",
    "value_on": """valueon valuedate paymentdate receiptdate datereceived receivedon depositdate paidon valuta valutadatum
zahlungsdatum datepaiement datevaleur fechapago fechavalor datavaluta date datum fecha""",
    "posted_on": _ITEMS["posted_on"],
    "method": "method paymentmethod paymenttype tendertype zahlungsart modepaiement formapago",
    "reference": "reference ref paymentreference checknumber checkno chequenumber remittancereference verwendungszweck referenz",
    "invoices": "invoices invoicenumbers appliedto appliedinvoices paidinvoices invoicespaid",
    "entity": _ENTITY,
    "description": _DESCRIPTION + " remittanceinformation remittance",
}

_CUSTOMERS = {
    "number": _CUSTOMER + " number no code id",
    "name": _NAME + " name fullname",
    "parent": "parent parentcustomer parentaccount parentnumber parentid headoffice subcustomerof",
    "currency": _CURRENCY,
    "terms": _TERMS,
    "credit_limit": "creditlimit creditline klimk kreditlimit limitecredit limitedecredit kredietlimiet",
    "status": "status customerstatus state2 accountstatus",
    "collector": "collector creditcontroller sachbearbeiter gestionnaire",
    "sales_rep": "salesrep salesperson salesrepresentative accountmanager vertreter vendeur vendedor",
    "business_manager": "businessmanager relationshipmanager",
    # Only our own words: other programs' strategies and sales channels are none of ours, and would have their rows refused.
    "pinned_strategy": "pinnedstrategy strategykey",
    "preferred_channel": "preferredchannel dunningchannel",
    "email": _EMAIL,
    "phone": _PHONE,
    "street": "street street1 address address1 addressline1 billingaddress billingstreet line1 stras strasse adresse rue direccion indirizzo straat",
    "city": "city town ort01 ort stadt ville ciudad citta plaats billingcity",
    "region": "region state province county regio bundesland billingstate provincia",
    "postal_code": "postalcode zip zipcode postcode pstlz plz codepostal codigopostal cap billingzip",
    "country": "country countrycode land1 land pays pais paese billingcountry",
    "language": _LANGUAGE,
    "time_zone": _TIME_ZONE,
    "tax_number": "taxnumber vat vatnumber vatno taxid taxregistrationnumber stceg ustid ustidnr numerotva nif cif partitaiva btwnummer",
    "entity": _ENTITY,
    "note": "note notes comment comments",
}

_CONTACTS = {
    "customer": _CUSTOMER,
    "customer_name": _NAME,
    "name": "name contact contactname contactperson fullname ansprechpartner kontakt nomcontact contacto contatto contactpersoon",
    "role": "role contacttype contactrole function department",
    "title": "title position jobtitle",
    "email": _EMAIL,
    "phone": _PHONE + " workphone directphone",
    "mobile": "mobile cell cellphone mobilephone handy portable movil",
    "language": _LANGUAGE,
    "time_zone": _TIME_ZONE,
    "do_not_call": "donotcall dnc nocalls",
    "note": "note notes comment comments",
}

SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    kind: {target: tuple(dict.fromkeys(words.split())) for target, words in fields.items()}
    for kind, fields in (
        ("items", _ITEMS),
        ("payments", _PAYMENTS),
        ("customers", _CUSTOMERS),
        ("contacts", _CONTACTS),
    )
}


def plain(header: str) -> str:
    """A header as the synonyms are written: "Fällig am" is faelligam or falligam's spelling without marks, "A/C" is ac."""
    text = header.casefold().replace("№", "no").replace("#", "no").replace("°", "o")
    return re.sub(r"[^a-z0-9]", "", anyascii(text).lower())
