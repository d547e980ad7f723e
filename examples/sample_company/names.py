"""Invented names: companies in a dozen languages, people, e-mail addresses. None is meant to be a real one."""

from __future__ import annotations

import re
from random import Random

from anyascii import anyascii


def _words(text: str, between: str = " ") -> tuple[str, ...]:
    return tuple(text.split(between))


_STEMS = {
    "en": _words(
        "Brackenholt Ostermeade Calderwick Thornabbey Wexmarsh Harrowgill Pinehallow Stonebeck Quillfen Larkspire Dunmarrow "
        "Fallowmere Greymantle Ashcombe-Vane Coldwater Ember-Lyle Foxglade Hollinsett Ironwhistle Juniper-Hythe Kittiwade "
        "Lowmoor Millrace Northquay Oxbowden Peregrine-Hale Redshank Saltmarsh Tidemark Underhallow Vellacombe Whinfell "
        "Yarrowdale Zephyrine Blackthistle Copperfen Drystone Eastwharf Fernlow Gannetry Highwater Inglemoss Jackdaw-Row "
        "Kelpstrand Limewash Marrowgate Nettlefold-Rye Osprey-Lane Plovermead Quarrybank Rooksnest Sandhopper Turnstone-Lea "
        "Umberfield Violetwick Wintersedge Crosswater Hawksmere Tamarind-Bay Cedarlock Prairiewind Bluemesa Lonepine "
        "Riverbluff Timberhitch Cactuswren Silverspur Granite-Fork Maplehurst Wildrye"
    ),
    "de": _words(
        "Grünholz Wiesenbrück Überfeld Mühlstädt Kranichsee Föhrenthal Großbächle Rabenwörth Steinlohe Ährenfurt Löwenbruck "
        "Süderhain Tannröda Weißenklee Ziegelhorst Kühlbronn Eschenau-Lay Fährdorf"
    ),
    "fr": _words(
        "Valcreux Montbrisé Clairefontaine-Vive Bellécluse Sauvignac-Rey Pierrelongue Hautbois-Doré Rochemaure-Lys Étangville "
        "Chanteloire Brumeval Forêt-Neuve Aubépine Côtebrune Grandpré-Noël"
    ),
    "es": _words("Peñalverde Ríoclaro Montañuela Almendral-Cid Vegaluz Castañares Olivarejo Cañadahonda Sotoviña Piedrafría"),
    "it": _words("Roccalba Pontevecchiola Fontanarossa-Lia Valdipino Collefiorito Torrechiusa Monteverdino Acquabella-Nò"),
    "nl": _words("Waterlandse Korenhoeve Zilvermeeuw IJsvogel Rietveen Scholekster Molenwiek Bosrandt"),
    "sv": _words("Björkvik Älvsund Sjöhagen Norrtrast Åkerfors Skogsmyr"),
    "da": _words("Søndervang Ærøkilde Birkemose Østerhede Gråspurv"),
    "pl": _words("Wierzbowo Źródlisko Łąkowiec Jaskółka Brzozówka Żurawno"),
    "el": _words("Ελαιώνας Θαλασσινό Πεύκο Αμπελάκι"),
    "pt": _words("Ribeirão Olivença-Nova Pedralva Carvalhais Açude"),
    "ja": _words("青葉 川辺 白鷺 松風 朝霧"),
}  # fmt: skip
_TRADES = {
    "en": _words(
        "Logistics|Cold Storage|Dental Supply|Clinics|Robotics|Packaging|Foods|Roofing|Printing|Timber|Marine|Analytics|"
        "School District|Freight|Textiles|Engineering|Brewing|Property Services|Hospitality|Medical Imaging|Water|Solar|"
        "Insurance Brokers|Broadcasting|Paper|Glassworks|Veterinary Group|Car Hire|Staffing|Security|Nurseries|Publishing",
        "|",
    ),
    "de": _words("Fördertechnik|Maschinenbau|Druckerei|Kältetechnik|Verlag|Möbelwerke|Großhandel|Klinikbedarf|Softwarehaus", "|"),
    "fr": _words("Menuiserie|Transports|Électronique|Distribution|Travaux Publics|Hôtellerie|Imprimerie|Santé", "|"),
    "es": _words("Construcciones|Alimentación|Logística|Cerámicas|Clínicas|Gráficas", "|"),
    "it": _words("Ceramiche|Trasporti|Officine|Alimentari|Arredamenti|Impianti", "|"),
    "nl": _words("Scheepvaart|Bloemenhandel|Bouwmaterialen|Zuivel|Verpakkingen", "|"),
    "sv": _words("Trä|Elektronik|Livsmedel|Verkstad", "|"),
    "da": _words("Mejeri|Møbler|Energi|Transport", "|"),
    "pl": _words("Zakłady Mięsne|Meble|Hurtownia|Budownictwo", "|"),
    "el": _words("Ναυτιλιακή|Τρόφιμα|Εκτυπώσεις", "|"),
    "pt": _words("Cortiças|Transportes|Alimentos|Engenharia", "|"),
    "ja": _words("精密|食品|物流|印刷", "|"),
}  # fmt: skip
_FORMS = {
    "US": ("Inc.", "LLC", "Corp.", "Co.", ""), "CA": ("Inc.", "Ltd.", "ULC"), "GB": ("Ltd", "Limited", "LLP", "plc", ""),
    "IE": ("Ltd", "DAC"), "DE": ("GmbH", "GmbH & Co. KG", "AG", "e.K."), "AT": ("GmbH",), "CH": ("AG", "GmbH"),
    "FR": ("SARL", "SAS", "S.A."), "BE": ("SRL",), "ES": ("S.L.", "S.A."), "IT": ("S.r.l.", "S.p.A."), "NL": ("B.V.",),
    "SE": ("AB",), "DK": ("A/S", "ApS"), "PL": ("Sp. z o.o.",), "GR": ("Α.Ε.", "Ε.Π.Ε."), "PT": ("Lda.",), "AU": ("Pty Ltd",),
    "IN": ("Pvt. Ltd.",), "JP": ("株式会社",), "PH": ("Corp.",), "BR": ("Ltda.",), "MX": ("S.A. de C.V.",),
}  # fmt: skip
_PAIRS = (
    "O'Brannagh & Sons",
    "D'Arcy-Quill Partners",
    "Smythe-O'Dell & Daughters",
    "M'Bala Traders",
    "St. Osyth's Trust",
)

