"""One file that can be fetched, as the catalogue describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Download:
    """Where a file comes from and what it becomes.

    Attributes
    ----------
    service : str
        Id of the service; its base address is in the catalogue and can be overridden.
    path : str
        Below the base address: the name of a WFS, or a file.
    to : str
        File below the data folder.
    layer : str
        Layer of a WFS; empty: a plain file.
    form : {'table', 'areas', 'points', 'file', 'grid'}
        What is written.
    key : str
        Attribute that identifies a feature, lower case.
    columns : mapping
        Attribute (lower case) -> column of the file; all of them must be there.
    add : mapping
        Column -> text for columns that the service may leave out.
    rows : int
        Number of features where it is fixed (the areas of 2021); 0: any.
    crs : str
    page : int
        Features per request.
    verified : bool
        Whether the names of layer and attributes, or of the file, were seen in the publisher's own
        files or in public programs that read the service. False: they follow the naming of its
        neighbours; a check of the schema that fails says so.
    """

    service: str
    path: str
    to: str
    layer: str = ""
    form: str = "file"
    key: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    add: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    crs: str = "EPSG:25833"
    page: int = 500
    verified: bool = True
