"""What the words of a venue's name and operator say: kind of operator, type of venue, audience.

All rules are general (legal forms, official words, usual names of such places); none names a
single house. Each finding comes with its reason, so that a reader can check and correct it.
"""

from __future__ import annotations

import re

KINDS: dict[str, str] = {
    "public": "öffentlich",
    "church_or_charity": "Kirche oder Wohlfahrtsverband",
    "association": "gemeinnützig",
    "private": "privat",
    "unknown": "unbekannt",
}
"""Kinds of operator and their German names."""

_CHURCH = (
    r"\bev\.|evang|\bkath\b|\bkath\.|katholisch|kirche(?!nst)|\bpfarr|kirchengemeinde|gemeindehaus"
    r"|diakon|caritas|malteser|johanniter|stadtmission|heilsarmee|\bcvjm\b|\bcjd\b|in via"
    r"|\bdrk\b|rotes kreuz|roten kreuz|rotkreuz|\bawo\b|arbeiterwohlfahrt|paritätisch"
    r"|arbeiter-samariter|\basb\b|volkssolidarität|jüdische|humanistischer verband|\bhvd\b"
    r"|unionhilfswerk|\bstift\b|bethania"
)
_PUBLIC = (
    r"bezirksa?mt|berzirksamt|jugendamt|\bba\b|senatsverwaltung|^land berlin|\bstadt berlin"
    r"|volkshochschule|\bvhs\b|bürgeramt|buergeramt|kommunal|eigenbetrieb|anstalt öffentlichen"
    r"|\baör\b|des öffentlichen rechts|jobcenter|agentur für arbeit|arbeitsagentur"
    r"|jugendberufsagentur|rathaus"
)
_LEGAL_FORM = (
    r"\b(?:g\.\s?)?e\.?\s?v\b\.?|gemeinnützige gmbh|[a-zß]?ggmbh\b|\bgug\b|stiftung|\bkdör\b"
    r"|k\.d\.ö\.r\.?"
)
_NON_PROFIT = r"\bverein\b|landesverband|\blv\b|verbund|initiative|gemeinnützig"
_PRIVATE = r"\bgmbh\b|\bug\b|\bag\b|\bkg\b|\bohg\b|\be\.\s?k\b\.?|\bltd\b|\binc\b"

STATED: dict[str, str] = {german: kind for kind, german in KINDS.items()} | {
    "kirchlich": "church_or_charity"
}
"""Words of a list kept by hand: what the analyst states goes before everything else."""

_HINTS: tuple[tuple[str, str], ...] = (
    (r"öffentlich\w* träger|^öffentlich$|^public$|^government$", "public"),
    (r"kirchlich|^church$|^religious$", "church_or_charity"),
    (r"freier träger|gemeinnützig|verein|^association$|^community$|^ngo$", "association"),
    (r"privat|gewerblich|^private$|^business$", "private"),
)

# A municipal library in Berlin is named after a person (Vorname-Nachname-Bibliothek) or by its
# district; scientific, school and club libraries are not.
_LIBRARY_PUBLIC = (
    r"stadtteilbibliothek|stadtbibliothek|bezirkszentralbibliothek|mittelpunktbibliothek"
    r"|ortsteilbibliothek|gemeindebibliothek|öffentliche bibliothek|stadtbücherei"
    r"|^[A-ZÄÖÜ][a-zäöüß]+(?:-[A-ZÄÖÜa-zäöüß.]+){1,3}[- ]?"
    r"(?:Kinder|Erwachsenen)?(?:[Bb]ibliothek|[Bb]ücherei)$"
    r"|^[A-ZÄÖÜ][a-zäöüß]+ von [A-ZÄÖÜ][a-zäöüß]+ Bibliothek$"
)
_PROGRAMME = r"\bbenn\b|quartiersmanagement|stadtteilkoordination|raum für beteiligung"

