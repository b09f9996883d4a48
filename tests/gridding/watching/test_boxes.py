"""Boxes are found where they are, whatever their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from gis.gridding.watching.boxes import Boxes


@pytest.mark.parametrize("count", [6, 400])  # cells are looked up one by one, or all of a level are few
def test_boxes_are_those_that_meet(count: int) -> None:
    rng = np.random.default_rng(count)
    corner = rng.uniform(-300, 300, (count, 2)).round()
    size = (2.0 ** rng.integers(-4, 8, (count, 1)) * rng.uniform(0, 1, (count, 2))).round(1)
    every = dict(enumerate(map(tuple, np.hstack((corner, corner + size)).tolist())))
    boxes: Boxes[int] = Boxes()
    for number, box in every.items():
        boxes.add(number, box)
    for number in range(0, count, 3):
        boxes.remove(number)
        del every[number]
    assert len(boxes) == len(every)
    for within in (0.0, 1.0, 64.0):
        for box in [*every.values(), (-1e9, -1e9, 1e9, 1e9), (5.0, 5.0, 5.0, 5.0)]:
            west, south, east, north = box[0] - within, box[1] - within, box[2] + within, box[3] + within
            expected = {
                number
                for number, its in every.items()
                if its[0] <= east and its[2] >= west and its[1] <= north and its[3] >= south
            }
            assert boxes.near(box, within) == expected
