"""Further tables on need: other choices, other ranks, how close a class is to its threshold.

What the columns of the areas cannot hold, area by area: so that nobody has to believe a rank.
Counts enter only where they are published; the gate sees every table again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.need.choices import Choices, try_choices
from sozialraum.need.ranking import top_sets
from sozialraum.need.rule import THRESHOLDS
from sozialraum.need.status import DYNAMICS_CLASSES, STATUS_CLASSES, classes_of
from sozialraum.publish import gate
from sozialraum.publish.columns import Column, Kind, describe
from sozialraum.publish.further import FurtherTable

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable
    from sozialraum.need.assessment import Need
    from sozialraum.need.standing import Standing

SURE = 1.96
"""Standard errors within which another class is possible (95 % for a single area)."""

CHOICES = {
    "left_out": "welcher Indikator wegbleibt",
    "normalisation": "wie Indikatoren vergleichbar gemacht werden",
    "weights": "wie sie gewichtet werden",
    "edition": "welche Ausgabe verwendet wird",
}
_TITLES = {
    "rank": "Rang",
    "minmax": "Rang mit Spannweiten statt z-Werten",
    "percentile": "Rang mit Prozenträngen statt z-Werten",
    "z": "Rang mit z-Werten",
    "shrunk": "Rang mit geglätteten Anteilen (empirisches Bayes)",
    "weights_lo": "bester Rang bei anderen Gewichten (5. Perzentil)",
    "weights_hi": "letzter Rang bei anderen Gewichten (95. Perzentil)",
    "in_top": "unter den ersten k bei so vielen der anderen Gewichte",
    "core": "bei jeder Entscheidung unter den ersten k",
    "best": "bester Rang",
    "worst": "letzter Rang",
}
_AREA = (describe("area_id"), describe("name"))


def need_tables(table: AreaTable, need: Need, standing: Standing) -> tuple[FurtherTable, ...]:
    """Every further table on need.

    Parameters
    ----------
    table, need, standing : results of the stages

    Returns
    -------
    tuple of FurtherTable
        ``choices``, ``rank_variance``, ``rank_sets``, ``closeness``, ``targets`` and, where old
        age is taken off, ``old_age``; a table that would say nothing is left out.
    """
    study = table.study
    areas = standing.areas
    reasons, _ = gate.withheld(areas, standing.regions, study)
    shown = (reasons == "") & areas["recipients"].notna()
    choices = try_choices(table, need, areas, shown)
    names = areas["name"]
    tables = [
        _choices(choices, names),
        _variance(choices),
        _rank_sets(choices, areas.where(shown)["share"], areas["recipients"].where(shown), names),
        _closeness(areas, need),
        _targets(table, areas, reasons, standing),
        _old_age(choices, areas, shown),
    ]
    return tuple(t for t in tables if t is not None and len(t.frame))


def _choices(choices: Choices, names: pd.Series) -> FurtherTable:
    ranks = choices.ranks.drop(columns="ever")
    frame = _with_names(ranks.sort_values(["rank", "best"], kind="stable"), names)
    columns = []
    for name in ranks.columns:
        kind: Kind = "boolean" if name == "core" else "integer"
        title = _TITLES.get(name) or name.replace("without ", "Rang ohne ").replace(
            "edition ", "Rang nach Ausgabe "
        )
        share = name == "in_top"
        columns.append(Column(name, title, "number" if share else kind, 4 * share, "", share))
    return FurtherTable(
        "choices",
        "Empfindlichkeit",
        "Ränge bei anderen Entscheidungen",
        frame,
        (*_AREA, *columns),
        note="Jede Spalte ändert eine Entscheidung. Die Unsicherheit der Zahlen selbst steht in "
        "den Rangmengen. Andere Gewichte: 2.000 Ziehungen um die Gewichte der Studie "
        "(Dirichlet-Verteilung).",
        in_report=False,
    )


def _variance(choices: Choices) -> FurtherTable:
    frame = choices.variance.reset_index(names="choice")
    frame["title"] = frame["choice"].map(CHOICES)
    return FurtherTable(
        "rank_variance",
        "Was die Ränge bewegt",
        "Anteil der Streuung der Ränge, den eine Entscheidung erklärt",
        frame.sort_values("total", ascending=False, kind="stable").reset_index(drop=True),
        (
            Column("choice", "Kennung"),
            Column("title", "Entscheidung"),
            Column("first", "für sich allein", "number", 4, "", True),
            Column("total", "mit ihrem Zusammenwirken", "number", 4, "", True),
        ),
        note="Sobol-Indizes erster Ordnung und insgesamt (Saltelli u. a. 2010, Jansen 1999). Sie "
        "gelten für die geprüften Entscheidungen, nicht für die Unsicherheit der Zahlen.",
        in_report=False,
    )


def _rank_sets(
    choices: Choices, share: pd.Series, count: pd.Series, names: pd.Series
) -> FurtherTable:
    sets = choices.sets.assign(share=share, recipients=count)
    frame = _with_names(sets.sort_values("rank", kind="stable"), names)
    of_counts = ["share", "recipients", "why"]
    of_counts += [f"{e}_{key}" for key in ("share", "count") for e in ("rank", "lo", "hi")]
    titles = {
        "rank": "Rang nach dem Index",
        "lo": "bester Rang",
        "hi": "letzter Rang",
        "lo_persons": "bester Rang ohne Designeffekt",
        "hi_persons": "letzter Rang ohne Designeffekt",
        "rank_share": "Rang nach dem Anteil",
        "lo_share": "bester Rang nach dem Anteil",
        "hi_share": "letzter Rang nach dem Anteil",
        "rank_count": "Rang nach der Zahl",
        "lo_count": "bester Rang nach der Zahl",
        "hi_count": "letzter Rang nach der Zahl",
    }
    columns = [Column(n, t, "integer") for n, t in titles.items()]
    columns.insert(5, Column("share", "Anteil", "number", 6, "", True))
    columns.insert(9, Column("recipients", "Zahl", "integer", 0, "Personen"))
    return FurtherTable(
        "rank_sets",
        "Ränge nach Anteil und Zahl",
        "Ränge nach Index, Anteil und Zahl mit simultanen Rangmengen",
        frame,
        (*_AREA, *columns, Column("why", "warum Anteil und Zahl auseinandergehen")),
        of_counts=tuple(of_counts),
        note="Ohne Designeffekt: als bekäme jede Person Leistungen für sich und nicht als "
        "Haushalt; diese Mengen sind zu schmal und stehen nur zum Vergleich.",
        in_report=False,
    )


def _closeness(areas: pd.DataFrame, need: Need) -> FurtherTable:
    """How close status and dynamics are to the threshold of another class."""
    frame = areas[areas["excluded"].isna()].copy()
    # errors belong to the rule's own scale; classes to the standardised index
    spread = need.areas["need_index"].std(ddof=0)
    scale = need.areas["status_index"].std(ddof=0) / spread if spread > 0 else np.nan
    result = frame[["name", "status_class", "status_index"]].copy()
    for key, thresholds, classes in (
        ("status", THRESHOLDS, STATUS_CLASSES),
        ("dynamics", (-1.0, 1.0), DYNAMICS_CLASSES),
    ):
        se = frame["need_index_se"] * scale if key == "status" else frame["dynamics_index_se"]
        if f"{key}_index_lo" not in frame:
            continue
        index = frame[f"{key}_index"]
        result[f"{key}_class"], result[f"{key}_index"] = frame[f"{key}_class"], index
        result[f"{key}_se"] = se
        gap = np.abs(index.to_numpy(float)[:, None] - np.array(thresholds)).min(axis=1)
        result[f"{key}_in_errors"] = gap / se.where(se > 0)
        low = frame[f"{key}_index_lo"] - SURE * se.fillna(0)
        high = frame[f"{key}_index_hi"] + SURE * se.fillna(0)
        result[f"{key}_possible"] = _between(low, high, thresholds, classes)
    result["masked"] = frame["masked"].replace("", None)
    numbers = {"index": ("Index", 4), "se": ("Standardfehler", 4), "in_errors": ("Abstand", 2)}
    columns = list(_AREA)
    for key, word in (("status", "Status"), ("dynamics", "Dynamik")):
        if f"{key}_possible" not in result:
            continue
        columns.append(Column(f"{key}_class", f"{word}: Klasse"))
        columns += [
            Column(f"{key}_{n}", f"{word}: {t}", "number", d) for n, (t, d) in numbers.items()
        ]
        columns.append(Column(f"{key}_possible", f"{word}: mögliche Klassen"))
    columns.append(Column("masked", "durch 0 ersetzte Zahlen"))
    return FurtherTable(
        "closeness",
        "Nähe zur Klassengrenze",
        "Wie nahe eine Klasse an ihrer Grenze liegt",
        result.reset_index(names="area_id"),
        tuple(columns),
        note="Abstand: zur nächsten Klassengrenze in Standardfehlern. Möglich sind die Klassen im "
        "Bereich von 1,96 Standardfehlern um den Index, auch an den Enden ersetzter Zahlen. Der "
        "Standardfehler der Dynamik rechnet beide Ausgaben als unabhängig; weil viele Menschen in "
        "beiden gezählt sind, ist er eher zu groß.",
        in_report=False,
    )


def _between(
    low: pd.Series, high: pd.Series, thresholds: Sequence[float], classes: Sequence[str]
) -> pd.Series:
    """Classes from one end to the other, in words.

    Examples
    --------
    >>> _between(pd.Series([-2.0]), pd.Series([0.0]), (-1, 1), ("positiv", "stabil", "negativ"))[0]
    'positiv oder stabil'
    """
    order = {name: i for i, name in enumerate(classes)}
    ends = (classes_of(end.to_numpy(float), thresholds, classes) for end in (low, high))
    words = [
        None if a is None or b is None else " oder ".join(classes[order[a] : order[b] + 1])
        for a, b in zip(*ends, strict=True)
    ]
    return pd.Series(words, index=low.index, dtype=object)


def _targets(
    table: AreaTable, areas: pd.DataFrame, reasons: pd.Series, standing: Standing
) -> FurtherTable:
    """Ranking and weight of every target group, each with its own uncertainty."""
    study = table.study
    derived = table.ba is None
    children, _ = gate.withheld_children(areas, standing.regions, study, derived=derived)
    weights = areas[[f"weight_{t}" for t in study.targets]].set_axis(list(study.targets), axis=1)
    weights = gate.publishable_weights(weights, reasons, study, derived=derived, children=children)
    parts = []
    for key, target in study.targets.items():
        ranks = areas[[f"rank_{key}", f"rank_lo_{key}", f"rank_hi_{key}"]]
        part = ranks.set_axis(["rank", "lo", "hi"], axis=1)
        part[["certain", "possible"]] = top_sets(part, study.indicators.top)
        for column in ("value", "value_lo", "value_hi", "se"):
            part[column] = areas[f"{column}_{key}"]
        if target.rank_by == "share":
            part = part.where(reasons == "")
        part["weight"] = weights[key]
        for column in ("fewest", "most"):
            part[column] = areas[f"{column}_{key}"].where(weights[key].notna())
        parts.append(part.assign(target=target.title, name=areas["name"]))
    frame = pd.concat(parts).rename_axis("area_id").reset_index()
    frame[["certain", "possible"]] = frame[["certain", "possible"]].where(frame["rank"].notna())
    columns = (
        Column("target", "Zielgruppe"),
        *_AREA,
        Column("rank", "Rang", "integer"),
        Column("lo", "bester Rang", "integer"),
        Column("hi", "letzter Rang", "integer"),
        Column("certain", "sicher unter den ersten k", "boolean"),
        Column("possible", "möglicherweise unter den ersten k", "boolean"),
        Column("value", "Wert, nach dem gereiht wird", "number", 4),
        Column("value_lo", "kleinster Wert (ersetzte Zahlen)", "number", 4),
        Column("value_hi", "größter Wert (ersetzte Zahlen)", "number", 4),
        Column("se", "Standardfehler", "number", 4),
        Column("weight", "Gewicht", "integer", 0, "Personen"),
        Column("fewest", "Gewicht mindestens", "integer", 0, "Personen"),
        Column("most", "Gewicht höchstens", "integer", 0, "Personen"),
    )
    return FurtherTable(
        "targets",
        "Zielgruppen",
        "Rangfolge und Gewicht je Zielgruppe",
        frame,
        columns,
        of_counts=("weight", "fewest", "most"),
        public=("area_id", "name", "target"),
        note="Wonach gereiht und womit gewichtet wird, steht im Bericht im Abschnitt über die "
        "Zielgruppen. Bei Gebieten mit negativer Entwicklung reicht das Gewicht von 0 bis zur "
        "ganzen Zahl, wo die Klasse nicht gesichert ist.",
        in_report=False,
    )


def _old_age(choices: Choices, areas: pd.DataFrame, shown: pd.Series) -> FurtherTable | None:
    """Recipients with and without the estimated old age, side by side."""
    if "rank_demand" not in choices.sets:
        return None
    old = areas["old_age"].where(shown)
    count = areas["recipients"].where(old.notna())
    frame = choices.sets[[f"{e}_{k}" for k in ("count", "demand") for e in ("rank", "lo", "hi")]]
    frame = frame.where(old.notna(), np.nan).assign(
        name=areas["name"],
        recipients=count,
        old_age=old,
        demand=count - old,
        part=old / count.where(count > 0),
    )
    frame = frame.sort_values("rank_count", kind="stable").reset_index(names="area_id")
    titles = {
        "rank_count": "Rang mit",
        "lo_count": "bester Rang mit",
        "hi_count": "letzter Rang mit",
        "rank_demand": "Rang ohne",
        "lo_demand": "bester Rang ohne",
        "hi_demand": "letzter Rang ohne",
    }
    columns = (
        *_AREA,
        Column("recipients", "Zahl mit", "integer", 0, "Personen"),
        Column("old_age", "geschätzt im Alter", "integer", 0, "Personen"),
        Column("part", "Anteil an der Zahl", "number", 4, "", True),
        Column("demand", "Zahl ohne", "integer", 0, "Personen"),
        *(Column(n, t, "integer") for n, t in titles.items()),
    )
    return FurtherTable(
        "old_age",
        "Mit und ohne Alter",
        "Leistungsberechtigte mit und ohne Grundsicherung im Alter (Schätzung)",
        frame,
        columns,
        of_counts=tuple(c.name for c in columns[2:]),
        note="Geschätzt: Anteil der Menschen mit Grundsicherung im Alter an allen ab 65 Jahren aus "
        "der in der Studie genannten älteren Ausgabe, mal den heutigen Einwohnerinnen und "
        "Einwohnern ab 65 Jahren.",
        in_report=False,
    )


def _with_names(frame: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    result: Any = frame.assign(name=names.reindex(frame.index))
    return result.rename_axis("area_id").reset_index()
