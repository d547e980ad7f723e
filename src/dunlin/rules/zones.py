"""The time zone of a place when nobody stated one: from the country, or the state or province, else the ledger's, assumed.

A plain table. Where a country or state has several zones, the one most people live in is taken and marked as assumed;
countries as wide as Brazil or Australia are not guessed at. See docs/rules/conduct.md (section 5, B3).
"""

from __future__ import annotations

from typing import NamedTuple


class Zone(NamedTuple):
    """An IANA zone, and whether it is only assumed: neither stated nor the one zone of the place."""

    name: str
    assumed: bool


# Area -> country:city. Countries with one zone, and those whose zones show the same time nearly everywhere.
_COUNTRIES = {
    "Africa": """
        AO:Luanda BF:Ouagadougou BI:Bujumbura BJ:Porto-Novo BW:Gaborone CF:Bangui CG:Brazzaville CI:Abidjan CM:Douala
        DJ:Djibouti DZ:Algiers EG:Cairo ER:Asmara ET:Addis_Ababa GA:Libreville GH:Accra GM:Banjul GN:Conakry GQ:Malabo
        GW:Bissau KE:Nairobi LR:Monrovia LS:Maseru LY:Tripoli MA:Casablanca ML:Bamako MR:Nouakchott MW:Blantyre MZ:Maputo
        NA:Windhoek NE:Niamey NG:Lagos RW:Kigali SD:Khartoum SL:Freetown SN:Dakar SO:Mogadishu SS:Juba ST:Sao_Tome
        SZ:Mbabane TD:Ndjamena TG:Lome TN:Tunis TZ:Dar_es_Salaam UG:Kampala ZA:Johannesburg ZM:Lusaka ZW:Harare
    """,
    "America": """
        AG:Antigua AI:Anguilla AR:Argentina/Buenos_Aires AW:Aruba BB:Barbados BO:La_Paz BS:Nassau BZ:Belize CL:Santiago
        CO:Bogota CR:Costa_Rica CU:Havana CW:Curacao DM:Dominica DO:Santo_Domingo EC:Guayaquil GD:Grenada GF:Cayenne
        GP:Guadeloupe GT:Guatemala GY:Guyana HN:Tegucigalpa HT:Port-au-Prince JM:Jamaica KN:St_Kitts KY:Cayman LC:St_Lucia
        MQ:Martinique NI:Managua PA:Panama PE:Lima PR:Puerto_Rico PY:Asuncion SR:Paramaribo SV:El_Salvador
        SX:Lower_Princes TC:Grand_Turk TT:Port_of_Spain UY:Montevideo VC:St_Vincent VE:Caracas VG:Tortola VI:St_Thomas
    """,
    "Asia": """
        AE:Dubai AF:Kabul AM:Yerevan AZ:Baku BD:Dhaka BH:Bahrain BN:Brunei BT:Thimphu CN:Shanghai CY:Nicosia GE:Tbilisi
        HK:Hong_Kong IL:Jerusalem IN:Kolkata IQ:Baghdad IR:Tehran JO:Amman JP:Tokyo KG:Bishkek KH:Phnom_Penh KP:Pyongyang
        KR:Seoul KW:Kuwait LA:Vientiane LB:Beirut LK:Colombo MM:Yangon MO:Macau MY:Kuala_Lumpur NP:Kathmandu OM:Muscat
        PH:Manila PK:Karachi QA:Qatar SA:Riyadh SG:Singapore SY:Damascus TH:Bangkok TJ:Dushanbe TL:Dili TM:Ashgabat
        TW:Taipei UZ:Tashkent VN:Ho_Chi_Minh YE:Aden
    """,
    "Atlantic": "BM:Bermuda CV:Cape_Verde FK:Stanley FO:Faroe IS:Reykjavik SH:St_Helena",
    "Europe": """
        AD:Andorra AL:Tirane AT:Vienna BA:Sarajevo BE:Brussels BG:Sofia BY:Minsk CH:Zurich CZ:Prague DE:Berlin
        DK:Copenhagen EE:Tallinn ES:Madrid FI:Helsinki FR:Paris GB:London GG:Guernsey GI:Gibraltar GR:Athens HR:Zagreb
        HU:Budapest IE:Dublin IM:Isle_of_Man IT:Rome JE:Jersey LI:Vaduz LT:Vilnius LU:Luxembourg LV:Riga MC:Monaco
        MD:Chisinau ME:Podgorica MK:Skopje MT:Malta NL:Amsterdam NO:Oslo PL:Warsaw PT:Lisbon RO:Bucharest RS:Belgrade
        SE:Stockholm SI:Ljubljana SK:Bratislava SM:San_Marino TR:Istanbul UA:Kyiv VA:Vatican
    """,
    "Indian": "KM:Comoro MG:Antananarivo MU:Mauritius MV:Maldives RE:Reunion SC:Mahe YT:Mayotte",
    "Pacific": """
        AS:Pago_Pago CK:Rarotonga FJ:Fiji GU:Guam MP:Saipan NC:Noumea NU:Niue NZ:Auckland PW:Palau SB:Guadalcanal
        TO:Tongatapu TV:Funafuti VU:Efate WF:Wallis WS:Apia
    """,
}  # fmt: skip

# Zone -> states and provinces.
_REGIONS = {
    "US": {
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
    },
    "CA": {
        "America/St_Johns": "NL",
        "America/Halifax": "NB NS PE",
        "America/Toronto": "ON QC",
        "America/Winnipeg": "MB",
        "America/Regina": "SK",
        "America/Edmonton": "AB NT",
        "America/Whitehorse": "YT",
        "America/Vancouver": "BC",
    },
}

# Places with a second zone that shows another time: islands of a country, the far end of a state.
_SPLIT = frozenset(
    "CL EC ES NZ PT US-AK US-AZ US-FL US-ID US-IN US-KS US-KY US-MI US-ND US-NE US-NV US-OR US-SD US-TN US-TX "
    "CA-BC CA-NL CA-NT CA-ON CA-QC CA-SK".split()
)

_ZONES = {
    place.partition(":")[0]: f"{area}/{place.partition(':')[2]}"
    for area, places in _COUNTRIES.items()
    for place in places.split()
} | {
    f"{country}-{region}": zone
    for country, zones in _REGIONS.items()
    for zone, regions in zones.items()
    for region in regions.split()
}


def zone_at(stated: str, country: str, region: str, ledger: str) -> Zone:
    """The zone to read a clock in: the one stated, else that of the place, else the ledger's, which is then only assumed."""
    if stated:
        return Zone(stated, False)
    if country in _REGIONS:
        place = f"{country}-{region.upper().removeprefix(country + '-')}"
    else:
        place = country
    return Zone(_ZONES[place], place in _SPLIT) if place in _ZONES else Zone(ledger, True)
