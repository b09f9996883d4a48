import numpy as np
from numpy.typing import NDArray

LAYOUT: int

class Kernel:
    def __init__(
        self,
        frame: tuple[float, float, float, float, int, int],
        cells: NDArray[np.int32],
        blocks: NDArray[np.uint8],
        words: NDArray[np.int32],
        vertices: NDArray[np.float64],
        squares: NDArray[np.bool_],
        /,
    ) -> None: ...
    def one(self, x: float, y: float, /) -> int: ...
    def first(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        position: NDArray[np.int32],
        on_outline: NDArray[np.bool_],
        /,
    ) -> int: ...
    def values(self, x: NDArray[np.float64], y: NDArray[np.float64], value: NDArray[np.int32], /) -> None: ...
    def near(
        self, x: float, y: float, x_m: float, y_m: float, radius_m: float, /
    ) -> list[tuple[int, float, float, float]]: ...
    def nearest(
        self, x: float, y: float, x_m: float, y_m: float, most_m: float, /
    ) -> list[tuple[int, float, float, float]]: ...
    def at(self, x: float, y: float, /) -> tuple[int, bool]: ...
    def all(self, x: float, y: float, /) -> list[int] | None: ...
    def within(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        x_m: NDArray[np.float64],
        y_m: NDArray[np.float64],
        radius_m: NDArray[np.float64],
        answer: NDArray[np.bool_],
        /,
    ) -> None: ...