# Names that stretch a screen: long ones, one letter, digits first, a quotation mark, a blank that is not a space.
STRANGE_NAMES = (
    ("DE", "Gesellschaft für angewandte Wärmerückgewinnung, Abluftreinigungstechnik und Schornsteinfegerbedarf Mühlstädt-Kranichsee mbH & Co. Kommanditgesellschaft auf Aktien"),
    ("US", "The Greater Lonepine Valley Consolidated Irrigation, Drainage, Road Maintenance and Volunteer Fire Protection District No. 14"),
    ("FR", "Société Coopérative d'Intérêt Collectif des Maraîchers, Apiculteurs et Ostréiculteurs Réunis de Forêt-Neuve-sur-l'Étang"),
    ("GB", "Q"),
    ("US", "3rd & 42 Holdings"),
    ("US", "\"Big Tin\" Kitchens"),
    ("GB", "The Worshipful Fellowship of Bell-Hangers, Tide-Keepers & Lamplighters' Benevolent Trading Society (Eastwharf) Limited"),
    ("JP", "株式会社 青葉川辺精密機械製作所 大阪第二工場"),
    ("GR", "Ναυτιλιακή Εταιρεία «Το Κύμα» Ο.Ε."),
    ("ES", "Ñandú & Ñu, S.L."),
    ("US", "Ember–Lyle\u00a0Foods"),
    ("PL", "Przedsiębiorstwo Wielobranżowe „Źródlisko” Sp. z o.o."),
)  # fmt: skip

