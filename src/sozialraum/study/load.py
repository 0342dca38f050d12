"""Reading a study: strict, safe, and with the place of every mistake."""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from sozialraum.errors import StudyError
from sozialraum.packaged import LOADER
from sozialraum.study.model import Study
from sozialraum.study.residents import without_residents

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
TAGS = {"map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value"}


def packaged_studies() -> list[str]:
    """Names of the studies that come with the program.

    Examples
    --------
    >>> packaged_studies()
    ['berlin', 'charlottenburg-wilmersdorf', 'demo']
    """
    folder = resources.files("sozialraum.study") / "packaged"
    return sorted(
        p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml")
    )


def load_study(study: str | Path | Study, **changes: Any) -> Study:
    """Read a study by packaged name or from a YAML file.

    Parameters
    ----------
    study : str, pathlib.Path or Study
        A packaged name (`demo`, `charlottenburg-wilmersdorf`, `berlin`), a path, or a study that
        is already loaded.
    **changes
        Sections or settings to replace, e.g. ``siting={"rooms": 8}``; nested mappings are merged.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        No such study, no valid YAML, an unknown key or a wrong value; the message names the line,
        what was expected and the nearest valid name.

    Examples
    --------
    >>> import sozialraum as sr
    >>> sr.load_study("demo", siting={"rooms": 4}).siting.rooms
    4
    """
    if isinstance(study, Study):
        document = without_residents(study.model_dump(mode="json", by_alias=True))
        where = study.name
        lines: dict[tuple[Any, ...], int] = {}
    else:
        text, where = _text(study)
        document, lines = _parse(text, where)
        document = _extended(document, where, lines)
    _merge(document, changes)
    try:
        return Study.model_validate(document)
    except ValidationError as error:
        raise _readable(error, where, lines) from None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a study file, for editors."""
    schema = Study.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "sozialraum study"
    schema["properties"]["extends"] = {"enum": packaged_studies(), "description": "Start from it"}
    schema["anyOf"] = [{"required": schema.pop("required")}, {"required": ["extends"]}]
    return schema


def _text(study: str | Path) -> tuple[str, str]:
    names = packaged_studies()
    path = Path(study)
    if isinstance(study, str) and study in names:
        source = resources.files("sozialraum.study") / "packaged" / f"{study}.yaml"
        return source.read_text(encoding="utf-8"), f"packaged study {study}"
    if not path.is_file():
        near = difflib.get_close_matches(str(study), names, n=1)
        raise StudyError(
            f"There is no study {str(study)!r}",
            expected=f"one of {', '.join(names)}, or the path of a YAML file",
            hint=f"Did you mean {near[0]!r}?" if near else f"Nothing is at {path.absolute()}",
        )
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StudyError(
                "The study file is too large",
                where=str(path),
                expected=f"at most {MAX_BYTES} bytes",
            )
        return path.read_text(encoding="utf-8-sig"), str(path)
    except UnicodeDecodeError as error:
        raise StudyError(
            "The study file is not UTF-8",
            where=f"{path}, byte {error.start}",
            hint="Save it as UTF-8",
        ) from None
    except OSError as error:
        raise StudyError(
            f"The study file cannot be read: {error.strerror}", where=str(path)
        ) from None


def _parse(text: str, where: str) -> tuple[dict[str, Any], dict[tuple[Any, ...], int]]:
    """The document and the line of every key. Aliases are refused: no study needs them."""
    try:
        for depth, event in _depths(text):
            if isinstance(event, yaml.AliasEvent):
                raise StudyError(
                    "The study uses a YAML alias",
                    where=f"{where}, line {_line(event)}",
                    hint="Write the value out",
                )
            if depth > MAX_DEPTH:
                raise StudyError("The study is nested too deeply", where=where)
        node = yaml.compose(text, Loader=LOADER)
        loader = yaml.SafeLoader("")
        lines: dict[tuple[Any, ...], int] = {}
        document = _build(node, (), lines, where, loader) if node is not None else None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}" if mark else where
        problem = getattr(error, "problem", None) or str(error) or "nested too deeply"
        raise StudyError(
            f"The study is no valid YAML: {problem}",
            where=place,
            hint="A study is a text file with lines such as 'extends: demo'",
        ) from None
    if not isinstance(document, dict):
        raise StudyError("The study is no mapping", where=where, expected="keys such as 'name:'")
    return document, lines


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _depths(text: str) -> Any:
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        yield depth, event


def _build(node: Any, at: tuple[Any, ...], lines: dict, where: str, loader: Any) -> Any:
    lines[at] = node.start_mark.line + 1
    if node.tag.removeprefix("tag:yaml.org,2002:") not in TAGS:
        raise StudyError(
            f"The study uses the YAML tag {node.tag[:60]!r}",
            where=f"{where}, line {node.start_mark.line + 1}",
            hint="Write plain values: nothing in a study is run",
        )
    if isinstance(node, yaml.MappingNode):
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node)
            if not isinstance(key, str):
                key = key_node.value  # 04100102: an id stays text, also as a key
            if key in result:
                raise StudyError(
                    f"The key {key!r} stands twice",
                    where=f"{where}, line {key_node.start_mark.line + 1}",
                )
            result[key] = _build(value_node, (*at, key), lines, where, loader)
            lines[(*at, key)] = key_node.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(n, (*at, i), lines, where, loader) for i, n in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:int" and node.value.startswith("0") and len(node.value) > 1:
        return node.value  # YAML 1.1 reads 04100102 as octal; it is an id
    return loader.construct_object(node)


def _extended(document: dict[str, Any], where: str, lines: dict) -> dict[str, Any]:
    """The packaged study named by `extends`, with this document's settings on top."""
    if "extends" not in document:
        return document
    base = document.pop("extends")
    names = packaged_studies()
    if base not in names:
        raise StudyError(
            f"The study extends {base!r}, which is not packaged",
            where=f"{where}, line {lines[('extends',)]}",
            expected=f"one of {', '.join(names)}",
        )
    text, base_where = _text(base)
    base_document, base_lines = _parse(text, base_where)
    result = _extended(base_document, base_where, base_lines)
    _merge(result, document)
    return result


