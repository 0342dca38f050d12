"""What all sections of a study have in common."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _inside(path: str) -> str:
    """Refuse paths that leave the data folder: a study comes by e-mail, too."""
    pure = PurePosixPath(path.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or ":" in path:
        raise ValueError("must be a relative path inside the data folder, without '..'")
    return path


DataPath = Annotated[str, AfterValidator(_inside)]
Share = Annotated[float, Field(ge=0, le=1)]


class Strict(BaseModel):
    """Base of all sections: no unknown keys, nothing changed after loading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True
    )
