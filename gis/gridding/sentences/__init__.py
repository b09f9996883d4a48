"""The sentence a planner reads for a finding, in Chinese and English."""

from gis.gridding.sentences.describe import Language, describe

__all__ = ["Language", "describe"]
