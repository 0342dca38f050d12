"""sozialraum: where people on basic income support live, and where to be present.

>>> import sozialraum as sr
>>> sr.load_study("demo").region.city
'Musterstadt'

A whole study is `run`; its stages are packages of plain functions, imported when they are first
used, so that ``import sozialraum`` costs nothing: `sources`, `areas`, `need`, `concentration`,
`access`, `presence`, `disclosure`, `publish`. `plot` draws, `testing` compares runs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_LAZY = {
    "check": "sozialraum.pipeline",
    "compare_runs": "sozialraum.comparison",
    "evaluate_visits": "sozialraum.evaluation",
    "load_study": "sozialraum.study",
    "packaged_studies": "sozialraum.study",
    "read_run": "sozialraum.publish.finished",
    "run": "sozialraum.pipeline",
    "Run": "sozialraum.result",
    "Siting": "sozialraum.presence",
    "Study": "sozialraum.study",
    "show_versions": "sozialraum.versions",
}
_PACKAGES = (
    "access",
    "areas",
    "comparison",
    "concentration",
    "demo",
    "disclosure",
    "errors",
    "evaluation",
    "need",
    "plot",
    "presence",
    "publish",
    "sources",
    "study",
    "testing",
)

__all__ = ["__version__", *_LAZY, *_PACKAGES]

if TYPE_CHECKING:
    from sozialraum import (
        access,
        areas,
        comparison,
        concentration,
        demo,
        disclosure,
        errors,
        evaluation,
        need,
        plot,
        presence,
        publish,
        sources,
        study,
        testing,
    )
    from sozialraum.comparison import compare_runs
    from sozialraum.evaluation import evaluate_visits
    from sozialraum.pipeline import check, run
    from sozialraum.presence import Siting
    from sozialraum.publish.finished import read_run
    from sozialraum.result import Run
    from sozialraum.study import Study, load_study, packaged_studies
    from sozialraum.versions import show_versions


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    if name in _PACKAGES:
        return importlib.import_module(f"sozialraum.{name}")
    raise AttributeError(f"module 'sozialraum' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
