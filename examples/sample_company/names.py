"""Invented names: companies in a dozen languages, people, e-mail addresses. None is meant to be a real one."""

from __future__ import annotations

import re
from random import Random

from anyascii import anyascii

_STEMS = {
    "en": (
        "Brackenholt Ostermeade Calderwick Thornabbey Wexmarsh Harrowgill Pinehallow Stonebeck Quillfen Larkspire Dunmarrow "
        "Fallowmere Greymantle Ashcombe-Vane Coldwater Ember-Lyle Foxglade Hollinsett Ironwhistle Juniper-Hythe Kittiwade "
        "Lowmoor Millrace Northquay Oxbowden Peregrine-Hale Redshank Saltmarsh Tidemark Underhallow Vellacombe Whinfell "
        "Yarrowdale Zephyrine Blackthistle Copperfen Drystone Eastwharf Fernlow Gannetry Highwater Inglemoss Jackdaw-Row "
        "Kelpstrand Limewash Marrowgate Nettlefold-Rye Osprey-Lane Plovermead Quarrybank Rooksnest Sandhopper Turnstone-Lea "
        "Umberfield Violetwick Wintersedge Crosswater Hawksmere Tamarind-Bay Cedarlock Prairiewind Bluemesa Lonepine "
        "Riverbluff Timberhitch Cactuswren Silverspur Granite-Fork Maplehurst Wildrye"
    ).split(),
    "de": (
        "Grünholz Wiesenbrück Überfeld Mühlstädt Kranichsee Föhrenthal Großbächle Rabenwörth Steinlohe Ährenfurt Löwenbruck "
        "Süderhain Tannröda Weißenklee Ziegelhorst Kühlbronn Eschenau-Lay Fährdorf"
    ).split(),
    "fr": (
        "Valcreux Montbrisé Clairefontaine-Vive Bellécluse Sauvignac-Rey Pierrelongue Hautbois-Doré Rochemaure-Lys Étangville "
        "Chanteloire Brumeval Forêt-Neuve Aubépine Côtebrune Grandpré-Noël"
    ).split(),
    "es": "Peñalverde Ríoclaro Montañuela Almendral-Cid Vegaluz Castañares Olivarejo Cañadahonda Sotoviña Piedrafría".split(),
    "it": "Roccalba Pontevecchiola Fontanarossa-Lia Valdipino Collefiorito Torrechiusa Monteverdino Acquabella-Nò".split(),
    "nl": "Waterlandse Korenhoeve Zilvermeeuw IJsvogel Rietveen Scholekster Molenwiek Bosrandt".split(),
    "sv": "Björkvik Älvsund Sjöhagen Norrtrast Åkerfors Skogsmyr".split(),
    "da": "Søndervang Ærøkilde Birkemose Østerhede Gråspurv".split(),
    "pl": "Wierzbowo Źródlisko Łąkowiec Jaskółka Brzozówka Żurawno".split(),
    "el": "Ελαιώνας Θαλασσινό Πεύκο Αμπελάκι".split(),
    "pt": "Ribeirão Olivença-Nova Pedralva Carvalhais Açude".split(),
    "ja": "青葉 川辺 白鷺 松風 朝霧".split(),
}  # fmt: skip
_TRADES = {
    "en": (
        "Logistics|Cold Storage|Dental Supply|Clinics|Robotics|Packaging|Foods|Roofing|Printing|Timber|Marine|Analytics|"
        "School District|Freight|Textiles|Engineering|Brewing|Property Services|Hospitality|Medical Imaging|Water|Solar|"
        "Insurance Brokers|Broadcasting|Paper|Glassworks|Veterinary Group|Car Hire|Staffing|Security|Nurseries|Publishing"
    ).split("|"),
    "de": "Fördertechnik|Maschinenbau|Druckerei|Kältetechnik|Verlag|Möbelwerke|Großhandel|Klinikbedarf|Softwarehaus".split("|"),
    "fr": "Menuiserie|Transports|Électronique|Distribution|Travaux Publics|Hôtellerie|Imprimerie|Santé".split("|"),
    "es": "Construcciones|Alimentación|Logística|Cerámicas|Clínicas|Gráficas".split("|"),
    "it": "Ceramiche|Trasporti|Officine|Alimentari|Arredamenti|Impianti".split("|"),
    "nl": "Scheepvaart|Bloemenhandel|Bouwmaterialen|Zuivel|Verpakkingen".split("|"),
    "sv": "Trä|Elektronik|Livsmedel|Verkstad".split("|"),
    "da": "Mejeri|Møbler|Energi|Transport".split("|"),
    "pl": "Zakłady Mięsne|Meble|Hurtownia|Budownictwo".split("|"),
    "el": "Ναυτιλιακή|Τρόφιμα|Εκτυπώσεις".split("|"),
    "pt": "Cortiças|Transportes|Alimentos|Engenharia".split("|"),
    "ja": "精密|食品|物流|印刷".split("|"),
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
    "en": "Abigail Brandon Chidi Dana Edwin Farah Gareth Harriet Imran Joelle Kwame Laurel Malik Nadine Owen Priya Quentin Rosa Samir Tess Ulla Vivian Wendell Yusuf Zoe".split(),
    "de": "Annegret Björn Carola Dieter Elke Frauke Günther Heike Jürgen Käthe Lutz Sören Ute".split(),
    "fr": "Amélie Benoît Cécile Didier Élodie François Gaëlle Hervé Inès Joël Noémie Zoé".split(),
    "es": "Álvaro Begoña Concha Íñigo Lucía Nuria Óscar Sofía".split(),
    "it": "Alessio Bianca Donatella Fabrizio Ilaria Niccolò".split(),
    "nl": "Anouk Bram Femke Joost Saskia Tijmen".split(),
    "sv": "Åsa Göran Ingrid Örjan".split(),
    "da": "Bjørn Kirsten Søren Mette".split(),
    "pl": "Grażyna Łukasz Małgorzata Paweł".split(),
    "el": "Ελένη Γιώργος Κατερίνα".split(),
    "pt": "João Conceição Luís Inês".split(),
    "ja": "健太 美咲 陽子".split(),
}  # fmt: skip
_LAST = {
    "en": "Abernethy Boakye Castellane Dunmore Eastlake Fairweather Grimshaw Hollis-Tate Iyer Jessop Kavanagh Lindqvist MacAuliffe Nakamura-Bell O'Rourke Pemberton Quarles Ravensdale Sorley Tolliver Underdown Vance Whitlock Yeo".split(),
    "de": "Bäumler Dörfler Fürstenau Grießbach Hölzl Krämer-Voß Möllenkamp Rübsam Weißhaupt".split(),
    "fr": "Beauséjour d'Aubigny Delacroix-Roy Lefrançois Maréchal N'Guessan Poirier Tréguier".split(),
    "es": "Argüello Ibáñez Muñiz Núñez-Prado Sepúlveda".split(),
    "it": "Bonaccorsi D'Angeli Ferrabosco Quintavalle".split(),
    "nl": "van der Broeck 't Hooft Kuijpers de Wit-Bos".split(),
    "sv": "Ängström Lindgård Öberg".split(),
    "da": "Kjærgaard Nørregaard Østby".split(),
    "pl": "Dąbek Śliwiński Żuk".split(),
    "el": "Αναγνώστου Παππάς Ρήγας".split(),
    "pt": "Araújo Gonçalves Simões".split(),
    "ja": "佐久間 小野寺 早川".split(),
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
