"""Where packs, strings and models are found: the one place that knows."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
DEFAULT_PACK = "rscpq"
DEFAULT_MODEL = "default"
PACKS_GROUP = "analyzer.packs"


@cache
def tool_version() -> str:
    """The installed version, or ``0`` in a checkout that was never installed; looked up once, for that reads files."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("protocol-analyzer")
    except PackageNotFoundError:
        return "0"


def pack_dir(name: str) -> Path:
    """Folder of a bundled pack, the folder that ``name`` itself is a path to, or the pack of that name in an installed package."""
    bundled = PACKAGE / "packs" / name
    if (bundled / "pack.yaml").is_file():
        return bundled
    if Path(name).is_dir():
        return Path(name)
    return installed_packs().get(name, Path(name))


def known_packs() -> dict[str, Path]:
    """Folder of every pack that can be chosen by name; a bundled one hides an installed one of the same name."""
    bundled = {path.parent.name: path.parent for path in sorted((PACKAGE / "packs").glob("*/pack.yaml"))}
    return bundled | {name: folder for name, folder in installed_packs().items() if name not in bundled}


def installed_packs() -> dict[str, Path]:
    """Folder of every pack that another package announces as an entry point of the group ``analyzer.packs``.

    The entry point may name a path, a string that is one, or a module: then its folder is the pack. One that cannot be loaded is left out.
    """
    from importlib.metadata import entry_points

    found = {}
    for entry in entry_points(group=PACKS_GROUP):
        try:
            value = entry.load()
        except Exception:  # whatever a stranger's module raises, the other packs still work
            continue
        origin = value if isinstance(value, str | os.PathLike) else getattr(value, "__file__", None)
        if origin is not None:
            path = Path(origin)
            found[entry.name] = path if path.is_dir() else path.parent
    return found


def model_dir() -> Path:
    """Folder of the model to use: ``$ANALYZER_MODEL``, else the one inside the wheel, else the checkout's."""
    chosen = os.environ.get("ANALYZER_MODEL")
    if chosen:
        return Path(chosen)
    bundled = PACKAGE / "_bundled" / "models" / DEFAULT_MODEL
    return bundled if bundled.is_dir() else PACKAGE.parent / "models" / DEFAULT_MODEL


def cache_dir() -> Path | None:
    """Folder for what can be worked out again: ``$ANALYZER_CACHE`` (empty: keep nothing), else the user's cache folder."""
    chosen = os.environ.get("ANALYZER_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen else None
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "protocol-analyzer"
    except RuntimeError:  # nobody's home
        return None


def load_yaml(path: Path) -> Any:
    """A YAML file as plain values, by the C loader where PyYAML has it."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text("utf-8"), Loader=loader)


@cache
def strings(language: str) -> dict[str, str]:
    """Every sentence a user sees, in ``zh`` or ``en``."""
    loaded: dict[str, str] = load_yaml(PACKAGE / "strings" / f"{language}.yaml")
    return loaded


def say(language: str, key: str, **values: object) -> str:
    """The sentence ``key`` in ``language``, its blanks filled with ``values``; values are never read as a format."""
    return strings(language)[key].format(**values)