def _merge(document: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            _merge(document[key], value)
        else:
            document[key] = value


@cache
def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {f.alias or name: f.annotation for name, f in model.model_fields.items()}


def _model_at(loc: tuple[Any, ...]) -> type[BaseModel] | None:
    """The section that the parent of `loc` belongs to."""
    import typing

    current: Any = Study
    for step in loc:
        candidates = [current, *typing.get_args(current)]
        nested = [a for c in candidates for a in (c, *typing.get_args(c))]
        models = [c for c in nested if isinstance(c, type) and issubclass(c, BaseModel)]
        if not models:
            return None
        current = models[0]
        if isinstance(step, str) and step in _fields(current):
            current = _fields(current)[step]
        elif isinstance(step, str):
            return models[0]
    candidates = [current, *typing.get_args(current)]
    models = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
    return models[0] if models else None


def _readable(error: ValidationError, where: str, lines: dict[tuple[Any, ...], int]) -> StudyError:
    first, *others = error.errors()
    loc, rule = _rule(first)
    place = ".".join(str(part) for part in loc) or "study"
    line = next((lines[loc[:n]] for n in range(len(loc), -1, -1) if loc[:n] in lines), None)
    at = f"{where}, line {line}" if line else where
    more = f" {len(others)} more finding(s) after this one" if others else ""
    if first["type"] == "extra_forbidden":
        model = _model_at(loc[:-1])
        names = list(_fields(model)) if model else []
        near = difflib.get_close_matches(str(loc[-1]), names, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else ""
        return StudyError(
            f"Unknown key {place!r}",
            where=at,
            expected="one of " + ", ".join(names),
            hint=hint + more,
        )
    if first["type"] == "missing":
        return StudyError(f"The key {place!r} is missing", where=at, hint=more)
    if rule:
        return StudyError(f"Wrong value at {place!r}: {rule}", where=at, hint=more.strip())
    value = first.get("input")
    shown = f", not {value!r}"[:80] if isinstance(value, (str, int, float, bool)) else ""
    return StudyError(
        f"Wrong value at {place!r}", where=at, expected=_wanted(first) + shown, hint=more.strip()
    )


def _rule(finding: Any) -> tuple[tuple[Any, ...], str]:
    """Where a finding belongs, and what a rule of the model says about it, if one does.

    A rule over several settings is found at their section and begins with the key it is about.
    """
    loc = tuple(finding["loc"])
    if finding["type"] not in ("value_error", "assertion_error"):
        return loc, ""
    text = str(finding["msg"]).split(", ", 1)[-1]
    key, found, rule = text.partition(": ")
    if found and re.fullmatch(r"[\w-]+(\.[\w-]+)*", key):
        return (*loc, *key.split(".")), rule
    return loc, text


_WANTED = {
    "greater_than_equal": "a number of at least {ge}",
    "greater_than": "a number greater than {gt}",
    "less_than_equal": "a number of at most {le}",
    "less_than": "a number less than {lt}",
    "literal_error": "one of {expected}",
    "enum": "one of {expected}",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "a text",
    "date": "a date such as 2024-12-31",
    "tuple": "a list",
    "list": "a list",
    "set": "a list",
    "frozen": "a list",
    "dict": "a section with keys of its own",
    "model": "a section with keys of its own",
}
"""What a value must be, by the kind of finding or its first word."""


def _wanted(finding: Any) -> str:
    """What was expected, in words of a study file."""
    kind = str(finding["type"])
    words = _WANTED.get(kind) or _WANTED.get(kind.split("_")[0])
    if words is None:
        return str(finding["msg"]).removeprefix("Input should be ")
    return words.format(**finding.get("ctx", {}))
