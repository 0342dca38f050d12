"""The library: what can be found, how it is described, how runs are compared."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from docs.build import PUBLIC, public_names

import sozialraum as sr

ROOT = Path(__file__).resolve().parents[1]
CHECKS = {
    "GL01": "text begins on the line of the quotes",
    "GL03": "no two blank lines",
    "GL05": "no tabs",
    "GL06": "known sections",
    "GL07": "sections in order",
    "GL08": "there is a docstring",
    "SS01": "there is a summary",
    "SS03": "the summary ends with a period",
    "SS04": "no leading blanks",
    "PR02": "no parameter described that there is not",
    "PR10": "a blank before the colon of a parameter",
    "RT03": "the result is described",
    "SA04": "what is referred to is described",
}
NOT_ALL = {
    "GL01": "the summary stands on the first line (PEP 257), as in geopandas",
    "RT03": "a result whose type says it all, such as an error-free None or a documented class",
}


@pytest.fixture(scope="module")
def public() -> dict[str, Any]:
    """Every public function and class by its name."""
    top = {n: getattr(sr, n) for n in sr.__all__ if not inspect.ismodule(getattr(sr, n))}
    found = {f"sr.{name}": value for name, value in top.items() if callable(value)}
    for package in PUBLIC:
        module = importlib.import_module(f"sozialraum.{package}")
        found |= {f"sr.{package}.{name}": getattr(module, name) for name in public_names(package)}
    return found


@pytest.fixture(scope="module")
def functions(public: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in public.items() if inspect.isfunction(value)}


def test_the_surface_is_small_discoverable_and_lazy() -> None:
    assert dir(sr) == sorted(sr.__all__)
    assert len(sr.__all__) <= 30
    for package in PUBLIC:
        module = importlib.import_module(f"sozialraum.{package}")
        assert set(public_names(package)) <= set(dir(module)), package
    with pytest.raises(AttributeError, match="has no attribute 'rnu'"):
        sr.rnu  # noqa: B018
    assert (ROOT / "src" / "sozialraum" / "py.typed").is_file()


def test_every_public_name_is_described_as_numpydoc_asks(public: dict[str, Any]) -> None:
    from numpydoc.validate import validate

    wanted = set(CHECKS) - set(NOT_ALL)
    faults = [
        f"{name} {code}: {text}"
        for name, found in public.items()
        for code, text in validate(f"{found.__module__}.{found.__qualname__}")["errors"]
        if code in wanted
    ]
    assert not faults, "\n".join(faults)


def test_every_public_function_has_an_example_that_is_run(functions: dict[str, Any]) -> None:
    head = "Examples\n--------"
    docs = {name: inspect.getdoc(found) or "" for name, found in functions.items()}
    without = [name for name, doc in docs.items() if ">>> " not in doc.partition(head)[2]]
    assert not without, "\n".join(without)


def test_every_parameter_of_a_public_function_is_described(functions: dict[str, Any]) -> None:
    silent = [
        f"{name}: {parameter}"
        for name, found in functions.items()
        for parameter in inspect.signature(found).parameters
        if parameter not in described(inspect.getdoc(found) or "")
    ]
    assert not silent, "\n".join(silent)


def described(doc: str) -> set[str]:
    """Names at the heads of the section Parameters; two may share one text."""
    part = doc.partition("Parameters\n----------\n")[2]
    part = re.split(r"\n[A-Z][a-z]+\n-+\n", part)[0]
    heads = [line.split(" : ")[0] for line in part.splitlines() if line[:1].strip()]
    return set(re.findall(r"\w+", " ".join(heads)))


def test_names_that_the_pages_mention_exist() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    pages = [p for p in pages if "_build" not in p.parts]
    for page in pages:
        for path in re.findall(r"\bsr((?:\.[A-Za-z_]\w*)+)", page.read_text(encoding="utf-8")):
            found: object = sr
            for part in path[1:].split("."):
                assert hasattr(found, part), f"{page.name}: sr{path}"
                found = getattr(found, part)


def test_a_run_equals_itself_and_a_difference_is_named(demo_run) -> None:
    sr.testing.assert_run_equal(demo_run, demo_run)
    areas = demo_run.areas.copy()
    area_id = areas.index[areas["recipients"].notna()][0]
    areas.loc[area_id, "recipients"] += 1
    content = dataclasses.replace(demo_run.content, areas=areas)
    other = dataclasses.replace(demo_run, content=content)
    with pytest.raises(AssertionError, match=rf"areas\.recipients in 1 row\(s\): {area_id}"):
        sr.testing.assert_run_equal(demo_run, other)
    sr.testing.assert_run_equal(demo_run, other, rtol=0.5)


def test_a_missing_figure_never_equals_a_number(demo_run) -> None:
    areas = demo_run.areas.copy()
    area_id = areas.index[areas["recipients"].notna()][0]
    areas.loc[area_id, "recipients"] = float("nan")
    other = dataclasses.replace(
        demo_run, content=dataclasses.replace(demo_run.content, areas=areas)
    )
    with pytest.raises(AssertionError, match="nan"):
        sr.testing.assert_run_equal(demo_run, other, rtol=1e9)


def test_other_settings_rows_and_columns_are_named(demo_run) -> None:
    study = sr.load_study("demo", siting={"rooms": 3})
    content = dataclasses.replace(
        demo_run.content, frontier=demo_run.frontier.iloc[:-1].drop(columns="gap")
    )
    other = dataclasses.replace(demo_run, study=study, content=content)
    with pytest.raises(AssertionError) as told:
        sr.testing.assert_run_equal(demo_run, other)
    message = str(told.value)
    assert "study.siting.rooms: 5 and 3" in message
    assert "frontier: only left has the columns gap" in message
    assert "frontier: rows only left" in message
    with pytest.raises(AssertionError) as told:
        sr.testing.assert_run_equal(demo_run, other, check_study=False)
    assert "study." not in str(told.value)


def test_a_run_tells_its_answer_with_escaped_names(demo_run) -> None:
    areas = demo_run.areas.copy()
    first = demo_run.ranking.index[0]
    areas.loc[first, "name"] = "<script>x</script>"
    content = dataclasses.replace(demo_run.content, areas=areas)
    page = dataclasses.replace(demo_run, content=content)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;x" in page
    assert "Rangmenge" in page
    assert demo_run.proposal()["name"].iloc[0] in page


def test_a_plot_draws_into_the_axes_it_is_given_and_into_no_other(demo_run) -> None:
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    content, before = demo_run.content, plt.get_fignums()
    graph = sr.concentration.contiguity(content.areas)
    draws = {
        sr.plot.share_map: (demo_run.areas,),
        sr.plot.count_map: (demo_run.areas,),
        sr.plot.class_map: (demo_run.areas, "dynamics_class"),
        sr.plot.cluster_map: (demo_run.areas, content.clusters),
        sr.plot.rooms_map: (demo_run, "young", 4),
        sr.plot.rank_sets: (demo_run.ranking,),
        sr.plot.lorenz: (content.lorenz,),
        sr.plot.frontier: (demo_run.frontier,),
        sr.plot.stability: (demo_run.proposal(),),
        sr.plot.moran: (demo_run.areas["share"], graph),
    }
    assert {f.__name__ for f in draws} == set(sr.plot.__all__)
    for draw, given in draws.items():
        ax = Figure().subplots()
        assert draw(*given, ax=ax) is ax
        assert ax.has_data(), draw.__name__
        assert plt.get_fignums() == before


def test_the_line_of_a_moran_plot_has_the_slope_of_morans_i(demo_run) -> None:
    from matplotlib.figure import Figure

    share = demo_run.areas["share"]
    known = share[share.notna()]
    graph = sr.concentration.contiguity(demo_run.areas.loc[known.index])
    ax = sr.plot.moran(known, graph, ax=Figure().subplots())
    (x0, x1), (y0, y1) = (line := ax.lines[-1]).get_xdata(), line.get_ydata()
    expected = sr.concentration.moran(known, sr.concentration.row_standardised(graph))["I"]
    assert (y1 - y0) / (x1 - x0) == pytest.approx(expected, abs=1e-9)


def test_versions_are_told_for_a_bug_report(capsys) -> None:
    sr.show_versions()
    out = capsys.readouterr().out
    assert sr.__version__ in out
    assert "geopandas" in out