_FIRST = {
    "en": _words("Abigail Brandon Chidi Dana Edwin Farah Gareth Harriet Imran Joelle Kwame Laurel Malik Nadine Owen Priya Quentin Rosa Samir Tess Ulla Vivian Wendell Yusuf Zoe"),
    "de": _words("Annegret Björn Carola Dieter Elke Frauke Günther Heike Jürgen Käthe Lutz Sören Ute"),
    "fr": _words("Amélie Benoît Cécile Didier Élodie François Gaëlle Hervé Inès Joël Noémie Zoé"),
    "es": _words("Álvaro Begoña Concha Íñigo Lucía Nuria Óscar Sofía"),
    "it": _words("Alessio Bianca Donatella Fabrizio Ilaria Niccolò"),
    "nl": _words("Anouk Bram Femke Joost Saskia Tijmen"),
    "sv": _words("Åsa Göran Ingrid Örjan"),
    "da": _words("Bjørn Kirsten Søren Mette"),
    "pl": _words("Grażyna Łukasz Małgorzata Paweł"),
    "el": _words("Ελένη Γιώργος Κατερίνα"),
    "pt": _words("João Conceição Luís Inês"),
    "ja": _words("健太 美咲 陽子"),
}  # fmt: skip
_LAST = {
    "en": _words("Abernethy Boakye Castellane Dunmore Eastlake Fairweather Grimshaw Hollis-Tate Iyer Jessop Kavanagh Lindqvist MacAuliffe Nakamura-Bell O'Rourke Pemberton Quarles Ravensdale Sorley Tolliver Underdown Vance Whitlock Yeo"),
    "de": _words("Bäumler Dörfler Fürstenau Grießbach Hölzl Krämer-Voß Möllenkamp Rübsam Weißhaupt"),
    "fr": _words("Beauséjour d'Aubigny Delacroix-Roy Lefrançois Maréchal N'Guessan Poirier Tréguier"),
    "es": _words("Argüello Ibáñez Muñiz Núñez-Prado Sepúlveda"),
    "it": _words("Bonaccorsi D'Angeli Ferrabosco Quintavalle"),
    "nl": _words("van der Broeck|'t Hooft|Kuijpers|de Wit-Bos", "|"),
    "sv": _words("Ängström Lindgård Öberg"),
    "da": _words("Kjærgaard Nørregaard Østby"),
    "pl": _words("Dąbek Śliwiński Żuk"),
    "el": _words("Αναγνώστου Παππάς Ρήγας"),
    "pt": _words("Araújo Gonçalves Simões"),
    "ja": _words("佐久間 小野寺 早川"),
}  # fmt: skip


def company_name(random: Random, country: str, language: str, taken: set[str]) -> str:
    """A name nobody else in the book has; a branch carries its number."""
    for attempt in range(20):
        stem, trade = random.choice(_STEMS[language]), random.choice(_TRADES[language])
        form = random.choice(_FORMS[country])
        if country in ("US", "GB") and random.random() < 0.02:
            name = f"{random.choice(_PAIRS)} {trade}"
        elif language == "ja":
            name = f"{form} {stem}{trade}"
        elif language == "fr" and random.random() < 0.3:
            name = f"L'Atelier {stem} {form}"
        else:
            name = f"{stem.replace('-', ' ', attempt % 2)} {trade} {form}".strip()
        if name not in taken:
            taken.add(name)
            return name
    name = f"{name} ({len(taken)})"
    taken.add(name)
    return name


def person_name(random: Random, language: str) -> str:
    """A person of that language; now and then one with roots elsewhere."""
    own = language if random.random() < 0.9 else "en"
    first, last = random.choice(_FIRST[own]), random.choice(_LAST[own])
    return f"{last} {first}" if own == "ja" else f"{first} {last}"


def domain_of(company: str, number: str) -> str:
    """A domain under .example, which no registry sells."""
    words = re.findall(r"[a-z0-9]+", anyascii(company).lower().replace("'", ""))
    label = "-".join(words[:2])[:40].strip("-")
    return f"{label or 'kunde'}-{number[-3:]}.example" if len(label) < 6 else f"{label}.example"


def mailbox(name: str, domain: str) -> str:
    return ".".join(re.findall(r"[a-z0-9]+", anyascii(name).lower().replace("'", ""))[:3]) + "@" + domain
