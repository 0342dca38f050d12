"""Results of earlier runs: exact, private, never half, never somebody else's."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import geopandas as gpd
import geopandas.testing
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import sozialraum as sr
from sozialraum import cache as module
from sozialraum.areas.join import JoinAudit
from sozialraum.cache import Cache, Entry, key_of, open_cache, remembering
from sozialraum.codec import MAGIC, Damaged, Unstorable, checksum, digest, pack, unpack
from sozialraum.copies import duplicate
from sozialraum.inputs import Inputs
from sozialraum.publish import cartography
from sozialraum.publish.report import figures
from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.facts import Facts
from sozialraum.stages import Stages, Watched

SCALARS = (
    st.binary() | st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(VALUES)
def test_what_is_packed_comes_back_with_its_types(value: object) -> None:
    packed = pack(value)
    assert repr(unpack(packed)) == repr(value)
    assert pack(unpack(packed)) == packed


def frame() -> gpd.GeoDataFrame:
    index = pd.Index(["04100101", "04100102", "04100103"], name="area_id")
    return gpd.GeoDataFrame(
        {
            "recipients": [1.0, np.nan, 3.0],
            "rank": np.array([1, 2, 3], dtype=np.int32),
            "excluded": pd.Series([None, "unter 300", np.nan], dtype=object, index=index),
            "name": pd.Series(["Weg", "Straße", None], dtype="str", index=index),
            "suits": pd.Series([("young",), (), ("a", "b")], dtype=object, index=index),
            "day": pd.to_datetime(["2024-12-31"] * 3),
            "valid": [True, False, True],
        },
        geometry=[shapely.Point(1 / 3, 2), None, shapely.Point(3, 4, 5)],
        index=index,
        crs="EPSG:25833",
    )


def test_a_table_comes_back_with_columns_types_order_geometry_and_notes() -> None:
    before = frame()
    before.attrs["notes"] = ["gelesen"]
    after = unpack(pack(before))
    gpd.testing.assert_geodataframe_equal(before, after, check_crs=True)
    assert after.attrs == before.attrs
    assert [type(v) for v in after["excluded"]] == [type(v) for v in before["excluded"]]
    assert after.crs.srs == before.crs.srs


def test_a_table_keeps_the_name_of_its_shapes_and_may_have_none() -> None:
    named = frame().rename_geometry("outline").assign(middle=gpd.GeoSeries([None] * 3, crs=25833))
    after = unpack(pack(named))
    gpd.testing.assert_geodataframe_equal(named, after, check_crs=True)
    assert after.active_geometry_name == "outline"
    assert after.to_crs("EPSG:4326").crs == "EPSG:4326"
    assert after.crs == "EPSG:25833"
    bare = unpack(pack(gpd.GeoDataFrame({"x": [1]})))
    assert type(bare) is gpd.GeoDataFrame
    assert bare.active_geometry_name is None


def test_series_indexes_and_numbers_of_numpy_come_back() -> None:
    for value in (
        pd.Series([1.5, 2.5], index=pd.RangeIndex(2, name="k"), name="x"),
        pd.Series(["a"], index=pd.MultiIndex.from_tuples([("a", 1)], names=["t", "p"])),
        gpd.GeoSeries([shapely.Point(1, 2)], crs="EPSG:4326"),
    ):
        pd.testing.assert_series_equal(pd.Series(unpack(pack(value))), pd.Series(value))
    for number in (np.float64("nan"), np.int64(-3), np.bool_(True), np.float32(0.1)):
        back = unpack(pack(number))
        assert type(back) is type(number)
        assert repr(back) == repr(number)
    array = np.arange(6.0).reshape(2, 3).T
    np.testing.assert_array_equal(unpack(pack(array)), array)


TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), max_size=6)


@settings(deadline=None, max_examples=40)
@given(TEXTS, st.sampled_from(["pyarrow", "python"]), st.sampled_from([np.nan, pd.NA]))
def test_texts_come_back_with_their_kind_and_their_gaps(
    texts: list[str | None], storage: str, gap: object
) -> None:
    before = pd.Series(texts, dtype=pd.StringDtype(storage, na_value=gap), name="name")
    after = unpack(pack(before))
    pd.testing.assert_series_equal(after, before)
    assert after.dtype.storage == storage
    assert repr(after.dtype.na_value) == repr(gap)
    two = pd.concat([before, before], axis=1)  # two columns of one name
    pd.testing.assert_frame_equal(unpack(pack(two)), two)


def test_what_cannot_be_written_exactly_is_refused() -> None:
    for value in (object(), Path(), lambda: 1, {"a": open}, 1j, pd.Categorical(["a"])):
        with pytest.raises(Unstorable):
            pack(value)


@pytest.mark.parametrize("kind", [b"named", b"dataclass"])
def test_bytes_can_name_nothing_but_records_of_this_package(kind: bytes) -> None:
    for name in (b"os:stat_result", b"sozialraum.cli:main", b"sozialraum.cache:Cache"):
        tree = b'["' + kind + b'", "' + name + b'", []]'
        body = len(tree).to_bytes(8, "little") + (2).to_bytes(8, "little") + tree + b"[]"
        with pytest.raises(Damaged):
            unpack(MAGIC + checksum(body) + body)


def test_what_imitates_the_format_can_make_a_record_of_this_package_and_no_more() -> None:
    tree = b'["dataclass", "sozialraum.areas.join:JoinAudit", []]'
    body = len(tree).to_bytes(8, "little") + (2).to_bytes(8, "little") + tree + b"[]"
    forged = unpack(MAGIC + checksum(body) + body)
    assert type(forged).__name__ == "JoinAudit"  # the forgery imitates the format


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_a_changed_or_truncated_entry_is_damaged_and_never_another_value(data) -> None:
    packed = pack({"share": 0.25, "name": "Weg", "values": np.arange(4)})
    at = data.draw(st.integers(0, len(packed) - 1))
    changed = bytearray(packed)
    changed[at] ^= data.draw(st.integers(1, 255))
    for broken in (packed[:at], bytes(changed)):
        with pytest.raises(Damaged):
            unpack(broken)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache" / "stages")


def forget() -> None:
    """As a new process: only what is on disk is known."""
    module._memory.clear()


def test_a_damaged_entry_is_ignored_and_written_again(cache: Cache) -> None:
    cache.put("key", [1, 2])
    forget()
    (path,) = cache.files()
    for broken in (b"", path.read_bytes()[:-1], b"something else"):
        path.write_bytes(broken)
        forget()
        assert cache.get("key") is None
        cache.put("key", [1, 2])
        forget()
        assert cache.get("key").value == [1, 2]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_only_the_owner_can_read_entries_and_an_open_folder_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "stages"
    folder.mkdir(mode=0o755)
    cache = Cache(folder)
    cache.put("key", 1)
    assert folder.stat().st_mode & 0o077 == 0
    assert all(p.stat().st_mode & 0o077 == 0 for p in cache.files())


@pytest.mark.skipif(os.name == "nt", reason="POSIX owners")
def test_a_folder_of_somebody_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    assert Cache(tmp_path).folder is None


def test_without_a_folder_everything_is_computed_and_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "below")
    assert cache.folder is None
    assert cache.put("key", (1, 2)).value == (1, 2)
    assert cache.get("key") is None
    assert (cache.files(), cache.size(), cache.clear()) == ([], 0, 0)


def test_what_a_caller_changes_does_not_change_what_is_kept(cache: Cache) -> None:
    cache.put("key", frame())
    for _ in range(2):  # from the disk, then from memory
        mine = cache.get("key").value
        mine["recipients"] = 0.0
    assert cache.get("key").value["recipients"].tolist()[0] == 1.0


def test_what_was_not_used_for_longest_goes_first(cache: Cache) -> None:
    for i, key in enumerate("abc"):
        cache.put(key, "x" * 1000)
        os.utime(cache.folder / f"{key}.stage", (i + 1, i + 1))
    leftover = cache.folder / ".d.stage.0123"
    leftover.write_bytes(b"killed")
    os.utime(leftover, (1, 1))
    cache.prune(limit=2500)
    assert [p.name for p in cache.files()] == ["b.stage", "c.stage"]


def test_the_place_of_the_cache_can_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOZIALRAUM_CACHE", str(tmp_path / "mine"))
    assert open_cache().folder == tmp_path / "mine" / "stages"
    assert open_cache(enabled=False).folder is None


def test_a_pure_function_is_called_once_for_the_same_arguments(cache: Cache) -> None:
    remember = remembering(cache)
    made: list[np.ndarray] = []

    def double(x: np.ndarray) -> np.ndarray:
        made.append(x)
        return 2 * x

    for _ in range(3):
        np.testing.assert_array_equal(remember(double, np.array([1, 2])), [2, 4])
    remember(double, np.array([1, 3]))
    remember(double, np.array([1.0, 2.0]))  # another type is another argument
    assert len(made) == 3
    assert key_of("a", 1) != key_of("a", 1.0)
    assert digest(pack(1)) != digest(pack(True))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the demo's inputs, old enough to be known by size and time."""
    return shutil.copytree(sr.demo.folder(), tmp_path / "data")


