"""Mails and calls of three days, made up: what customers write to a collections team, in their own languages."""

from __future__ import annotations

from typing import NamedTuple


class Mail(NamedTuple):
    """One mail, so many working hours ago. `{first}`, `{second}` are numbers of the writer's past-due invoices, `{amount}` what is
    open on the first, `{day}` a day of next week. A `stranger` is nobody we know."""

    hours: float
    language: str
    subject: str
    words: str
    box: str = "ar"
    stranger: str = ""
    automatic: bool = False
    files: tuple[tuple[str, str, bytes], ...] = ()


MAILS: tuple[Mail, ...] = (
    Mail(22, "en", "Re: invoice {first}", "Hi,\n\nthis one is approved on our side and goes out with the payment run on {day}.\n\nThanks,\n{name}"),
    Mail(20, "en", "Copy of {first} please", "Good morning,\n\ncould you send us a copy of invoice {first}? Our scanning team never received it.\n\nBest regards\n{name}\nAccounts Payable\nTel. +1 555 010 2233"),
    Mail(18, "de", "Rechnung {first}", "Guten Tag,\n\nwir können die Rechnung {first} so nicht freigeben: der Preis stimmt nicht mit unserer Bestellung überein. Bitte um Gutschrift und neue Rechnung.\n\nMit freundlichen Grüßen\n{name}"),
    Mail(17, "fr", "Facture {first}", "Bonjour,\n\nle règlement de {amount} a été effectué par virement hier, merci de vérifier.\n\nCordialement,\n{name}"),
    Mail(15, "en", "W-9 and bank details", "Hello, before we can pay {first} our procurement needs your W-9 and a bank letter. Can you send both?\n\n{name}", box="collections"),
    Mail(14, "es", "Factura {first}", "Buenos días:\n\nEstamos a la espera del visto bueno del departamento técnico. Pagaremos la factura {first} el {day}.\n\nUn saludo,\n{name}"),
    Mail(12, "en", "RE: Statement of account", "{first} was short shipped: two of the ten units never arrived. We will pay for what we got, the rest is in dispute until you credit it.\n\n{name}"),
    Mail(11, "en", "Out of office: {name}", "I am away until next Monday with no access to mail. For urgent payment questions please write to ap-backup@customer.example.", automatic=True),
    Mail(9, "nl", "Factuur {first}", "Goedemiddag,\n\nkunt u ons een kopie van factuur {first} sturen? Wij hebben deze niet ontvangen.\n\nMet vriendelijke groet,\n{name}"),
    Mail(8.5, "en", "Payment plan?", "Hello,\n\ncash is tight this quarter. Would it be possible to pay {first} ({amount}) in three monthly instalments?\n\nRegards,\n{name}", box="collections"),
    Mail(7, "en", "new AP contact", "Please note that Maria Gonsalves has left. From now on invoices go to invoices@{name}.example - no, sorry: to ap.team@customer.example.\n\n{name}"),
    Mail(6, "de", "AW: Zahlungserinnerung", "Sehr geehrte Damen und Herren,\n\ndie Zahlung über {amount} wird am {day} ausgeführt.\n\nMit freundlichen Grüßen\n{name}\n\nVon: Buchhaltung\nGesendet: Montag\nBetreff: Zahlungserinnerung\n\nIhr Konto weist einen offenen Betrag aus. Bitte melden Sie sich bei Einwänden."),
    Mail(5, "en", "invoice question", "Hi, who do I talk to about a purchase order that was closed? I do not have a number at hand.\n\nCheers\nPat", stranger="Pat Delaney"),
    Mail(4, "it", "Fattura {first}", "Buongiorno,\n\nla fattura {first} risulta pagata il mese scorso. Potete verificare, per favore?\n\nCordiali saluti\n{name}"),
    Mail(3, "en", "Re: Re: overdue", "We already told you twice that {first} and {second} will be paid on {day}. Please stop the reminders until then.\n\n{name}", box="collections"),
    Mail(2.5, "pt", "Fatura {first}", "Bom dia,\n\npoderia enviar a segunda via da fatura {first}? Obrigado.\n\n{name}"),
    Mail(2, "en", "legal", "Our counsel advises that we do not owe {first}. Any further letter goes to Harrow & Pell LLP, and we will defend any claim in court.\n\n{name}"),
    Mail(1.2, "en", "Voicemail from +1 212 555 0144 (00:41)", "You have a new voicemail.\nFrom: +1 212 555 0144\nLength: 41 seconds", stranger="Voicemail Service", files=(("voicemail.wav", "audio/wav", b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"),)),
    Mail(0.6, "en", "remittance", "Attached you find the remittance advice for today's wire. It covers {first} and {second}.\n\n{name}"),
    Mail(0.3, "en", "Invoice {first}: tax", "We are exempt from sales tax, please reissue {first} without it; our certificate is on file with you, isn't it?\n\n{name}"),
)  # fmt: skip

# Working hours ago, what it was about, kind.
CALLS: tuple[tuple[float, str, str], ...] = (
    (6.5, "Asks to be called back about the final invoice of the project", "call"),
    (3.0, "Voicemail: says that the cheque went out on Monday, wants it confirmed", "voicemail"),
    (1.0, "Wants to know whom to send the exemption certificate to", "call"),
)

# Kind, title, and in how many days it ends (0: it does not).
DOCUMENTS: tuple[tuple[str, str, int], ...] = (
    ("tax_exempt_certificate", "Resale certificate", 18), ("contract", "Master services agreement", 400), ("eco", "Change order 7", 0),
    ("tax_exempt_certificate", "Sales tax exemption", 290), ("purchase_order", "Purchase order 4500071", 0),
    ("travel", "Travel documentation October", 0), ("tax_exempt_certificate", "Exemption certificate", -12),
)  # fmt: skip
