"""A join reports every row that did not match and refuses what it cannot explain."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.areas import JoinAudit, compare_total, join, normal_name
from sozialraum.errors import InputError

AREAS = pd.DataFrame({"name": ["Mellerbogen", "Schloßstraße"]}, index=["12200308", "04300414"])


def table(ids: list[str], **columns: list) -> pd.DataFrame:
    return pd.DataFrame({"n": range(len(ids)), **columns}, index=pd.Index(ids, dtype=object))


def kinds(audit: JoinAudit) -> list[object]:
    return [f["kind"] for f in audit.findings]


def test_rows_come_back_in_the_order_of_the_areas() -> None:
    joined = join(AREAS, table(["04300414", "12200308"]), source="x", audit=JoinAudit())
    assert joined.index.tolist() == AREAS.index.tolist()
    assert joined["n"].tolist() == [1, 0]


def test_a_duplicate_id_stops_the_run_and_is_named() -> None:
    with pytest.raises(InputError, match=r"more than once: 04300414"):
        join(AREAS, table(["04300414", "04300414", "12200308"]), source="x", audit=JoinAudit())


def test_a_differing_key_set_stops_the_run_with_the_differences() -> None:
    with pytest.raises(InputError, match=r"1 missing \(12200308\), 1 unknown \(99999999\)"):
        join(AREAS, table(["04300414", "99999999"]), source="x", audit=JoinAudit())


def test_ids_without_their_leading_zero_do_not_join_silently() -> None:
    with pytest.raises(InputError, match="4300414"):
        join(AREAS, table(["4300414", "12200308"]), source="x", audit=JoinAudit())


def test_exceptions_named_by_the_study_pass_and_are_reported() -> None:
    audit = JoinAudit()
    joined = join(
        AREAS,
        table(["04300414", "99999999"]),
        source="x",
        audit=audit,
        exceptions=["12200308", "99999999"],
    )
    assert joined["n"].isna().tolist() == [True, False]
    assert kinds(audit) == ["matched", "missing", "extra"]


def test_names_that_differ_in_spelling_are_told_from_other_names() -> None:
    audit = JoinAudit()
    theirs = table(["12200308", "04300414"], name=["Meller Bogen", "Wittenau Süd"])
    joined = join(AREAS, theirs, source="x", audit=audit)
    assert "name" not in joined
    (finding,) = [f for f in audit.findings if f["kind"] == "name_differs"]
    assert finding["count"] == 2
    assert "1 davon nicht nur in der Schreibweise: 04300414" in str(finding["detail"])


def test_names_of_the_region_come_first_and_it_is_said_how_many_are_not_listed() -> None:
    ids = [f"{n:08d}" for n in range(20)]
    ours = pd.DataFrame({"name": "A-Dorf", "in_region": [i == ids[-1] for i in ids]}, index=ids)
    theirs = pd.DataFrame({"name": "A Dorf"}, index=ids)
    audit = JoinAudit()
    join(ours, theirs, source="x", audit=audit)
    (finding,) = [f for f in audit.findings if f["kind"] == "name_differs"]
    detail = str(finding["detail"])
    assert detail.startswith(f"Namen weichen nur in der Schreibweise ab: {ids[-1]}: ")
    assert detail.endswith("; und 8 weitere")


def test_areas_without_a_value_are_counted() -> None:
    audit = JoinAudit()
    join(
        AREAS,
        table(["12200308", "04300414"], S3=[1.0, None]),
        source="x",
        audit=audit,
        value="S3",
    )
    assert [f["area_ids"] for f in audit.findings if f["kind"] == "no_value"] == [["04300414"]]


def test_a_total_above_the_sum_of_its_areas_is_reported() -> None:
    audit = JoinAudit()
    compare_total(audit, "BA", "Bezirk 04", 1000, 990)
    compare_total(audit, "BA", "Bezirk 05", 990, 990)
    assert ["Bezirk 04" in f["detail"] for f in audit.findings] == [True]
    assert "rund 1 Prozent größer" in audit.findings[0]["detail"]
    assert "990" not in str(audit.findings)  # one more total would tell what is withheld


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("0123456789", min_size=8, max_size=8), unique=True, min_size=1), st.randoms()
)
def test_the_order_of_rows_changes_nothing(ids: list[str], random) -> None:
    areas = pd.DataFrame({"name": ids}, index=ids)
    shuffled = random.sample(ids, len(ids))
    values = pd.DataFrame({"v": [int(i) for i in shuffled]}, index=shuffled)
    joined = join(areas, values, source="x", audit=JoinAudit())
    assert joined["v"].tolist() == [int(i) for i in ids]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mellerbogen", "Meller Bogen"), ("Schloßstr.", "Schloßstraße"), ("A-B", "a b")],
)
def test_spelling_variants_have_one_normal_name(one: str, other: str) -> None:
    assert normal_name(one) == normal_name(other)
