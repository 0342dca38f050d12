"""From which sources each published part was made, and under which licences it therefore is.

A part is a file of a run or a layer of its GeoPackage. It names the sources that its figures and
shapes come from and no others: a part that holds rooms from OpenStreetMap is under the ODbL, a
part that only holds areas is not, whatever stands in the same folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sozialraum.publish.content import Content, SourceNote
    from sozialraum.study import Study

OF_AREAS = ("ranking.csv", "regions.csv", "areas.parquet", "areas", "regions", "clusters")
"""Parts made from the map of areas, registers, indicators and counts."""

OF_PLACES = ("surface", "units")
"""Parts for which the people of an area were placed by the population grid."""

LICENCES: tuple[tuple[str, str, str], ...] = (
    (r"CC[ -]?BY 3\.0 DE", "CC-BY-3.0-DE", "https://creativecommons.org/licenses/by/3.0/de/"),
    (r"CC[ -]?BY 4\.0", "CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
    (r"CC0.*", "CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    (r"dl-de/zero-2[.-]0", "dl-de-zero-2.0", "https://www.govdata.de/dl-de/zero-2-0"),
    (r"dl-de/by-2[.-]0", "dl-de-by-2.0", "https://www.govdata.de/dl-de/by-2-0"),
    (r"ODbL.*", "ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
)
"""How publishers write a licence, its name in the data package, its address."""


def sources_of(content: Content, part: str) -> list[SourceNote]:
    """The sources of one part, in the order of all.

    Parameters
    ----------
    content : Content
    part : str
        Name of a file or of a layer of the GeoPackage. What is not known to hold less was made
        from everything: rooms, what they reach, and the files that show all of it.

    Returns
    -------
    list of SourceNote
        Empty for offices whose place stands in the study.
    """
    study = content.study
    if part in OF_AREAS:
        wanted = _of_areas(study)
    elif part in OF_PLACES:
        wanted = _of_areas(study) | {study.venues.grid_source}
    elif part == "offices":
        near = bool(content.offices["approximate"].any())  # those stand in the middle of an area
        wanted = {study.area_layer.source} if near else set()
    else:
        return list(content.info.sources)
    return [s for s in content.info.sources if s.id in wanted]


def _of_areas(study: Study) -> set[str]:
    registers = [study.population, *(e.register_ for e in study.editions if e.register_)]
    named = {study.area_layer.source, *(r.source for r in registers)}
    counts = study.counts.table.source if study.counts.table else study.counts.ba_source
    return named | {e.source for e in study.editions} | {counts}


def licences(sources: Iterable[SourceNote]) -> list[dict[str, str]]:
    """Each licence once, in the order of the sources; an unknown one keeps its own words.

    Returns
    -------
    list of dict
        `name` and `title`, and `path` where the licence is a known one.

    Examples
    --------
    >>> from sozialraum.publish.content import SourceNote
    >>> lake = SourceNote("lake", "Seen", "Amt", "CC BY 4.0, nach Absprache", "Amt", "2024")
    >>> [licence["name"] for licence in licences([lake])]
    ['CC-BY-4.0', 'nach-Absprache']
    """
    found: dict[str, dict[str, str]] = {}
    for text in (part.strip() for s in sources for part in re.split(r"[,;/] ", s.licence)):
        if not text:
            continue
        for pattern, name, path in LICENCES:
            if re.fullmatch(pattern, text, re.IGNORECASE):
                found[name] = {"name": name, "path": path, "title": text}
                break
        else:
            plain = text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
            name = re.sub(r"[^-a-zA-Z0-9._]+", "-", plain).strip("-") or "other"
            found.setdefault(name, {"name": name, "title": text})
    return list(found.values())


def attributions(sources: Iterable[SourceNote]) -> list[str]:
    """How the sources want to be named, each wording once, without a full stop."""
    return list(dict.fromkeys(s.attribution.rstrip(".") for s in sources if s.attribution))
