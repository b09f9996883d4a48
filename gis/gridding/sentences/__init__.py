"""The sentence a planner reads for a finding, its rule, and what a repair did, in Chinese and English."""

from gis.gridding.sentences.describe import Language, describe
from gis.gridding.sentences.rules import explain

__all__ = ["Language", "describe", "explain"]
