from __future__ import annotations

import numpy as np
import pytest
import shapes
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import ConflictError, InputError
from gis.gridding.codes import (
    SCHEMES,
    CodeFault,
    CodeScheme,
    Segment,
    SegmentSource,
    check_code,
    check_codes,
    next_code,
    number_order,
    scheme_named,
)

SCHEME, FREE = SCHEMES["community-3"], SCHEMES["free"]
COMMUNITY = shapes.COMMUNITY


@pytest.mark.parametrize(
    ("code", "parent", "fault"),
    [
        ("320115001001001", COMMUNITY, None),
        ("320115001001999", COMMUNITY, None),
        ("320115001001001", None, None),
        ("", COMMUNITY, CodeFault.MISSING),
        (" ", COMMUNITY, CodeFault.MISSING),
        (None, COMMUNITY, CodeFault.MISSING),
        ("32011500100101", COMMUNITY, CodeFault.LENGTH),
        ("3201150010010001", COMMUNITY, CodeFault.LENGTH),
        ("32011500100100A", COMMUNITY, CodeFault.DIGITS),
        ("３20115001001001", COMMUNITY, CodeFault.DIGITS),  # a full-width 3
        ("320115001002001", COMMUNITY, CodeFault.PARENT),
        ("320115001001000", COMMUNITY, CodeFault.RANGE),
    ],
)
def test_codes_by_community(code: str | None, parent: str | None, fault: CodeFault | None) -> None:
    assert check_code(code, parent, SCHEME) is fault


def test_a_counter_has_a_last_number() -> None:
    short = CodeScheme("short", (Segment("sequence", 2, SegmentSource.COUNTER, first=10, last=50),))
    assert check_codes(["09", "10", "50", "51"], ["", "", "", ""], short).tolist() == [
        CodeFault.RANGE,
        None,
        None,
        CodeFault.RANGE,
    ]


def test_a_free_scheme_only_wants_a_code() -> None:
    assert check_codes(["E00032499", "", None], [None, None, "x"], FREE).tolist() == [
        None,
        CodeFault.MISSING,
        CodeFault.MISSING,
    ]


def test_schemes_are_found_by_name() -> None:
    assert scheme_named("community-3") is SCHEME
    assert (SCHEME.width, FREE.width) == (15, 0)
    with pytest.raises(InputError, match="community-3, free"):
        scheme_named("beijing")


def test_the_next_code_follows_the_highest_ever_used() -> None:
    assert next_code(COMMUNITY, [], SCHEME) == COMMUNITY + "001"
    used = [COMMUNITY + "002", COMMUNITY + "017", "320115001002400", "odd", COMMUNITY + "0999"]
    assert next_code(COMMUNITY, used, SCHEME) == COMMUNITY + "018"
    with pytest.raises(ConflictError, match="999"):
        next_code(COMMUNITY, [COMMUNITY + "999"], SCHEME)
    assert next_code("E01", [], FREE) == "E01-1"
    assert next_code("E01", ["E01-1", "E01-9", "E01-x", "E02-12"], FREE) == "E01-10"


@given(st.sets(st.integers(1, 998), max_size=20))
def test_the_next_code_is_new_and_valid(numbers: set[int]) -> None:
    used = [f"{COMMUNITY}{number:03d}" for number in numbers]
    following = next_code(COMMUNITY, used, SCHEME)
    assert following not in used
    assert check_code(following, COMMUNITY, SCHEME) is None


def test_numbers_run_as_one_reads() -> None:
    cells = shapes.two_by_two()
    assert number_order(list(cells.values())).tolist() == [0, 1, 2, 3]
    # The right-hand column hangs 20 m lower and is still read in its rows.
    uneven = [
        shapes.square(100, -20),
        shapes.square(0, 0),
        shapes.square(100, 80),
        None,
        shapes.square(0, 100),
    ]
    assert number_order(np.array(uneven, dtype=object)).tolist() == [4, 2, 1, 0, 3]
    assert number_order(np.array([None], dtype=object)).tolist() == [0]


@given(st.permutations(range(9)))
def test_the_order_given_does_not_matter(order: list[int]) -> None:
    cells = np.array([shapes.square(100 * (i % 3) + 7 * i, 100 * (i // 3)) for i in range(9)])
    expected = [cells[i].wkt for i in number_order(cells)]
    assert [cells[order][i].wkt for i in number_order(cells[order])] == expected