TYPES: tuple[tuple[str, str], ...] = (
    (
        "Jobcenter oder Agentur",
        r"jobcenter|agentur für arbeit|arbeitsagentur|jugendberufsagentur"
        r"|bundesagentur",
    ),
    ("Haus mit Einlasskontrolle", r"jüdisch|synagoge|botschaft\b|konsulat"),
    ("Betreuter Spielplatz", r"spielplatz|spielhaus|bauernhof|farm\b|spielwagen|\basp\b"),
    (
        "Schulbibliothek",
        r"(?:schul|gymnasium|gymnasiums)\b.*bibl|bibl.*(?:schule\b|gymnasium)"
        r"|schulbib",
    ),
    (
        "Fachbibliothek",
        r"fachbibl|bereichsbibl|zweigbibl|\bteilbibl|patientenbibl|campus.*bibl"
        r"|bibl.*campus|universität|\bhu berlin\b|\bhwr\b|institut|mediathek"
        r"|artothek|archiv|umweltbibl|bibliothek (?:der|des|für|und|wirtschaft)"
        r"|die bibliothek|medizinische|kunstbibl|patente?n?bibi?l|mathemat"
        r"|zentrum.*bibl",
    ),
    (
        "Verein oder Kurs",
        r"chor\b|schachschule|musikschule|sportverein|sportclub|turnverein|schützen|tauch|schwimm|ruder-?riege"
        r"|wasserratten|vereinsheim|schäferhunde|pfadfinder|\bstamm\b|spvgg|\bbfc\b|heimatverein",
    ),
    ("Schülerclub", r"schüler(?:club|klub|haus|laden)(?!.*jugend)|schulclub|grundschule|\bgs\b"),
    ("Werkstatt", r"(?:motor|fahrrad)\w*werkstatt"),
    ("Garten", r"kleingart|\bgarten\b|gärten|kolonie|laubenpieper|interkultureller garten"),
    ("Jugendfreizeiteinrichtung", r"jugend|\bjfe\b|mädchen|jugendclub|\bclub tiergarten\b"),
    ("Seniorentreff", r"senior"),
    ("Familienzentrum", r"famili|kifaz|alleinerziehend"),
    ("Stadtteilzentrum", r"st?adtteilzentrum|\bstz\b|stadtteilhaus"),
    (
        "Nachbarschaftshaus",
        r"nachbarschaft|mehrgenerationen|kieztreff|kiezladen|kiezklub|kiezhaus"
        r"|stadtteiltreff|stadtteilladen|begegnungs|bürgerhaus|bürgertreff"
        r"|kiez ?zentrum|bürgerladen|gemeinwesen",
    ),
    ("Quartiersbüro", _PROGRAMME + r"|kiezbüro|stadtteilbüro"),
    ("Selbsthilfekontaktstelle", r"selbsthilfe"),
    ("Bürgeramt", r"bürgeramt|buergeramt"),
    ("Gemeindehaus", r"kirchengemeinde|gemeindehaus|pfarrei|gemeindesaal|gemeindebüro"),
    ("Beratungsstelle", r"beratung"),
    ("Veranstaltungsraum", r"veranstaltungs|\bevent|festsaal|\w+saal\b|kulturraum"),
    ("Bibliothek", r"bibliothek|bücherei|bibl\b"),
)
"""Types of venue and the words that tell them, the first match counts."""

CLOSED: dict[str, str] = {
    "Jobcenter oder Agentur": "Eigene Dienststelle der Arbeitsverwaltung",
    "Haus mit Einlasskontrolle": "Geschütztes Haus: Einlass nur mit Sicherheitskontrolle",
    "Werkstatt": "Werkstatt: kein ruhiger Raum für Beratung",
    "Betreuter Spielplatz": "Spielplatz oder Spielhaus: kein Raum für Beratung",
    "Schulbibliothek": "Schulbibliothek: nicht allgemein zugänglich",
    "Fachbibliothek": "Fach- oder Spezialbibliothek: kein Treffpunkt der Nachbarschaft",
    "Schülerclub": "Räume einer Schule: nicht allgemein zugänglich",
    "Garten": "Garten: kein Raum für Beratung",
    "Interkultureller Garten": "Garten: kein Raum für Beratung",
    "Veranstaltungsraum": "Veranstaltungsraum ohne regelmäßige Öffnung",
    "Verein oder Kurs": "Verein, Chor oder Kurs: kein offener Treffpunkt",
}
"""Types that suit no target group, with the reason (German)."""

AUDIENCES: tuple[tuple[str, str], ...] = (
    ("Mädchen und Frauen", r"mädchen(?!.*jung)|\bfrauen|\bgirls?\b"),
    ("queere Menschen", r"queer|schwul|lesb|lsbt|regenbogenfamilien|mann-o-meter"),
    ("Studierende", r"studierende|student"),
    ("Kinder", r"^kinder(?!.*(?:jugend|famili))|kinderclub|kita\b"),
    ("Senioren", r"senior"),
)
_RESTRICTED = {"Mädchen", "Mädchen und Frauen", "queere Menschen", "Studierende", "Kinder"}


