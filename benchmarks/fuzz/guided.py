"""The same readers, guided by coverage (atheris, for Linux): ``guided.py READER -runs=20000``.

READER is cells, workbook, counts, study or any other name of `targets`; further arguments go to
libFuzzer. Ends at the first input that raises anything but a clear error.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sozialraum"]):
    import sozialraum.sources.ba
    import sozialraum.sources.cells
    import sozialraum.sources.grid
    import sozialraum.sources.tables
    import sozialraum.sources.vector
    import sozialraum.sources.venues
    import sozialraum.sources.workbook
    import sozialraum.study.load  # noqa: F401

from targets import targets

from sozialraum.errors import InputError
from sozialraum.sources.cells import BA, MEASURES, parse_cells


def cells(content: bytes) -> None:
    """A column of cells, one a line."""
    values = content.decode("utf-8", "replace").split("\n")
    for dialect in (BA, MEASURES):
        try:
            parse_cells(values, dialect)
        except InputError:
            continue


def main() -> None:
    """Hand the reader over to libFuzzer."""
    name = sys.argv.pop(1)
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    if name == "cells":
        (corpus / "seed").write_bytes("1 234\n*\n-\n1.234,5\n12 1)\n•".encode())
        once = cells
    else:
        target = targets()[name]
        for k, seed in enumerate(target.seeds):
            (corpus / f"seed{k}").write_bytes(seed)

        def once(content: bytes) -> None:
            target.call(content, folder)

    atheris.Setup([*sys.argv, str(corpus), "-timeout=60", "-rss_limit_mb=1000"], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
