"""The words of the item table and around it, in the languages that ship. Another language reads English ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEYS = (
    "document", "reference", "dated", "due", "days", "open", "part_paid", "in_dispute", "total", "disputed_total", "credit",
    "asked", "left_out", "disputed", "promised", "plan", "extension", "undelivered", "other", "documents", "more",
)  # fmt: skip

# One row a language, in the order of _KEYS. {open}, {amount}, {count} are filled in.
_ROWS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Document", "Your ref.", "Dated", "Due", "Days late", "Open", "part paid: {open} of {amount} still open",
        "in dispute, not asked for now: {amount}", "Total open", "less in dispute", "less your unused credit", "To be paid",
        "Open, but not asked for here:", "in dispute", "promised", "on a payment plan", "due date extended",
        "delivery being checked", "other", "documents: {count}", "and {count} more documents, included in the total",
    ),
    "es": (
        "Documento", "Su ref.", "Fecha", "Vencimiento", "Días", "Pendiente", "pago parcial: quedan {open} de {amount}",
        "en disputa, no se reclama ahora: {amount}", "Total pendiente", "menos importe en disputa",
        "menos su crédito sin aplicar", "Importe a pagar", "Pendiente, pero no se reclama aquí:", "en disputa",
        "pago prometido", "en plan de pagos", "vencimiento aplazado", "entrega en comprobación", "otros",
        "documentos: {count}", "y {count} documentos más, incluidos en el total",
    ),
    "fr": (
        "Document", "Votre réf.", "Date", "Échéance", "Retard (j)", "Solde dû",
        "payé en partie : reste {open} sur {amount}", "en litige, non réclamé ici : {amount}", "Total dû",
        "moins montant en litige", "moins votre avoir non utilisé", "À payer", "Dû, mais non réclamé ici :", "en litige",
        "paiement promis", "en plan de paiement", "échéance reportée", "livraison en cours de vérification", "autres",
        "documents : {count}", "et {count} autres documents, compris dans le total",
    ),
    "de": (
        "Beleg", "Ihre Ref.", "Datum", "Fällig", "Tage", "Offen", "teilweise bezahlt: noch {open} von {amount} offen",
        "strittig, derzeit nicht angefordert: {amount}", "Summe offen", "abzüglich strittig",
        "abzüglich Ihres ungenutzten Guthabens", "Zu zahlen", "Offen, hier aber nicht angefordert:", "strittig",
        "Zahlung zugesagt", "in Ratenzahlung", "Fälligkeit verlängert", "Zustellung wird geprüft", "Sonstiges",
        "Belege: {count}", "und {count} weitere Belege, in der Summe enthalten",
    ),
    "it": (
        "Documento", "Vs. rif.", "Data", "Scadenza", "Giorni", "Aperto", "pagato in parte: restano {open} su {amount}",
        "in contestazione, ora non richiesto: {amount}", "Totale aperto", "meno importo in contestazione",
        "meno il vostro credito non utilizzato", "Da pagare", "Aperto, ma non richiesto qui:", "in contestazione",
        "pagamento promesso", "in piano di rientro", "scadenza prorogata", "consegna in verifica", "altro",
        "documenti: {count}", "e altri {count} documenti, compresi nel totale",
    ),
    "pt": (
        "Documento", "V. ref.", "Data", "Vencimento", "Dias", "Em aberto", "pago em parte: restam {open} de {amount}",
        "em disputa, não cobrado agora: {amount}", "Total em aberto", "menos valor em disputa",
        "menos o seu crédito não utilizado", "A pagar", "Em aberto, mas não cobrado aqui:", "em disputa",
        "pagamento prometido", "em plano de pagamento", "vencimento prorrogado", "entrega em verificação", "outros",
        "documentos: {count}", "e mais {count} documentos, incluídos no total",
    ),
    "nl": (
        "Document", "Uw ref.", "Datum", "Vervalt", "Dagen", "Open", "deels betaald: nog {open} van {amount} open",
        "betwist, nu niet gevraagd: {amount}", "Totaal open", "min betwist bedrag", "min uw ongebruikte tegoed", "Te betalen",
        "Open, maar hier niet gevraagd:", "betwist", "betaling toegezegd", "in betalingsregeling", "vervaldatum verlengd",
        "aflevering wordt nagegaan", "overig", "documenten: {count}", "en nog {count} documenten, in het totaal begrepen",
    ),
    "pl": (
        "Dokument", "Państwa nr", "Data", "Termin", "Dni", "Do zapłaty", "zapłacono częściowo: pozostaje {open} z {amount}",
        "sporne, obecnie nieobjęte wezwaniem: {amount}", "Suma otwarta", "minus kwota sporna",
        "minus niewykorzystana nadpłata", "Pozostaje do zapłaty", "Otwarte, lecz nieobjęte tym pismem:", "sporne",
        "obiecana płatność", "w planie spłaty", "termin przedłużony", "dostawa w trakcie sprawdzania", "inne",
        "dokumenty: {count}", "oraz {count} dalszych dokumentów, ujętych w sumie",
    ),
    "ja": (
        "請求書番号", "貴社参照番号", "発行日", "支払期日", "超過日数", "未払残高", "一部入金済み：{amount} のうち {open} が未払い",
        "確認中のため今回のご請求対象外：{amount}", "未払残高合計", "うち確認中の金額", "未充当のお預り金", "お支払金額",
        "未払いのうち、今回のご請求に含まないもの：", "内容確認中", "お支払予定をいただいているもの", "分割払い中",
        "支払期日延長済み", "納品確認中", "その他", "{count}件", "ほか{count}件（合計に含まれます）",
    ),
    "ar": (
        "المستند", "مرجعكم", "التاريخ", "الاستحقاق", "أيام التأخير", "المتبقي", "مدفوع جزئيًا: المتبقي {open} من {amount}",
        "محل اعتراض وغير مطلوب الآن: {amount}", "إجمالي المتبقي", "ناقص المبلغ محل الاعتراض", "ناقص رصيدكم غير المستخدم",
        "المبلغ المستحق", "متبقٍ وغير مطلوب هنا:", "محل اعتراض", "وعد بالسداد", "ضمن خطة سداد", "تاريخ استحقاق ممدد",
        "التسليم قيد التحقق", "أخرى", "عدد المستندات: {count}", "و{count} مستندات أخرى ضمن الإجمالي",
    ),
    "he": (
        "מסמך", "אסמכתא שלכם", "תאריך", "לתשלום עד", "ימי איחור", "יתרה", "שולם חלקית: נותרו {open} מתוך {amount}",
        "במחלוקת, לא נדרש כעת: {amount}", "סך היתרה", "בניכוי סכום במחלוקת", "בניכוי זיכוי שלא נוצל", "לתשלום",
        "פתוח אך לא נדרש כאן:", "במחלוקת", "הובטח תשלום", "בתוכנית תשלומים", "מועד התשלום הוארך", "המסירה בבדיקה", "אחר",
        "מסמכים: {count}", "ועוד {count} מסמכים, כלולים בסך הכול",
    ),
}  # fmt: skip

WORDS: Mapping[str, Mapping[str, str]] = {
    language: dict(zip(_KEYS, row, strict=True)) for language, row in _ROWS.items()
}


def words(language: str) -> Mapping[str, str]:
    """The words of the table for a language tag: those of its language, else English."""
    return WORDS.get(re.split(r"[-_]", language)[0].lower(), WORDS["en"])
