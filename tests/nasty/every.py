"""All nasty files, from the modules that register them."""

from __future__ import annotations

from nasty import carried, damaged, locked, text_layers
from nasty.cases import CASES

__all__ = ["CASES", "carried", "damaged", "locked", "text_layers"]
