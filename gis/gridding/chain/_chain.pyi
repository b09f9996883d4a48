from typing import Any

from numpy.typing import NDArray

CALLS: int

def ring_edges(
    vertices: NDArray[Any],
    offsets: NDArray[Any],
    is_shell: NDArray[Any],
    salt: NDArray[Any],
    keys: NDArray[Any],
    signs: NDArray[Any],
    turns: NDArray[Any],
    /,
) -> None: ...
def residual(
    vertices: NDArray[Any],
    keys: NDArray[Any],
    signs: NDArray[Any],
    edges: NDArray[Any],
    nets: NDArray[Any],
    /,
) -> int: ...
def surely_simple(vertices: NDArray[Any], offsets: NDArray[Any], answers: NDArray[Any], /) -> None: ...
