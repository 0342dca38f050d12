"""What the dynamics compare, said wherever the report shows them."""

from __future__ import annotations

from sozialraum.publish.report.blocks import Words
from sozialraum.study import Study
from sozialraum.study.compared import Compared, compared


def compares(study: Study, w: Words) -> str:
    """A sentence on editions and indicators; empty where a study has no dynamics.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> rules = {"edition": "2023", "previous": "2021"}
    >>> study = load_study("charlottenburg-wilmersdorf", indicators=rules)
    >>> sentence = compares(study, Words("de"))
    >>> sentence[:48], sentence[48:]
    ('Die Dynamik vergleicht die Ausgaben 2021 und 202',
     '3 über die gemeinsamen Indikatoren S1, S3 und S4 (S2 gibt es erst ab der Ausgabe 2023).')
    """
    return _said(study, w, "compared", "published")


def map_caption(study: Study, w: Words) -> str:
    """Caption of the map of classes.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> map_caption(load_study("demo"), Words("de")).partition(": ")[2]
    'Dynamikklassen, Ausgabe 2023 bis 2025, über die Indikatoren S1, S2, S3 und S4'
    """
    return _said(study, w, "caption", "caption_published")


def _said(study: Study, w: Words, derived: str, published: str) -> str:
    """What is compared: `derived` from two editions, or `published` with one; '' for neither."""
    found = compared(study)
    if found is None:
        return ""
    if found.earlier is None:
        names = w.names(found.names)
        return w.t(f"dynamics.{published}", names=names, edition=found.later.id)
    editions = {"previous": found.earlier.id, "edition": found.later.id}
    return w.t(f"dynamics.{derived}", basis=_basis(found, w), **editions)


def _basis(found: Compared, w: Words) -> str:
    """'over the common indicators …', and why the others are not among them."""
    one = "_one" if len(found.names) == 1 else ""
    names = w.names(found.names)
    if found.all_common:
        return w.t(f"dynamics.all{one}", names=names)
    assert found.earlier is not None  # published changes are never only partly common
    why = [
        w.t(
            "dynamics.since",
            names=w.names(i for i in found.since if found.since[i] == e),
            edition=e,
        )
        for e in sorted(set(found.since.values()))
    ]
    for lacking, edition in ((found.not_earlier, found.earlier), (found.not_later, found.later)):
        if lacking:
            why.append(w.t("dynamics.lacking", names=w.names(lacking), edition=edition.id))
    return w.t(f"dynamics.common{one}", names=names, why="; ".join(why))
