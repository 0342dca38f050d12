"""Write the reference pages from the program itself, check links, build the site.

python docs/build.py           writes docs/reference/
python docs/build.py --check   writes nothing, ends with 1 where a page is out of date
python docs/build.py site      writes docs/reference/ and the site docs/_build/html
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference"
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)]*)?\)")


def command_line() -> str:
    """All commands with their options, as argparse prints them at 88 columns."""
    import os

    os.environ["COLUMNS"] = "88"
    from sozialraum import cli

    parser = cli.parser()
    parts = ["# Command line", "", "```text", parser.format_help().rstrip(), "```", ""]
    commands = next(a for a in parser._actions if isinstance(a.choices, dict))
    for name, command in commands.choices.items():  # type: ignore[union-attr]
        parts += [f"## {name}", "", "```text", command.format_help().rstrip(), "```", ""]
    codes = (cli.__doc__ or "").split("Exit codes:")[1].strip()
    parts += ["## Exit codes", "", " ".join(codes.split()), ""]
    return "\n".join(parts)


def study() -> str:
    """Every setting of a study with its type, default and meaning."""
    from pydantic import BaseModel
    from pydantic_core import PydanticUndefined

    from sozialraum.study import model, places

    lines = ["# Study", "", "One YAML file; unknown keys are refused. Paths are relative to the"]
    lines += ["data folder. `extends: NAME` starts from a packaged study.", ""]
    sections = [
        c
        for c in {**vars(model), **vars(places)}.values()
        if isinstance(c, type)
        and issubclass(c, BaseModel)
        and c.__module__.startswith("sozialraum.study")
    ]
    sections.sort(key=lambda c: c is not model.Study)
    for section in sections:
        if section is model.Strict:
            continue
        lines += [f"## {section.__name__}", "", (section.__doc__ or "").strip(), ""]
        lines += ["| key | default | meaning |", "|---|---|---|"]
        for name, field in section.model_fields.items():
            default = field.get_default(call_default_factory=True)
            shown = "required" if default is PydanticUndefined else f"`{_shown(default)}`"
            lines.append(f"| `{field.alias or name}` | {shown} | {field.description or ''} |")
        lines.append("")
    return "\n".join(lines)


def _shown(default: object) -> str:
    from pydantic import BaseModel

    if isinstance(default, BaseModel):
        return "section"
    text = repr(default).removesuffix(".0") if isinstance(default, float) else repr(default)
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def columns() -> str:
    """The columns of the published files, with units and meanings."""
    from sozialraum.publish.columns import describe
    from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
    from sozialraum.publish.meanings import Meanings, unit_of
    from sozialraum.publish.tables import region_columns
    from sozialraum.study import load_study

    meanings = Meanings(load_study("demo"))
    lines = ["# Columns of the published files", "", "Empty = missing or withheld, never 0.", ""]
    lines += ["Meanings are German, as in the files, here with the settings of the study `demo`;"]
    lines += ["`datapackage.json` and the GeoPackage itself hold those of a run. The unit `1` is a"]
    lines += ["pure number, shares among them. `S1` stands for every indicator, `young` for every"]
    lines += ["target group. The sheets of `tables.xlsx` are described in `datapackage.json`.", ""]
    parts = {
        "ranking.csv": ("", list(RANKING)),
        "regions.csv, layer regions": ("regions", region_columns()),
        "presence.csv": ("presence", list(PRESENCE)),
        "frontier.csv": ("frontier", list(FRONTIER)),
    }
    parts |= {title: (table, names.split()) for title, (table, names) in LAYERS.items()}
    for title, (table, names) in parts.items():
        lines += [f"## {title}", "", "| column | type | unit | meaning (German) |"]
        lines += ["|---|---|---|---|"]
        for name in names:
            column = describe(name, table)
            meaning = meanings.of(column, table)
            lines.append(f"| `{name}` | {column.kind} | {unit_of(column)} | {meaning} |")
        lines.append("")
    return "\n".join(lines)


LAYERS = {
    "Layer areas, areas.parquet: besides those of ranking.csv": (
        "",
        "region_id region_name S1 S1_previous status_index status_published dynamics_index "
        "dynamics_published old_age top_certain top_possible sentence cluster_sentence flags "
        "rank_young rank_lo_young rank_hi_young explained_S1 weight_young",
    ),
    "Layer surface": ("surface", "unit_id area_id per_km2 behind"),
    "Layer clusters": (
        "clusters",
        "areas names beyond cases expected relative_risk p_value p_circles",
    ),
    "Layer units": ("units", "unit_id area_id people_young"),
    "Layer offices": ("offices", "name approximate targets"),
    "Layer rooms": (
        "rooms",
        "site_id name address operator operator_kind operator_reason venue_types role order "
        "eligible reason suits area_id sources lon lat",
    ),
}
"""Columns of the layers of the GeoPackage: the table they are described in, their names."""


def schema() -> str:
    """The JSON Schema of a study, for editors."""
    from sozialraum.study import json_schema

    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def broken_links() -> list[str]:
    """Links of committed pages to files that are not there.

    The pages of the API exist only in a built site, where `broken_in_site` looks.
    """
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    pages += list((ROOT / "data").rglob("README.md"))
    return [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target, _ in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target
        and "reference/api/" not in target
        and not (page.parent / target).exists()
    ]


PUBLIC = ("sources", "areas", "need", "concentration", "access", "presence", "disclosure",
          "publish", "plot", "testing", "demo")  # fmt: skip
"""Packages with pages of their own in the reference, in the order of a number's way."""