def operator_kind(operator: str, hint: str = "", name: str = "") -> tuple[str, str]:
    """Kind of operator and the German reason for it.

    What an analyst states (`STATED`) is final. Otherwise the legal form in the operator's name is
    believed before the publisher's attribute (two associations are labelled "öffentlicher
    Träger"), the attribute before other words, and the venue's own name comes last.

    Returns
    -------
    tuple of str
        One of `KINDS` and the reason. What nothing tells is ``unknown``, never guessed.

    Examples
    --------
    >>> operator_kind("LiSA e.V.", "öffentlicher Träger")
    ('association', 'Rechtsform „e.V.“, obwohl als „öffentlicher Träger“ geführt')
    >>> operator_kind("", "", "Freiraum")
    ('unknown', 'kein Träger genannt, Name lässt keinen erkennen')
    """
    if hint in STATED:
        return STATED[hint], f"Angabe in der Liste: „{hint}“"
    by_hint = next((k for p, k in _HINTS if re.search(p, hint.strip().lower())), None)
    text = operator.lower()
    if text:
        legal = re.search(_LEGAL_FORM, text)
        if not legal and (found := re.search(_PUBLIC, text)):
            return "public", f"Träger nennt „{_cut(operator, found)}“"
        if found := re.search(_CHURCH, text):
            return "church_or_charity", f"Träger nennt „{_cut(operator, found)}“"
        if legal:
            reason = f"Rechtsform „{_cut(operator, legal)}“"
            if by_hint == "public":
                reason += f", obwohl als „{hint}“ geführt"
            return "association", reason
    private = re.search(_PRIVATE, text)
    if private and re.search("frei", hint.lower()):
        # Youth welfare law calls commercial carriers "frei", too; nobody says non-profit.
        form = _cut(operator, private)
        return "unknown", f"„{hint}“, aber Rechtsform „{form}“ ohne „gemeinnützig“"
    if by_hint is not None:
        return by_hint, f"Angabe der Quelle: „{hint}“"
    if private:
        return "private", f"Rechtsform „{_cut(operator, private)}“"
    if text and (found := re.search(_NON_PROFIT, text)):
        return "association", f"Träger nennt „{_cut(operator, found)}“"
    label = name.lower()
    if found := re.search(_PROGRAMME, label):
        return "public", f"Name nennt „{_cut(name, found)}“: im Auftrag von Land und Bezirk"
    if found := re.search(_LIBRARY_PUBLIC, name) or re.search(_LIBRARY_PUBLIC, label):
        return "public", "Name einer öffentlichen Bibliothek"
    if found := re.search(_PUBLIC, label):
        return "public", f"Name nennt „{_cut(name, found)}“"
    if found := re.search(_CHURCH, label):
        return "church_or_charity", f"Name nennt „{_cut(name, found)}“"
    if found := re.search(_LEGAL_FORM, label):
        return "association", f"Name nennt „{_cut(name, found)}“"
    if text:
        return "unknown", f"Träger „{operator}“ ohne erkennbare Rechtsform"
    return "unknown", "kein Träger genannt, Name lässt keinen erkennen"


def inferred_kind(kind: str, reason: str) -> str:
    """The kind of an operator in German, where nobody states it and a form or name suggests it.

    A registered association (e. V.), a foundation or a corporation need not be non-profit; a gGmbH
    or gUG says that it is.

    Returns
    -------
    str
        Empty where the kind is stated, or is not `association`.

    Examples
    --------
    >>> inferred_kind(*operator_kind("Treff e.V."))
    'gemeinnützig (aus der Rechtsform erschlossen)'
    >>> inferred_kind(*operator_kind("Treff gGmbH")), inferred_kind("public", "Rechtsform „AöR“")
    ('', '')
    """
    if kind != "association" or re.search(r"gemeinnützig|ggmbh|\bgug\b", reason.lower()):
        return ""
    if reason.startswith("Rechtsform") or re.search(_LEGAL_FORM, reason.lower()):
        return f"{KINDS[kind]} (aus der Rechtsform erschlossen)"
    if reason.startswith(("Träger nennt", "Name nennt")):
        return f"{KINDS[kind]} (aus dem Namen erschlossen)"
    return ""


def venue_type(name: str, given: str) -> str:
    """Type of venue: what the name says where it is more exact than the catalogue.

    Examples
    --------
    >>> venue_type("Spielhaus Schillerstraße", "Jugendfreizeiteinrichtung")
    'Betreuter Spielplatz'
    >>> venue_type("Haus Eichkamp", "Gemeinschaftshaus")
    'Gemeinschaftshaus'
    """
    label = name.lower()
    library = given == "Bibliothek" or re.search("bib|bücherei|artothek|mediathek", label)
    by_name = next(
        (t for t, p in TYPES if (library or "bibl" not in t.lower()) and re.search(p, label)), ""
    )
    # A catalogue of neighbourhood centres or of playgrounds knows its houses; a collective type
    # (a library, a community centre, a youth club) leaves room for what the name adds.
    if given in _COLLECTIVE:
        allowed = _COLLECTIVE[given]
        if by_name and (allowed is None or by_name in allowed):
            return by_name
    return given or by_name


_COLLECTIVE: dict[str, set[str] | None] = {
    "": None,
    "Gemeinschaftshaus": None,
    "Bibliothek": {"Schulbibliothek", "Fachbibliothek", "Haus mit Einlasskontrolle"},
    "Jugendfreizeiteinrichtung": {
        "Betreuter Spielplatz",
        "Schülerclub",
        "Familienzentrum",
        "Werkstatt",
    },
}


def audience(name: str, given: str = "") -> str:
    """Whom a venue is for, where source or name restrict it; empty: everybody or unknown.

    Examples
    --------
    >>> audience("Offener Mädchen- und Frauentreff"), audience("Stadtteilzentrum")
    ('Mädchen und Frauen', '')
    """
    if given in _RESTRICTED:
        return given
    return next((a for a, p in AUDIENCES if re.search(p, name.lower())), given)


def restricted(who: str) -> bool:
    """Whether an audience rules a general consultation out.

    Examples
    --------
    >>> restricted("Mädchen"), restricted("Familien"), restricted("")
    (True, False, False)
    """
    return who in _RESTRICTED


def _cut(text: str, found: re.Match[str]) -> str:
    """The matched words as they stand in the text."""
    return text[found.start() : found.end()].strip(" -,")
