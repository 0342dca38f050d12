"""Write the reference pages from the program itself, and check the links of all pages.

python docs/build.py           writes docs/reference/
python docs/build.py --check   writes nothing, ends with 1 where a page is out of date
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
    commands = next(a for a in parser._actions if hasattr(a, "choices") and a.choices)
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
    return re.sub(r"\s+", " ", repr(default)).replace("|", "\\|")


def columns() -> str:
    """The columns of the tables of a run."""
    from sozialraum.publish.columns import describe
    from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING

    lines = ["# Columns of the tables", "", "Empty = missing or withheld, never 0.", ""]
    for name, table in (("ranking", RANKING), ("presence", PRESENCE), ("frontier", FRONTIER)):
        lines += [f"## {name}.csv", "", "| column | type | meaning (German) |", "|---|---|---|"]
        lines += [f"| `{c}` | {describe(c).kind} | {text} |" for c, text in table.items()]
        lines.append("")
    return "\n".join(lines)


def schema() -> str:
    """The JSON Schema of a study, for editors."""
    from sozialraum.study import json_schema

    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def broken_links() -> list[str]:
    """Links of committed pages to files that are not there."""
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    pages += list((ROOT / "data").rglob("README.md"))
    return [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target, _ in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]


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
    return int(bool(broken) or (bool(stale) and "--check" in sys.argv))


if __name__ == "__main__":
    sys.exit(main())
