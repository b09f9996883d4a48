from typing import Any

from numpy.typing import NDArray

CALLS: int

def changed_edges(
    polygons: list[bytes | None], count: int, /
) -> list[tuple[int, tuple[float, float, float, float], tuple[int, int]]] | None: ...
def draw(
    polygons: list[bytes | None],
    vertices: NDArray[Any],
    keys: NDArray[Any],
    signs: NDArray[Any],
    first: NDArray[Any],
    end: NDArray[Any],
    runs: list[int],
    owners: list[int],
    left: dict[tuple[float, float, float, float], tuple[int, int]],
    snap: float,
    usual: int,
    /,
) -> (
    tuple[
        list[bytes],
        list[bytes],
        list[tuple[int, int, float]],
        list[tuple[float, float, float, int]],
        list[tuple[int, tuple[float, float, float, float], int]],
    ]
    | None
): ...
