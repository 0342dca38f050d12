"""Results of stages as bytes and back: exact, and safe to read.

Nothing in such bytes is ever executed: a reader builds numbers, texts, tables and the dataclasses
of this package, and refuses everything else. What comes back has the same types, columns, order
and memory layout whichever way it came, so that a run from the cache computes with the same bits.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import importlib
import json
import struct
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Any

from sozialraum.copies import PLAIN
from sozialraum.texts import listed

MAGIC = b"sozialraum-cache/1\n"


class Unstorable(TypeError):
    """A value that cannot be written exactly."""


class Damaged(ValueError):
    """Bytes that `pack` did not write, or not completely."""


def pack(value: Any) -> bytes:
    """A value as bytes, with a checksum in front.

    Parameters
    ----------
    value : object
        None, numbers, texts, bytes, dates, lists, tuples, dicts, sets, numpy arrays, pandas and
        geopandas frames, and dataclasses and named tuples of this package made of them.

    Returns
    -------
    bytes

    Raises
    ------
    Unstorable
        Anything else is in it.

    Examples
    --------
    >>> unpack(pack({"areas": (1, 2.5, None), "name": "Weg"}))
    {'areas': (1, 2.5, None), 'name': 'Weg'}
    """
    parts: list[bytes] = []
    tree = json.dumps(_encode(value, parts), ensure_ascii=False).encode("utf-8", "surrogatepass")
    sizes = json.dumps([len(p) for p in parts]).encode()
    body = b"".join([struct.pack("<QQ", len(tree), len(sizes)), tree, sizes, *parts])
    return MAGIC + checksum(body) + body


def unpack(data: bytes, *, whole: bool = False) -> Any:
    """The value that `pack` was given.

    Parameters
    ----------
    data : bytes
    whole : bool
        They are known to be complete: the checksum is not computed again.

    Raises
    ------
    Damaged
        The checksum is wrong: cut off, changed, or written by somebody else's format.
    """
    head = len(MAGIC)
    body = memoryview(data)[head + 32 :]
    sound = whole or checksum(body) == data[head : head + 32]
    if data[:head] != MAGIC or not sound:
        raise Damaged("not complete")
    try:
        length, count = struct.unpack_from("<QQ", body)
        tree = json.loads(bytes(body[16 : 16 + length]).decode("utf-8", "surrogatepass"))
        at = 16 + length + count
        parts = []
        for size in json.loads(bytes(body[16 + length : at])):
            parts.append(body[at : at + size])
            at += size
        return _decode(tree, parts)
    except Exception as error:  # whatever a reader stumbles over in somebody else's bytes
        raise Damaged(f"another format ({error})") from error


def checksum(body: bytes | memoryview) -> bytes:
    """Of 32 bytes: BLAKE2b is faster than SHA-256 where the processor knows neither."""
    return hashlib.blake2b(body, digest_size=32).digest()


def digest(packed: bytes) -> str:
    """Checksum of packed bytes: the same for the same value."""
    return packed[len(MAGIC) : len(MAGIC) + 32].hex()


# A scalar of JSON stands for itself; everything else is a list whose first element names it.


def _encode(value: Any, parts: list[bytes]) -> Any:
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind in (list, tuple):
        return _encode_several(value, parts)
    if kind is dict:
        return ["dict", [[_encode(k, parts), _encode(v, parts)] for k, v in value.items()]]
    if kind in (set, frozenset):
        return [kind.__name__, [_encode(v, parts) for v in sorted(value)]]
    if kind is bytes:
        parts.append(value)
        return ["bytes", len(parts) - 1]
    if kind in (dt.date, dt.datetime):
        return [kind.__name__, value.isoformat()]
    if dataclasses.is_dataclass(kind):
        name, fields = _described(kind)
        return ["dataclass", name, [[k, _encode(getattr(value, k), parts)] for k in fields]]
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return ["named", _name(kind), [_encode(v, parts) for v in value]]
    module = kind.__module__.split(".")[0]
    if module == "numpy":
        return _encode_numpy(value, parts)
    if module in ("pandas", "geopandas"):
        return _encode_pandas(value, parts)
    raise Unstorable(f"{kind.__module__}.{kind.__qualname__}")


def _name(kind: type) -> str:
    if kind.__module__.split(".")[0] != "sozialraum":
        raise Unstorable(f"{kind.__module__}.{kind.__qualname__}")
    return f"{kind.__module__}:{kind.__qualname__}"


def _encode_several(values: list[Any] | tuple[Any, ...], parts: list[bytes]) -> Any:
    """A list or tuple; in one go where all of it is of one kind."""
    name, kinds = type(values).__name__, set(map(type, values))
    if kinds <= PLAIN:
        return [name, values]
    if kinds == {tuple} and PLAIN.issuperset(map(type, chain.from_iterable(values))):
        return ["rows", name, values]
    if len(kinds) == 1 and len(values) > 1 and dataclasses.is_dataclass(record := kinds.pop()):
        described: Any = record
        label, fields = _described(described)
        columns = [_encode([getattr(v, k) for v in values], parts) for k in fields]
        return ["records", name, label, fields, columns]
    return [name, [_encode(v, parts) for v in values]]


@lru_cache
def _described(kind: Any) -> tuple[str, list[str]]:
    """Name and fields of a dataclass."""
    return _name(kind), [field.name for field in dataclasses.fields(kind)]


def _encode_numpy(value: Any, parts: list[bytes]) -> Any:
    import numpy as np

    if isinstance(value, np.generic):
        if value.dtype.kind in "biuf":
            return ["scalar", value.dtype.str, value.item()]
    elif type(value) is np.ndarray:
        if value.dtype.kind in "biufM":
            parts.append(np.ascontiguousarray(value).tobytes())
            return ["array", value.dtype.str, list(value.shape), len(parts) - 1]
        if value.dtype.kind == "O":
            return ["objects", list(value.shape), [_encode(v, parts) for v in value.ravel()]]
        if value.dtype.kind == "U":
            return ["texts", value.dtype.str, list(value.shape), value.ravel().tolist()]
    raise Unstorable(f"numpy {type(value).__name__} of {getattr(value, 'dtype', '?')}")


def _encode_pandas(value: Any, parts: list[bytes]) -> Any:
    import pandas as pd

    if value is pd.NA:
        return ["missing"]
    if isinstance(value, pd.RangeIndex):
        ends = [value.start, value.stop, value.step]
        return ["range", ends, _encode(value.name, parts)]
    if isinstance(value, pd.MultiIndex):
        return ["tuples", _encode(list(value), parts), _encode(list(value.names), parts)]
    if isinstance(value, pd.Index):
        return ["index", _encode_values(value, parts), _encode(value.name, parts)]
    attrs = _encode(dict(getattr(value, "attrs", {})), parts)
    if isinstance(value, pd.Series):
        values = _encode_values(value, parts)
        index = _encode(value.index, parts)
        return ["series", values, index, _encode(value.name, parts), attrs]
    if isinstance(value, pd.DataFrame):
        # numbers for labels: to look up each text would take longer than to encode its column
        numbered = pd.DataFrame(value).set_axis(range(value.shape[1]), axis=1)
        columns = [_encode_values(column, parts) for _, column in numbered.items()]
        geometry = getattr(value, "_geometry_column_name", None)
        kind = "frame" if type(value) is pd.DataFrame else "geoframe"
        named = [_encode(value.columns, parts), _encode(value.index, parts)]
        return [kind, columns, *named, attrs, geometry]
    raise Unstorable(type(value).__name__)


def _encode_values(column: Any, parts: list[bytes]) -> Any:
    """A column or an index: a numpy array, texts, or geometries."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, np.dtype):
        return _encode(column.to_numpy(), parts)
    values = column.array
    if isinstance(values.dtype, pd.StringDtype):
        nan = values.dtype.na_value is not pd.NA
        return ["strings", values.dtype.storage, nan, listed(values)]
    if values.dtype.name == "geometry":
        import shapely

        blobs = shapely.to_wkb(np.asarray(values))
        parts.append(b"".join(b or b"" for b in blobs))
        crs = values.crs
        sizes = [None if b is None else len(b) for b in blobs]
        return ["geometry", crs.srs if crs is not None else None, sizes, len(parts) - 1]
    raise Unstorable(f"column of {values.dtype}")


