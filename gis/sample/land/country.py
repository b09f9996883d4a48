"""The country before anybody governs it: terrain, water, roads, blocks and parcels of one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.sample.land.blocks import make_blocks
from gis.sample.land.network import make_network
from gis.sample.land.parcels import make_parcels
from gis.sample.land.roads import make_roads
from gis.sample.land.terrain import make_terrain
from gis.sample.land.water import make_lakes, make_rivers

if TYPE_CHECKING:
    from collections.abc import Callable

    from gis.sample.land.ground import Lattice
    from gis.sample.land.network import Network
    from gis.sample.land.parcels import Parcels
    from gis.sample.land.terrain import Terrain
    from gis.sample.land.water import River


@dataclass(frozen=True)
class Country:
    """Everything that is there by nature or was built; see the classes of the fields."""

    terrain: Terrain
    rivers: list[River]
    network: Network
    rings: list[Lattice]
    parcels: Parcels

    @property
    def lake_rings(self) -> list[Lattice]:
        """The faces that are lakes, in lattice units."""
        faces = zip(self.network.faces, self.network.is_lake, strict=True)
        return [face for face, is_lake in faces if is_lake]


def make_country(seed: int, on_progress: Callable[[str], None] = lambda _: None) -> Country:
    """Make the country of a seed, telling each step."""
    on_progress("terrain and rivers")
    terrain = make_terrain(seed)
    rivers = make_rivers(terrain, seed)
    lakes = make_lakes(terrain, rivers, seed)
    on_progress("roads")
    network = make_network(terrain, rivers, lakes, make_roads(terrain, lakes, seed))
    on_progress("blocks")
    blocks = make_blocks(terrain, network.faces, network.is_lake, seed)
    parcels = make_parcels(blocks, network, seed)
    return Country(terrain, rivers, network, blocks.rings, parcels)
