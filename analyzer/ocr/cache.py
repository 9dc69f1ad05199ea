"""Readings of pages kept in the user's cache folder, so that a scan is read once. What cannot be kept or read back is no loss.

The files hold text of protocols, and are for their user alone. ``resources.cache_dir`` says where.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from contextlib import suppress
from pathlib import Path

from analyzer.ocr.readings import PageReading, Sheet
from analyzer.resources import cache_dir

MEGABYTES = 200
"""What the folder may hold; beyond it the readings that were not used for longest go."""
_EDITION = "6"
"""To be raised whenever the same picture would be read otherwise than before."""
_LARGEST = 4 << 20
"""Bytes of a reading when unpacked."""


def folder() -> Path | None:
    """Where readings are kept; None when they are not."""
    place = cache_dir()
    return place / "ocr" if place else None


def key_of(sheet: Sheet, engine: str) -> str:
    """Tells a picture and how it is read from all others. ``engine``: name, version and strength."""
    digest = hashlib.sha256(f"{_EDITION} {engine} {sheet.scale} {sheet.picture.shape}".encode())
    digest.update(sheet.picture.data if sheet.picture.flags.c_contiguous else sheet.picture.tobytes())
    return digest.hexdigest()


def known(key: str) -> PageReading | None:
    """The reading kept under ``key``."""
    place = folder()
    if place is None:
        return None
    path = place / f"{key}.z"
    try:
        plain = zlib.decompressobj().decompress(path.read_bytes(), _LARGEST)
        reading = PageReading.from_plain(json.loads(plain))
    except (OSError, zlib.error, ValueError, TypeError, KeyError, AttributeError):
        return None
    with suppress(OSError):
        os.utime(path)
    return reading


def keep(key: str, reading: PageReading) -> None:
    """Keep a reading under ``key``."""
    place = folder()
    if place is None:
        return
    with suppress(OSError):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        passing = place / f"{key}.{os.getpid()}.part"
        with os.fdopen(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(zlib.compress(json.dumps(reading.plain(), ensure_ascii=False).encode()))
        passing.replace(place / f"{key}.z")


def tidy(megabytes: int = MEGABYTES) -> None:
    """Let go of the readings that were not used for longest, where there are too many."""
    place = folder()
    if place is None:
        return
    with suppress(OSError):
        files = [(entry.stat(), entry.path) for entry in os.scandir(place) if entry.name.endswith((".z", ".part"))]
        surplus = sum(stat.st_size for stat, _ in files) - (megabytes << 20)
        for stat, path in sorted(files, key=lambda file: file[0].st_mtime):
            if surplus <= 0:
                return
            Path(path).unlink()
            surplus -= stat.st_size
