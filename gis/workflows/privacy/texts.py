"""Events as everybody may see them: numbers and addresses of people in their texts masked.

Whatever shows events takes them through here; what is stored stays as it was written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gis.identity.masks import mask_facts, mask_text

if TYPE_CHECKING:
    import pandas as pd

    from gis.nouns import Event

WRITTEN = ("category", "text", "attributes")
"""What whoever reports writes in their own words. Source and source id are by what reports are told apart."""


def shown_event(event: Event) -> Event:
    """Return an event with everything masked that may be somebody's number or address."""
    masked = masked_words(event)
    return replace(event, **masked) if masked else event


def masked_words(event: Event) -> dict[str, Any]:
    """Return those fields of an event in which something is masked, masked."""
    written = {name: getattr(event, name) for name in WRITTEN}
    return {name: one for name, one in mask_facts(written, mask_text).items() if one != written[name]}


def shown_points(points: pd.DataFrame) -> pd.DataFrame:
    """Return events for maps, their `text` and `category` masked; there are few categories."""
    categories = {one: mask_text(one) for one in points["category"].unique()}
    return points.assign(
        text=[mask_text(text) for text in points["text"]], category=points["category"].map(categories)
    )
