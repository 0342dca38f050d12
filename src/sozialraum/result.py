"""The result of a run: frames for the notebook, files for the readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from sozialraum.publish.content import Content
    from sozialraum.study import Study
    from sozialraum.worker import Worker


def _silent(stage: str) -> None:
    """Progress that nobody wants to see."""


@dataclass(frozen=True, repr=False)
class Run:
    """What a run found, after disclosure control.

    Attributes
    ----------
    study : Study
    content : Content
        Everything that is published.
    record : Mapping
        What the manifest needs besides the content: hashes of the inputs, join audit, markers.
    leaks : tuple of str
        Ids of areas whose suppressed count follows from the publisher's own totals. For the
        analyst, who tells the publisher; it is in no output.
    origin : Mapping
        How it was called: `data`, `internal`, `cache`; see `with_changes`.
    """

    study: Study
    content: Content
    record: Mapping[str, Any] = field(repr=False)
    leaks: tuple[str, ...] = ()
    origin: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def with_changes(self, **changes: Any) -> Run:
        """The same run with other settings; only what depends on them is computed again.

        Parameters
        ----------
        **changes
            As in `sozialraum.run`, e.g. ``siting={"rooms": 8}``.

        Returns
        -------
        Run

        Examples
        --------
        >>> import sozialraum as sr
        >>> run = sr.run("demo", siting={"rooms": 3})
        >>> len(run.with_changes(siting={"rooms": 4}).proposal())
        4
        """
        from sozialraum.pipeline import run

        return run(self.study, **self.origin, **changes)

    @property
    def areas(self) -> gpd.GeoDataFrame:
        """Planning areas of the region with every released figure, index `area_id`."""
        return self.content.areas

    @property
    def regions(self) -> gpd.GeoDataFrame:
        """Bezirksregionen, index `region_id`."""
        return self.content.regions

    @property
    def ranking(self) -> pd.DataFrame:
        """The columns of ``ranking.csv``, greatest need first."""
        from sozialraum.publish.content import RANKING

        columns = [c for c in RANKING if c in self.areas.columns]
        return self.areas[columns].sort_values(["rank", "area_id"])

    @property
    def presence(self) -> pd.DataFrame:
        """The proposed rooms: every target group and number of rooms."""
        return self.content.presence

    @property
    def frontier(self) -> pd.DataFrame:
        """What 0, 1, 2, … rooms reach, per target group."""
        return self.content.frontier

    @property
    def rooms(self) -> gpd.GeoDataFrame:
        """Every venue with `eligible` and the reason."""
        return self.content.rooms

    def proposal(self, target: str = "everybody", p: int | None = None) -> pd.DataFrame:
        """The proposed rooms for one target group and number of rooms.

        Parameters
        ----------
        target : str
            Key of a target group of the study.
        p : int, optional
            Number of rooms; default: the study's headline number. Where there are not so many,
            the nearest number.

        Returns
        -------
        pandas.DataFrame
            Rows of `presence`, in marginal order.
        """
        from sozialraum.publish.content import proposed

        wanted = self.study.siting.rooms if p is None else p
        return proposed(self.presence, target, wanted).reset_index(drop=True)

    def headline(self) -> str:
        """One sentence with the answer, in the study's language."""
        from sozialraum.publish.headline import headline

        return headline(self.content)

    def write(
        self,
        out: str | Path,
        *,
        progress: Callable[[str], None] = _silent,
        worker: Worker | None = None,
    ) -> Path:
        """Write every output into a folder, swapped in as a whole.

        Parameters
        ----------
        out : path
            Folder of the result; an earlier result there is replaced at the end, or stays.
        progress : callable
            Told the name of each step.
        worker : sozialraum.worker.Worker, optional
            A second process, which sets the report while the other files are written.

        Returns
        -------
        pathlib.Path
            The folder.

        Raises
        ------
        EnvironmentFault
            The folder cannot be written; nothing was changed.
        InputError
            The content did not pass disclosure control.
        """
        from sozialraum.publish import folder, gate
        from sozialraum.publish.report.document import begin

        content, out = self.content, Path(out)
        gate.check_released(content)
        with folder.publishing(out, private=content.info.internal) as place:
            progress("what the report says")
            cached = bool(self.origin.get("cache"))
            report = begin(content, worker.submit if worker else None, cache=cached)
            # The worker has the report: what the other files need is imported meanwhile.
            from sozialraum.cache import open_cache, remembering
            from sozialraum.publish import datapackage, dcat, geodata, manifest, tables
            from sozialraum.publish.map import write_map
            from sozialraum.publish.records import Records

            if content.info.internal:
                notice = "Intern, nicht zur Weitergabe: alle Dateien dieses Ordners.\n"
                (place / folder.NOTICE).write_bytes(notice.encode())
            progress("map")
            write_map(content, place / "map.html", remembering(open_cache(cached)))
            progress("tables and geodata")
            tables.write_csvs(content, place)
            tables.write_calendar(content, place)
            tables.write_workbook(content, place / "tables.xlsx")
            geodata.write_gpkg(content, place / "areas.gpkg")
            geodata.write_parquet(content, place / "areas.parquet")
            progress("report")
            names = [*(file.name for file in place.iterdir()), "report.pdf"]
            package = datapackage.datapackage(content, names)
            records = Records(place)
            records.everything()
            folder.synchronise(place)
            (place / "report.pdf").write_bytes(report())
            progress("manifest")
            datapackage.write_datapackage(content, place, package, records)
            dcat.write_dcat(content, place)
            about = {"study": self.study, "info": content.info, **self.record}
            manifest.write_manifest(place, **about, records=records)
        return out

    def explore(self, *, online: bool = False, height: int = 640) -> Any:
        """The map in a notebook.

        Parameters
        ----------
        online : bool
            False: the run's own map, without any network. True: a folium map (needs the extra
            `notebook`; its page loads scripts and tiles from foreign hosts).
        height : int
            Pixels.
        """
        from sozialraum.publish import notebook

        return notebook.online(self.content) if online else notebook.offline(self.content, height)

    def __repr__(self) -> str:
        info = self.content.info
        return (
            f"<Run of {self.study.name}: {len(self.areas)} areas of {info.region_name}, "
            f"{len(self.proposal())} rooms, {info.reference_date}, {info.fingerprint}>"
        )

    def _repr_html_(self) -> str:
        from sozialraum.publish.notebook import summary

        return summary(self.content, self.headline(), self.ranking, self.proposal())