def _decode(tree: Any, parts: list[memoryview]) -> Any:
    if not isinstance(tree, list):
        return tree
    return _DECODERS[tree[0]](parts, *tree[1:])


def _several(trees: list[Any], parts: list[memoryview]) -> list[Any]:
    if list not in set(map(type, trees)):
        return trees
    return [_decode(tree, parts) if type(tree) is list else tree for tree in trees]


@lru_cache
def _own(name: str) -> type:
    """A class of this package; nothing else is ever made."""
    module, _, kind = name.partition(":")
    if module.split(".")[0] != "sozialraum":
        raise ValueError(name)
    cls = getattr(importlib.import_module(module), kind)
    if not isinstance(cls, type):
        raise ValueError(name)
    return cls


def _named(parts: list[memoryview], name: str, values: list[Any]) -> Any:
    cls = _own(name)
    if not (issubclass(cls, tuple) and hasattr(cls, "_fields")):
        raise ValueError(name)
    return tuple.__new__(cls, [_decode(v, parts) for v in values])


def _dataclass(parts: list[memoryview], name: str, fields: list[list[Any]]) -> Any:
    names = [key for key, _ in fields]
    return _made(name, names, [_several([value for _, value in fields], parts)])[0]


def _records(
    parts: list[memoryview], kind: str, name: str, fields: list[str], columns: list[Any]
) -> Any:
    made = _made(name, fields, zip(*_several(columns, parts), strict=True))
    return tuple(made) if kind == "tuple" else made


