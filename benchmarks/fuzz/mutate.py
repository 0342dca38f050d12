"""Mutations of sound inputs: bits flipped, parts cut, repeated, exchanged, words put in."""

from __future__ import annotations

import io
import random
import zipfile

from targets import Target


def mutated(target: Target, draw: random.Random) -> bytes:
    """One more input for a target; the same generator state gives the same bytes."""
    seed = draw.choice(target.seeds)
    if target.suffix == ".xlsx" and draw.random() < 0.85:
        return _archive(seed, target, draw)
    return _changed(seed, target, draw)


def _archive(seed: bytes, target: Target, draw: random.Random) -> bytes:
    """Mutate the parts of an archive and pack it again, so that its check sums are right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(seed)) as old, zipfile.ZipFile(out, "w") as new:
        names = [i.filename for i in old.infolist()]
        some = set(draw.sample(names, draw.randint(1, 2)))
        if draw.random() < 0.7:
            some = {n for n in names if "sheet1" in n or "sharedStrings" in n}
        for name in names:
            part = old.read(name)
            if name in some:
                part = _changed(part, target, draw)
            elif draw.random() < 0.01:
                continue
            if draw.random() < 0.005:
                name = draw.choice(("../evil", "/etc/x", "a:b", "xl")) + name
            new.writestr(zipfile.ZipInfo(name), part)
    return out.getvalue()


def _changed(seed: bytes, target: Target, draw: random.Random) -> bytes:
    content = bytearray(seed)
    for _ in range(draw.choice((1, 1, 2, 3, 5, 9))):
        _once(content, target, draw)
    return bytes(content[:400_000])


def _once(content: bytearray, target: Target, draw: random.Random) -> None:
    at = draw.randrange(len(content) + 1)
    length = min(draw.choice((1, 2, 4, 9, 40, 200)), len(content) - at)
    kind = draw.randrange(8)
    if kind == 0 and at < len(content):
        content[at] ^= 1 << draw.randrange(8)
    elif kind == 1 and at < len(content):
        content[at] = draw.randrange(256)
    elif kind == 2:
        del content[at : at + length]
    elif kind == 3:
        content[at:at] = content[at : at + length] * draw.choice((1, 2, 30))
    elif kind == 4:
        to = draw.randrange(len(content) + 1)
        content[to:to] = content[at : at + length]
    elif kind == 5 and draw.random() < 0.1:
        del content[at:]
    elif target.words:
        word = draw.choice(target.words)
        content[at : at + draw.choice((0, 0, len(word)))] = word
    else:
        content[at : at + length] = bytes(draw.randrange(256) for _ in range(length))
