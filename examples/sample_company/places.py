"""Where the sample customers are: cities with zone, language, currency, and telephone numbers kept free for fiction."""

from __future__ import annotations

from random import Random
from typing import NamedTuple


class Place(NamedTuple):
    """A city. `phone` has a # for each free digit; where a country reserves no range the subscriber part starts with
    zeros, which no exchange assigns. `postcode` has # for a digit and @ for a letter."""

    country: str
    region: str
    city: str
    zone: str
    language: str
    currency: str
    entity: str
    phone: str
    postcode: str
    weight: int


def _us(region: str, city: str, zone: str, area: str, postcode: str, weight: int) -> Place:
    return Place("US", region, city, zone, "en", "USD", "US", f"+1 {area} 555 01##", postcode, weight)


def _gb(city: str, phone: str, postcode: str, weight: int) -> Place:
    return Place("GB", "", city, "Europe/London", "en", "GBP", "UK", phone, postcode, weight)


def _eu(country: str, city: str, zone: str, language: str, phone: str, postcode: str, weight: int) -> Place:
    return Place(country, "", city, zone, language, "EUR", "UK", phone, postcode, weight)


def _far(country: str, city: str, zone: str, language: str, phone: str, postcode: str, weight: int) -> Place:
    return Place(country, "", city, zone, language, "USD", "US", phone, postcode, weight)


PLACES = (
    _us("NY", "New York", "America/New_York", "212", "100##", 95),
    _us("MA", "Boston", "America/New_York", "617", "021##", 45),
    _us("GA", "Atlanta", "America/New_York", "404", "303##", 45),
    _us("FL", "Miami", "America/New_York", "305", "331##", 35),
    _us("OH", "Columbus", "America/New_York", "614", "432##", 30),
    _us("IL", "Chicago", "America/Chicago", "312", "606##", 75),
    _us("TX", "Dallas", "America/Chicago", "214", "752##", 60),
    _us("TX", "Houston", "America/Chicago", "713", "770##", 40),
    _us("MN", "Minneapolis", "America/Chicago", "612", "554##", 30),
    _us("CO", "Denver", "America/Denver", "303", "802##", 30),
    _us("AZ", "Phoenix", "America/Phoenix", "602", "850##", 25),
    _us("CA", "Los Angeles", "America/Los_Angeles", "213", "900##", 70),
    _us("CA", "San Diego", "America/Los_Angeles", "619", "921##", 30),
    _us("WA", "Seattle", "America/Los_Angeles", "206", "981##", 35),
    _us("HI", "Honolulu", "Pacific/Honolulu", "808", "968##", 6),
    Place("CA", "ON", "Toronto", "America/Toronto", "en", "USD", "US", "+1 416 555 01##", "M5@ #@#", 35),
    Place("CA", "BC", "Vancouver", "America/Vancouver", "en", "USD", "US", "+1 604 555 01##", "V6@ #@#", 20),
    Place("CA", "QC", "Montréal", "America/Toronto", "fr", "USD", "US", "+1 514 555 01##", "H3@ #@#", 18),
    Place("CA", "NL", "St. John's", "America/St_Johns", "en", "USD", "US", "+1 709 555 01##", "A1@ #@#", 5),
    _gb("London", "+44 20 7946 0###", "EC#@ #@@", 76),
    _gb("Manchester", "+44 161 496 0###", "M# #@@", 45),
    _gb("Birmingham", "+44 121 496 0###", "B# #@@", 35),
    _gb("Leeds", "+44 113 496 0###", "LS# #@@", 30),
    _gb("Edinburgh", "+44 131 496 0###", "EH# #@@", 25),
    _gb("Cardiff", "+44 29 2018 0###", "CF## #@@", 12),
    _gb("Belfast", "+44 28 9649 6###", "BT# #@@", 12),
    _eu("IE", "Dublin", "Europe/Dublin", "en", "+353 20 91# ####", "D0# @###", 25),
    _eu("DE", "Berlin", "Europe/Berlin", "de", "+49 30 23125 ###", "101##", 38),
    _eu("DE", "Hamburg", "Europe/Berlin", "de", "+49 40 66969 ###", "200##", 38),
    _eu("DE", "München", "Europe/Berlin", "de", "+49 89 99998 ###", "803##", 32),
    _eu("DE", "Köln", "Europe/Berlin", "de", "+49 221 4710 ###", "506##", 32),
    _eu("AT", "Wien", "Europe/Vienna", "de", "+43 1 000 0###", "10#0", 10),
    _eu("CH", "Zürich", "Europe/Zurich", "de", "+41 44 000 0###", "80##", 10),
    _eu("FR", "Paris", "Europe/Paris", "fr", "+33 1 99 00 ## ##", "750##", 52),
    _eu("FR", "Lyon", "Europe/Paris", "fr", "+33 4 65 71 ## ##", "690##", 36),
    _eu("FR", "Lille", "Europe/Paris", "fr", "+33 3 53 01 ## ##", "590##", 24),
    _eu("BE", "Liège", "Europe/Brussels", "fr", "+32 4 000 00 ##", "40##", 10),
    _eu("ES", "Madrid", "Europe/Madrid", "es", "+34 91 000 0###", "280##", 34),
    _eu("ES", "Santa Cruz de Tenerife", "Atlantic/Canary", "es", "+34 92 000 0###", "380##", 4),
    _eu("IT", "Milano", "Europe/Rome", "it", "+39 02 0000 0###", "201##", 34),
    _eu("NL", "Rotterdam", "Europe/Amsterdam", "nl", "+31 10 000 0###", "30## @@", 32),
    _eu("SE", "Stockholm", "Europe/Stockholm", "sv", "+46 8 465 004 ##", "11# ##", 22),
    _eu("DK", "København", "Europe/Copenhagen", "da", "+45 00 00 0# ##", "21##", 10),
    _eu("PL", "Kraków", "Europe/Warsaw", "pl", "+48 12 000 0# ##", "30-###", 22),
    _eu("GR", "Θεσσαλονίκη", "Europe/Athens", "el", "+30 231 000 0###", "546 ##", 6),
    _eu("PT", "Porto", "Europe/Lisbon", "pt", "+351 22 000 0###", "40##-###", 8),
    _far("AU", "Sydney", "Australia/Sydney", "en", "+61 2 5550 ####", "20##", 14),
    _far("IN", "Pune", "Asia/Kolkata", "en", "+91 20 0000 0###", "4110##", 10),
    _far("JP", "大阪", "Asia/Tokyo", "ja", "+81 6 0000 0###", "530-####", 8),
    _far("PH", "Cebu", "Asia/Manila", "en", "+63 32 000 0###", "60##", 6),
    _far("BR", "São Paulo", "America/Sao_Paulo", "pt", "+55 11 0000 0###", "01###-###", 8),
    _far("MX", "Monterrey", "America/Monterrey", "es", "+52 81 0000 0###", "64###", 10),
)