def _rows(parts: list[memoryview], kind: str, values: list[list[Any]]) -> Any:
    return tuple(map(tuple, values)) if kind == "tuple" else list(map(tuple, values))


def _made(name: str, fields: list[str], rows: Iterable[Iterable[Any]]) -> list[Any]:
    """Dataclasses of one kind, also frozen ones, field by field."""
    cls = _own(name)
    if not dataclasses.is_dataclass(cls):
        raise ValueError(name)
    made = []
    for row in rows:
        one = object.__new__(cls)
        vars(one).update(zip(fields, row, strict=True))
        made.append(one)
    return made


def _array(parts: list[memoryview], dtype: str, shape: list[int], part: int) -> Any:
    import numpy as np

    return np.frombuffer(parts[part], dtype=dtype).reshape(shape).copy()


def _objects(parts: list[memoryview], shape: list[int], values: list[Any]) -> Any:
    import numpy as np

    made = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        made[i] = _decode(value, parts)
    return made.reshape(shape)


def _texts(parts: list[memoryview], dtype: str, shape: list[int], values: list[str]) -> Any:
    import numpy as np

    return np.array(values, dtype=dtype).reshape(shape)


def _scalar(parts: list[memoryview], dtype: str, value: Any) -> Any:
    import numpy as np

    return np.dtype(dtype).type(value)


def _strings(parts: list[memoryview], storage: str, nan: bool, values: list[Any]) -> Any:
    import pandas as pd

    missing = float("nan") if nan else pd.NA
    dtype = pd.StringDtype(storage, na_value=missing)  # type: ignore[call-overload]
    if storage == "pyarrow":
        import pyarrow as pa

        return pd.array(pa.array(values, pa.large_string()), dtype=dtype)
    return pd.array([missing if v is None else v for v in values], dtype=dtype)


