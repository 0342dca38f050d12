"""The catalogue of sources."""

import pytest

from sozialraum.errors import StudyError
from sozialraum.sources import catalogue
from sozialraum.study import load_study, packaged_studies


@pytest.mark.parametrize("name", packaged_studies())
def test_every_source_of_a_packaged_study_can_be_attributed(name):
    study = load_study(name)
    named = [study.area_layer.source, study.population.source, study.venues.grid_source]
    named += [e.source for e in study.editions] + [f.source for f in study.venues.files]
    named += [e.register_.source for e in study.editions if e.register_]
    for id_ in filter(None, named):
        source = catalogue.get(id_)
        assert source.fictitious == study.fictitious
        assert source.attribution
        assert source.licence


def test_what_needs_attribution_names_its_publisher_and_licence():
    for source in catalogue.all().values():
        if source.licence.startswith(("CC BY", "dl-de")):
            assert source.publisher in source.attribution
            assert source.licence.split(" 3.0")[0].split(" /")[0] in source.attribution


def test_an_unknown_source_is_an_error_of_the_study():
    with pytest.raises(StudyError, match="Did you mean 'mss_2025'"):
        catalogue.get("mss2025")


def test_pages_are_addressed_safely():
    assert all(s.url.startswith("https://") for s in catalogue.all().values() if s.url)


def test_the_overview_says_what_is_on_disk(tmp_path):
    (tmp_path / "ba").mkdir()
    (tmp_path / "ba" / "a.xlsx").touch()
    text = catalogue.overview(tmp_path)
    assert "ba/a.xlsx" in text
    assert "not on disk" in text


def test_the_overview_names_what_nobody_could_verify(tmp_path):
    line = "names not verified: "
    said = [
        part.split(line)[1] for part in catalogue.overview(tmp_path).splitlines() if line in part
    ]
    doubtful = [
        [d.layer or d.path for d in source.fetch if not d.verified]
        for source in catalogue.all().values()
    ]
    assert said == [", ".join(names) for names in doubtful if names]


@pytest.mark.real_data
def test_every_real_source_but_workbook_and_census_is_found_in_the_folder(berlin):
    missing = [s.id for s in catalogue.all().values() if not (s.fictitious or s.on_disk(berlin))]
    extra = ["mss_2019", "mss_2017", "kita", "adressen_berlin", "detailnetz", "osm_extract"]
    assert sorted(missing) == sorted([*extra, "zensus_2022", "ba_workbook"])
