"""How a workflow tells how far it is: a share, and what it is at in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

Advance: TypeAlias = Callable[[float, Mapping[str, str]], None]
"""Takes the share that is done, 0 to 1, and what begins now, in `zh` and `en`."""


def unheard(_share: float, _step: Mapping[str, str]) -> None:
    """Take progress that nobody asks for."""