def stages(study: sr.study.Study, data: Path, cache: Cache) -> Stages:
    return Stages(study, Inputs(data), cache)


def test_a_stage_is_computed_again_when_a_setting_or_a_file_it_depends_on_changes(
    cache: Cache, data: Path
) -> None:
    study = sr.load_study("demo")
    path = study.population.path

    def read(s, inputs) -> str:
        return inputs.path(s.population.path).read_bytes()[:20].hex() + str(s.seed)

    def run(changed: sr.study.Study) -> list[str]:
        stage = stages(changed, data, cache)
        stage("read", read, hidden=("title", "siting"))
        assert stage.inputs.names == [path]
        return stage.computed

    assert run(study) == ["read"]
    assert run(study) == []
    assert run(study.model_copy(update={"title": "other"})) == []
    assert run(study.model_copy(update={"seed": study.seed + 1})) == ["read"]
    (data / path).write_bytes((data / path).read_bytes() + b"\n")
    assert run(study) == ["read"]
    assert run(study) == []


def test_a_stage_is_computed_again_when_one_before_it_gave_another_result(
    cache: Cache, data: Path
) -> None:
    study = sr.load_study("demo")

    def run(first: int) -> list[str]:
        stage = stages(study.model_copy(update={"seed": first}), data, cache)
        a = stage("first", lambda s, i: min(s.seed, 5))
        stage("second", lambda s, i, a: a + 1, a, hidden=("seed",))
        return stage.computed

    assert run(1) == ["first", "second"]
    assert run(2) == ["first", "second"]
    assert run(7) == ["first", "second"]
    assert run(8) == ["first"]  # 5 again: what follows is known