# Countries whose customers get a contact calendar of their own.
COUNTRIES = tuple(dict.fromkeys(place.country for place in PLACES))

_STREETS = {
    "en": ("{n} Tannery Lane", "{n} Quayside Road", "{n} Old Mill Street", "{n} Founders Avenue", "{n} Kestrel Way"),
    "de": ("Gerberstraße {n}", "Am Alten Speicher {n}", "Mühlenweg {n}", "Lindenhof {n}"),
    "fr": ("{n}, rue de la Tannerie", "{n} bis, quai des Brumes", "{n}, allée des Peupliers", "{n}, impasse de l'Écluse"),
    "es": ("Calle del Molino {n}", "Avenida de la Peña {n}", "Plaza del Olivar {n}"),
    "it": ("Via dei Fornaciai {n}", "Corso della Filanda {n}", "Viale dei Tigli {n}"),
    "nl": ("Scheepmakerskade {n}", "Lange Weide {n}", "Korenmolenlaan {n}"),
    "sv": ("Garvaregatan {n}", "Norra Kvarnvägen {n}"),
    "da": ("Møllegade {n}", "Søndre Kajvej {n}"),
    "pl": ("ul. Młyńska {n}", "ul. Garbarska {n}"),
    "el": ("Οδός Ελαιώνα {n}", "Λεωφόρος Λιμένος {n}"),
    "pt": ("Rua do Moinho {n}", "Travessa da Ribeira {n}"),
    "ja": ("青葉町 {n}-4", "川端通 {n}-12"),
}  # fmt: skip


def pick_place(random: Random) -> Place:
    """A place, the larger markets more often."""
    return random.choices(PLACES, _WEIGHTS)[0]


_WEIGHTS = [place.weight for place in PLACES]


def phone_at(place: Place, random: Random) -> str:
    """A number of the place that belongs to nobody."""
    return "".join(str(random.randrange(10)) if mark == "#" else mark for mark in place.phone)


def postcode_at(place: Place, random: Random) -> str:
    return "".join(
        str(random.randrange(10))
        if mark == "#"
        else random.choice("ABDEFGHJLNPQRSTUWXYZ")
        if mark == "@"
        else mark
        for mark in place.postcode
    )


def street_at(place: Place, random: Random) -> str:
    return random.choice(_STREETS[place.language]).format(n=random.randrange(1, 240))
