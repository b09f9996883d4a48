"""How the tables of a coverage index are laid out: read by `lookup` and `native/`, written by `building`.

A raster of *cells* lies over the polygons. A cell that outlines run through is divided into fine cells, with
a *block* that holds a code for each, row by row, and behind them a palette of the values the codes stand
for. Two codes share a byte, the first one in its lower half; only blocks with more than NARROW values
have a byte for each. A fine cell that outlines run through has a *record* of the polygons and edges that
decide there.

Values are numbers of 32 bits:

    0, 1, 2 ...   the position of the polygon that has all of it
    NONE          no polygon
    -2 - r        in a palette: the record that starts at word r
    -2 - b        in a cell: a block; the last KIND_BITS of b say into 2 ** kind fine cells each way, the
                  others where it stands, in UNITs; kinds from WIDE on are 2 ** (kind - WIDER) with wide codes

A record is a row of numbers of 32 bits, polygon after polygon, lowest id first:

    position, head, then for each run of edges the first vertex and the number of edges

The head holds flags and, from RUNS_SHIFT on, the number of runs. Whether a point is inside follows from the
number of edges crossed on the way west: those of the runs, and PARITY for all that are left out.

Over the cells lie *squares* of 2 ** SQUARE_BITS of them each way, over these squares larger ones of as many
squares, and so on up to one over everything. A byte says of each square whether it holds a divided cell; a
square may say so for one that was undivided since. Level by level, row by row (`squares`).
"""

LAYOUT = 2
"""Raised with every change of this page or of how the kernel is called; `native/tables.h` says it too."""

NONE = -1
OPEN = -2
"""In an answer: only GEOS can say."""

KIND_BITS = 3
WIDE = 5
WIDER = 2  # how much more than its level a wide block's kind is
NARROW = 16
UNIT = 32  # bytes: half a line of the processor's cache
WORD = 4  # bytes

PARITY = 1  # the edges left out are crossed an odd number of times
LAST = 2  # the record ends here
COVERS = 4  # the polygon covers the fine cell
OTHERWISE = 8  # whoever is in none of the polygons before is in this one
ASK = 16  # only GEOS can say
CLEAN = 32  # whoever is inside one polygon of the record is in no other
RUNS_SHIFT = 8
BEHIND = 8  # words of room behind the last record

SQUARE_BITS = 3

# As much as numbers of 32 bits can refer to.
MOST_UNITS = 1 << (31 - KIND_BITS)
MOST_WORDS = (1 << 31) - BEHIND
MOST_VERTICES = 1 << 31