def test_a_stage_that_looks_at_a_hidden_setting_is_right_and_not_kept(
    cache: Cache, data: Path
) -> None:
    study = sr.load_study("demo")
    for rooms in (3, 4):
        changed = sr.load_study(study, siting={"rooms": rooms})
        stage = stages(changed, data, cache)
        assert stage("peek", lambda s, i: s.siting.rooms, hidden=("siting.rooms",)).value == rooms
        assert (
            stage("copy", lambda s, i: s.model_copy().siting.rooms, hidden=("siting",)).value
            == rooms
        )
        assert stage("dump", lambda s, i: len(s.model_dump_json()), hidden=("siting",)).value > 0
        assert stage.computed == ["peek", "copy", "dump"]


def test_a_file_that_no_setting_names_is_read_but_the_result_is_not_kept(
    cache: Cache, data: Path
) -> None:
    study = sr.load_study("demo")
    other = next(p for p in sorted((data / "venues").iterdir()) if p.is_file())
    name = other.relative_to(data).as_posix()
    for _ in range(2):
        stage = stages(study, data, cache)
        stage("around", lambda s, i: i.path(name).stat().st_size, hidden=("venues",))
        assert stage.computed == ["around"]


def test_watching_sees_through_nested_sections() -> None:
    seen: set[str] = set()
    study = Watched(sr.load_study("demo"), frozenset({"siting.rooms", "title"}), seen)
    assert study.siting.radius > 0
    assert study.edition(study.indicators.edition).id
    assert seen == set()
    assert study.siting.rooms > 0
    assert study.title
    assert seen == {"siting.rooms", "title"}


