"""The same facts as people really publish them: a correct result or one clear error."""

import pytest

from sozialraum.errors import InputError
from sozialraum.sources.lor import read_areas
from sozialraum.sources.tables import area_ids, read_table

pytestmark = pytest.mark.real_data


@pytest.fixture
def defects(real_data):
    return real_data / "defects"


@pytest.fixture
def complete(berlin):
    """The ids and names that the files should have."""
    return read_areas(berlin / "lor_2021/lor_planungsraeume_2021.shp")["name"]


def test_ids_as_integers_get_their_leading_zero_back(defects, complete):
    path = defects / "marc_lor_planungsraeume_2021.csv"
    table = read_table(path, columns=("PLR_ID", "PLR_NAME"))
    ids, notes = area_ids(table["PLR_ID"], digits=8, where=str(path), known=complete.index)
    assert sorted(ids) == complete.index.tolist()
    assert (table.set_index(ids)["PLR_NAME"].sort_index() == complete).all()
    filled = complete.index.str.startswith("0").sum()
    assert notes == [f"{path.name}: {filled} Gebietsnummern ohne führende Null ergänzt."]


def test_a_file_without_header_is_an_error_or_is_read_with_names(defects, complete):
    path = defects / "chenjing_lor_planungsraeume_2021.csv"
    with pytest.raises(InputError, match="no header"):
        read_table(path, columns=("PLR_ID",))
    table = read_table(path, names=("PLR_ID", "PLR_NAME", "BEZ", "GROESSE_M2"))
    ids, _ = area_ids(table["PLR_ID"], digits=8, where=str(path), known=complete.index)
    assert (table.set_index(ids)["PLR_NAME"].sort_index() == complete).all()


def test_a_byte_order_mark_and_an_unquoted_comma_do_no_harm(defects, complete):
    path = defects / "LOR_2021_bom_unquoted_comma.csv"
    table = read_table(path, columns=("techn. Schlüssel (UUID)", "Planungsraum (Nummer)"))
    assert sorted(table["Planungsraum (Nummer)"]) == complete.index.tolist()
    assert set(table["Bezirk"]) == {
        "Mitte", "Friedrichshain-Kreuzberg", "Pankow", "Charlottenburg-Wilmersdorf", "Spandau",
        "Steglitz-Zehlendorf", "Tempelhof-Schöneberg", "Neukölln", "Treptow-Köpenick",
        "Marzahn-Hellersdorf", "Lichtenberg", "Reinickendorf",
    }  # fmt: skip
    assert "Malchow, Wartenberg und Falkenberg" in set(table["Bezirksregion (Name)"])
    assert "Zeile 467, 468" in table.attrs["notes"][0]


def test_fifteen_vertices_in_another_crs_are_named(defects):
    with pytest.raises(InputError, match="15 of 70070 vertices, in 2 of 448 features") as caught:
        read_areas(
            defects / "lor_2020_wgs84_fifteen_vertices_in_25833.geojson",
            id="broker Dow",
            name="PLANUNGSRA",
            mend={(124, "06010102"): "04030417"},
        )
    assert "feature 69 'Buch' (03010102)" in str(caught.value)
    assert "two reference systems are mixed" in str(caught.value)


def test_a_long_table_of_another_jobcenter_is_read(real_data):
    table = read_table(
        real_data / "specimens/regensburg_jobcenter_eckwerte.csv",
        columns=("period", "kategorie", "merkmal", "insgesamt", "sgb2"),
    )
    assert len(table) == 558
    assert table.loc[2, ["merkmal", "sgb2"]].tolist() == ["15 bis unter 25 Jahre", "148.0"]
