from gis.gridding.coverage.outlines import Floats, Integers

LAYOUT: int

def build_window(
    window: tuple[int, int, int, int, int, int],
    first_word: int,
    first_unit: int,
    u1: Floats,
    v1: Floats,
    u2: Floats,
    v2: Floats,
    vertex: Integers,
    polygon: Integers,
    before: Integers,
    after: Integers,
    positions: Integers,
    vertices: Floats,
    /,
) -> tuple[bytes, bytes, bytes]: ...