def test_no_stage_of_the_same_run_is_computed_twice(
    demo_run: sr.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails where a stage reads a setting or a file that its key leaves out."""
    made: list[Stages] = []
    before = Stages.__init__

    def watched(self, *args) -> None:
        before(self, *args)
        made.append(self)

    monkeypatch.setattr(Stages, "__init__", watched)
    forget()
    sr.run("demo")
    demo_run.with_changes(siting={"rooms": demo_run.study.siting.rooms + 1})
    demo_run.with_changes(siting={"radius": 900.0, "most_rooms": 5})
    demo_run.with_changes(name="a-copy", title="Anders")
    demo_run.with_changes(name="a-copy")
    same, other, nearer, renamed, copied = made
    assert same.computed == []
    assert other.computed == ["presence"]
    assert renamed.computed == ["shown"]
    assert copied.computed == []
    assert nearer.computed == ["presence"]  # where people live does not hang on how far they walk


def test_only_figures_with_rooms_in_them_are_drawn_again_for_another_number_of_rooms(
    demo_run: sr.Run,
) -> None:
    """Asks for the names of their entries; nothing is drawn."""
    asked: list[str] = []
    rooms = demo_run.study.siting.rooms
    changed = demo_run.with_changes(siting={"rooms": rooms + 1})
    for run in (demo_run, changed):
        facts = Facts(run.content)
        for name in figures.FIGURES:
            told = figures.drawing_of(f"{name}_everybody.svg", facts, Words("de"))
            asked.append(key_of("drawn", told))
    before, after = np.array(asked).reshape(2, -1)
    again = {name for name, a, b in zip(figures.FIGURES, before, after, strict=True) if a != b}
    assert again == {"rooms", "unreached", "curve"}


def test_named_tuples_of_this_package_come_back_as_such() -> None:
    style = cartography.STATUS["hoch"]
    again = unpack(pack({"style": style}))["style"]
    assert type(again) is type(style)
    assert again == style


def test_a_copy_shares_only_what_nobody_can_change() -> None:
    fixed = ("a", 1)
    value = {"fixed": fixed, "list": ([1], "b"), "frame": frame(), "found": JoinAudit([{}])}
    again = duplicate(value)
    assert pack(again) == pack(value)
    assert again["fixed"] is fixed
    again["list"][0].append(2)
    again["frame"].loc["04100101", "rank"] = 9
    again["found"].findings.append({})
    assert value["list"] == ([1], "b")
    assert value["frame"]["rank"].tolist() == [1, 2, 3]
    assert len(value["found"].findings) == 1


def test_records_are_written_field_by_field_and_come_back_as_they_were() -> None:
    from sozialraum.presence.frontier import Step

    steps = [Step(k, ("a", k), (1.5,) * k, float(k), 0.1, 7.0, k > 1) for k in range(4)]
    for value in (steps, steps[:1], [], [steps[0], "text"], [[1], [2]], {"a": steps}, tuple(steps)):
        again = unpack(pack(value))
        assert again == value
        assert type(again) is type(value)
    assert len(pack(steps * 20)) < sum(len(pack([step, 0])) for step in steps * 20)
    np.testing.assert_array_equal(unpack(pack([np.arange(2), np.arange(3)]))[1], np.arange(3))


def test_whoever_asks_again_gets_a_value_of_their_own() -> None:
    entry = Entry(pack({"sites": [1, 2], "table": pd.DataFrame({"x": [1.0]})}))
    first, second, third = entry.value, entry.value, entry.value
    first["sites"].append(3)
    second["table"].loc[0, "x"] = 9.0
    assert third["sites"] == [1, 2]
    assert third["table"].loc[0, "x"] == 1.0
    assert entry.value["sites"] == [1, 2]


def test_nobody_waits_until_what_is_old_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, asked = Cache(tmp_path / "cache"), []

    def elsewhere(function, *args):
        asked.append(args)
        function(*args)

    cache.tidy(elsewhere)
    Cache(None).tidy(elsewhere, soon=True)
    assert not asked  # nothing was written
    for name in "abc":
        cache.put(name, np.arange(500))
        cache.tidy(elsewhere)
    assert len(asked) == 1  # after the first entry of the process
    other = Cache(tmp_path / "other")
    for name in "abc":
        other.tidy(elsewhere, soon=True)
        other.put(name, np.arange(500))
        other.tidy(elsewhere)
    assert len(asked) == 2  # before its first entry
    monkeypatch.setattr(module, "GROWTH", 3000)
    cache.put("d", np.arange(500))
    cache.tidy(elsewhere)
    assert len(asked) == 3
    monkeypatch.setattr(module, "IDLE", 0.0)
    leftover = tmp_path / "cache" / ".e.stage.0123"
    leftover.write_bytes(b"killed")
    os.utime(leftover, (1, 1))
    cache.put("f", np.arange(500))
    cache.tidy()
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(10)
    assert not leftover.exists()
