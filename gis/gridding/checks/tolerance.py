"""What is too thin or too small to be a finding, in metres of the district's projected zone."""

from __future__ import annotations

from dataclasses import dataclass

from gis.errors import InputError
from gis.nouns import Severity


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The limits of a check. Width is the mean one, 2 x area / perimeter.

    1. Narrower than `dust_width_m`: rounding of the file, never a finding however long it is.
    2. Else wider than `min_width_m` or larger than `min_area_m2`: a finding.
    3. A finding narrower than `sliver_width_m` is a warning, a wider one an error.
    """

    min_width_m: float = 0.1
    min_area_m2: float = 1.0
    dust_width_m: float = 0.001
    sliver_width_m: float = 1.0

    def __post_init__(self) -> None:
        """Refuse limits that are no positive numbers."""
        for name in ("min_width_m", "min_area_m2", "dust_width_m", "sliver_width_m"):
            if not getattr(self, name) > 0:  # so that NaN is refused as well
                raise InputError(f"{name} is {getattr(self, name)}; it must be above 0.", field=name)

    def severity(self, area_m2: float, width_m: float) -> Severity | None:
        """Judge a place by its area and mean width; None where it is no finding."""
        if width_m < self.dust_width_m or not (width_m > self.min_width_m or area_m2 > self.min_area_m2):
            return None
        return Severity.WARNING if width_m < self.sliver_width_m else Severity.ERROR
