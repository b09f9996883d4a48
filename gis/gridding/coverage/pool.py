"""An array that grows at its end; what is already in it never moves while there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOM = 0.25
"""How much of its size an array gets as room when it has none left."""
STEP = 64  # so that bytes can be seen as numbers of 32 bits


class Pool:
    """A buffer with room, and how much of it is in use."""

    def __init__(self, content: NDArray[Any]) -> None:
        self._buffer, self._used = content, len(content)

    @property
    def content(self) -> NDArray[Any]:
        """What is in use: a view."""
        return self._buffer[: self._used]

    @property
    def with_room(self) -> NDArray[Any]:
        """What is in use and the room behind it, where more appears later: a view."""
        return self._buffer

    def has_room_for(self, count: int) -> bool:
        """Say whether so many more fit without moving what is there."""
        return self._used + count <= len(self._buffer) and self._buffer.flags.writeable

    def extend(self, more: NDArray[Any]) -> None:
        """Add at the end."""
        if not self.has_room_for(len(more)):
            size = int((self._used + len(more)) * (1 + ROOM) / STEP + 16) * STEP
            wider = np.zeros((size, *self._buffer.shape[1:]), dtype=self._buffer.dtype)
            wider[: self._used] = self.content
            self._buffer = wider
        self._buffer[self._used : self._used + len(more)] = more
        self._used += len(more)
