"""Zip archives from strangers: what may be unpacked at all."""

from __future__ import annotations

import zipfile

from sozialraum.errors import InputError
from sozialraum.sources.files import MEGABYTE

LARGEST_PART = 100 * MEGABYTE
MOST_PARTS = 2_000
LARGEST_RATIO = 200


def check_archive(archive: zipfile.ZipFile, where: str) -> None:
    """Refuse archives that would not stay in their place or would not stop growing."""
    members = archive.infolist()
    if len(members) > MOST_PARTS:
        raise InputError(f"The workbook has {len(members):,} parts", where=where)
    seen = set()
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name:
            raise InputError(f"The archive name '{name[:80]}' leads outside", where=where)
        if name in seen:
            raise InputError(f"The archive holds '{name[:80]}' twice", where=where)
        seen.add(name)
        if member.flag_bits & 1:
            raise InputError("The workbook is encrypted", where=where)
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > LARGEST_PART or (
            ratio > LARGEST_RATIO and member.file_size > MEGABYTE
        ):
            raise InputError(
                f"The part '{name[:80]}' unpacks to {member.file_size / MEGABYTE:,.0f} MB",
                where=where,
                expected=f"at most {LARGEST_PART // MEGABYTE} MB and {LARGEST_RATIO} : 1",
            )