def public_names(package: str) -> list[str]:
    """The functions and classes that a package offers."""
    import importlib
    import inspect

    module = importlib.import_module(f"sozialraum.{package}")
    listed = getattr(module, "__all__", None) or [
        n for n, o in vars(module).items() if getattr(o, "__module__", "") == module.__name__
    ]
    kept = [n for n in listed if not n.startswith("_")]
    return sorted(n for n in kept if callable(o := getattr(module, n)) or inspect.isclass(o))


def write_api(place: Path) -> None:
    """One page for each package, with a page for each public name behind it."""
    import importlib

    place.mkdir(parents=True, exist_ok=True)
    top = ["run", "check", "load_study", "packaged_studies", "show_versions", "Run", "Study"]
    lines = ["API", "===", "", "``import sozialraum as sr``; packages are loaded when first used."]
    lines += ["Frames and arrays in, frames out, the index kept.", ""]
    lines += [".. currentmodule:: sozialraum", "", ".. autosummary::", "   :toctree: generated", ""]
    lines += [f"   {name}" for name in top]
    lines += ["", ".. toctree::", "   :maxdepth: 1", "", *(f"   {name}" for name in PUBLIC)]
    (place / "index.rst").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in PUBLIC:
        doc = (importlib.import_module(f"sozialraum.{name}").__doc__ or "").strip()
        title = f"sr.{name}"
        lines = [title, "=" * len(title), "", doc, "", f".. currentmodule:: sozialraum.{name}", ""]
        lines += [".. autosummary::", "   :toctree: generated", ""]
        lines += [f"   {n}" for n in public_names(name)]
        (place / f"{name}.rst").write_text("\n".join(lines) + "\n", encoding="utf-8")


def broken_in_site(html: Path) -> list[str]:
    """Links, pictures and anchors of the built site that lead nowhere, or to another host."""
    from html.parser import HTMLParser
    from urllib.parse import unquote, urlsplit

    class Page(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.ids: set[str] = set()
            self.links: list[tuple[str, str]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            for key, value in attrs:
                if key in {"id", "name"} and value:
                    self.ids.add(value)
                elif key in {"href", "src"} and value:
                    self.links.append((tag, value))

    pages = {}
    for path in sorted(html.rglob("*.html")):
        if "_static" in path.parts:  # patterns of the theme
            continue
        pages[path] = Page()
        pages[path].feed(path.read_text(encoding="utf-8"))
    found = []
    for path, page in pages.items():
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme in {"mailto", "data"} or (parts.netloc and tag == "a"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages.get(target)
            lost = parts.fragment and known and unquote(parts.fragment) not in known.ids
            if parts.netloc or not target.exists() or lost:
                found.append(f"{path.relative_to(html)}: {link}")
    return found


def build_site() -> int:
    """Run the notebooks, where needed, and Sphinx; every warning is an error."""
    import shutil

    from sphinx.cmd.build import build_main
    from tutorials import NOTEBOOKS, executed

    html = ROOT / "docs" / "_build" / "html"
    for path in NOTEBOOKS:
        print(f"notebook {path.stem}")
        executed(path)
    api = ROOT / "docs" / "reference" / "api"
    shutil.rmtree(api, ignore_errors=True)
    write_api(api)
    shutil.rmtree(html, ignore_errors=True)
    doctrees = ROOT / "docs" / "_build" / "doctrees"
    options = ["-b", "html", "-n", "-W", "--keep-going", "-q", "-j", "2", "-d", str(doctrees)]
    code = build_main([*options, str(ROOT / "docs"), str(html)])
    broken = [] if code else broken_in_site(html)
    for line in broken:
        print(f"broken link in {line}")
    print(f"the site: {html / 'index.html'}" if not code and not broken else "the site has faults")
    return int(bool(code or broken))


def main() -> int:
    """Write or check the pages."""
    wanted = {
        "command-line.md": command_line(),
        "study.md": study(),
        "columns.md": columns(),
        "study.schema.json": schema(),
    }
    if "--check" in sys.argv and sys.version_info[:2] != (3, 11):
        del wanted["command-line.md"]  # argparse words its help differently in each version
    stale = []
    for name, text in wanted.items():
        path = PAGES / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    broken = broken_links()
    for line in broken:
        print(f"broken link in {line}")
    for name in stale:
        print(f"docs/reference/{name} {'is out of date' if '--check' in sys.argv else 'written'}")
    if "site" in sys.argv:
        return build_site() or int(bool(broken))
    return int(bool(broken) or (bool(stale) and "--check" in sys.argv))


if __name__ == "__main__":
    sys.exit(main())
