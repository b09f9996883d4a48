"""The compiled functions of `native/`, where set-up found a compiler; else NumPy and GEOS do their work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

chain: ModuleType | None
try:
    from gis.gridding.chain import _chain as chain
except ImportError:
    chain = None
