"""A figure as a vector graphic (SVG): the same drawing gives the same bytes."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sozialraum.errors import EnvironmentFault
from sozialraum.publish import cartography, charts, density, siting_map

FONT = "DejaVuSans.ttf"
PIXELS = 200  # per inch, where pixels are asked for
SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "sozialraum",  # ids inside the file must not be random
    "svg.fonttype": "none",  # text stays text: smaller, selectable, set by the report's own fonts
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "hatch.linewidth": 0.6,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#8f959c",
    "text.parse_math": False,
}


@dataclass(frozen=True)
class Drawing:
    """A figure before it is drawn.

    Attributes
    ----------
    function : str
        Name of one of `FUNCTIONS`.
    arguments : tuple
        What it takes after the axes.
    words : dict
        Its keywords.
    size : (float, float)
        Width and height in inches.
    box : (float, float, float, float)
        Where the axes stand: left, bottom, width and height as fractions of the size.
    """

    function: str
    arguments: tuple[Any, ...]
    words: dict[str, Any]
    size: tuple[float, float]
    box: tuple[float, float, float, float]


def font_folder() -> str:
    """Where the font lies with which matplotlib measures labels and typst sets them.

    Raises
    ------
    EnvironmentFault
        It is missing.
    """
    import matplotlib as mpl

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    if not (folder / FONT).is_file():
        raise EnvironmentFault(
            f"The font {FONT} is missing",
            where=str(folder),
            expected="the fonts that come with matplotlib",
            hint="Set the environment up again ('make report' after 'make clean')",
        )
    return str(folder)


def drawn(drawing: Drawing, *, png: bool = False) -> bytes:
    """One drawing as SVG, or as pixels for programs that take no vector graphics."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    font_folder()
    # a reader's own matplotlibrc must not change the report
    defaults = mpl.rcParamsDefault.items()
    own = {k: v for k, v in defaults if not k.startswith("backend") and mpl.rcParams[k] != v}
    with mpl.rc_context(own | SETTINGS), warnings.catch_warnings():
        # matplotlib measures a glyph it lacks as a box; typst then takes it from another font
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure = Figure(figsize=drawing.size)
        canvas = FigureCanvasSVG(figure)
        axes = figure.add_axes(drawing.box)
        FUNCTIONS[drawing.function](axes, *drawing.arguments, **drawing.words)
        out = io.BytesIO()
        if png:
            figure.savefig(out, format="png", dpi=PIXELS, metadata={"Software": None})
        else:
            canvas.print_svg(out, metadata={"Date": None, "Creator": None})
    return out.getvalue() if png else _PATH.sub(_as_fine_as_print, out.getvalue())


def warm_up() -> None:
    """Draw something: the first figure of a process has to find the fonts."""
    ends = pd.DataFrame({"population_share": [0.0, 1.0], "recipients_share": [0.0, 1.0]})
    drawn(Drawing("lorenz", (ends,), {}, (3.0, 3.0), (0.2, 0.2, 0.7, 0.7)))


def _as_fine_as_print(path: re.Match[bytes]) -> bytes:
    """Coordinates of a path to a hundredth of a point; matplotlib writes a millionth."""
    return _FURTHER_DIGITS.sub(b"", path[0])


_PATH = re.compile(rb'(?<= d=")[^"]*')
_FURTHER_DIGITS = re.compile(rb"(?<=\.\d\d)\d+")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        cartography.share_map,
        cartography.count_map,
        cartography.class_map,
        cartography.cluster_map,
        siting_map.rooms_map,
        density.surface_map,
        charts.share_change,
        charts.lorenz,
        charts.rank_forest,
        charts.reach_curve,
    )
}