def _geometry(parts: list[memoryview], crs: Any, sizes: list[int | None], part: int) -> Any:
    import geopandas as gpd
    import numpy as np
    import shapely

    blobs = np.empty(len(sizes), dtype=object)
    at = 0
    for i, size in enumerate(sizes):
        if size is not None:
            blobs[i] = bytes(parts[part][at : at + size])
            at += size
    return gpd.array.GeometryArray(shapely.from_wkb(blobs), crs=_crs(crs))


@lru_cache
def _crs(text: str | None) -> Any:
    """A coordinate reference system; to read its text takes a millisecond."""
    if text is None:
        return None
    import pyproj

    return pyproj.CRS.from_user_input(text)


def _index(parts: list[memoryview], values: Any, name: Any) -> Any:
    import pandas as pd

    made = _decode(values, parts)
    return pd.Index(made, name=_decode(name, parts), dtype=made.dtype)


def _range(parts: list[memoryview], ends: list[int], name: Any) -> Any:
    import pandas as pd

    start, stop, step = ends
    return pd.RangeIndex(start, stop, step, name=_decode(name, parts))


def _tuples(parts: list[memoryview], values: Any, names: Any) -> Any:
    import pandas as pd

    return pd.MultiIndex.from_tuples(_decode(values, parts), names=_decode(names, parts))


def _series(parts: list[memoryview], values: Any, index: Any, name: Any, attrs: Any) -> Any:
    import geopandas as gpd
    import pandas as pd

    made = _decode(values, parts)
    kind = gpd.GeoSeries if made.dtype.name == "geometry" else pd.Series
    series = kind(made, index=_decode(index, parts), name=_decode(name, parts), dtype=made.dtype)
    series.attrs.update(_decode(attrs, parts))
    return series


def _frame(
    parts: list[memoryview], values: list[Any], columns: Any, index: Any, attrs: Any, _: Any
) -> Any:
    import pandas as pd

    labels, rows = _decode(columns, parts), _decode(index, parts)
    decoded = {i: _decode(v, parts) for i, v in enumerate(values)}
    for i, column in decoded.items():
        if column.dtype == object:  # pandas would take those that are texts for its own type
            decoded[i] = pd.Series(column, index=rows, dtype=object)
    frame = pd.DataFrame(decoded, index=rows)
    frame.columns = labels
    frame.attrs.update(_decode(attrs, parts))
    return frame


def _geoframe(
    parts: list[memoryview], values: list[Any], columns: Any, index: Any, attrs: Any, name: Any
) -> Any:
    import geopandas as gpd

    frame = _frame(parts, values, columns, index, attrs, None)
    # As geopandas does it itself: its constructor would copy and compare what is known to be right.
    frame.__class__ = gpd.GeoDataFrame
    frame._geometry_column_name = name
    return frame


def _missing(parts: list[memoryview]) -> Any:
    import pandas as pd

    return pd.NA


_DECODERS: dict[str, Any] = {
    "list": lambda parts, values: _several(values, parts),
    "tuple": lambda parts, values: tuple(_several(values, parts)),
    "set": lambda parts, values: {_decode(v, parts) for v in values},
    "frozenset": lambda parts, values: frozenset(_decode(v, parts) for v in values),
    "dict": lambda parts, items: {_decode(k, parts): _decode(v, parts) for k, v in items},
    "bytes": lambda parts, part: bytes(parts[part]),
    "date": lambda parts, text: dt.date.fromisoformat(text),
    "datetime": lambda parts, text: dt.datetime.fromisoformat(text),
    "dataclass": _dataclass,
    "records": _records,
    "rows": _rows,
    "named": _named,
    "array": _array,
    "objects": _objects,
    "texts": _texts,
    "scalar": _scalar,
    "strings": _strings,
    "geometry": _geometry,
    "index": _index,
    "range": _range,
    "tuples": _tuples,
    "series": _series,
    "frame": _frame,
    "geoframe": _geoframe,
    "missing": _missing,
}
