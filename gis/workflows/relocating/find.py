"""Find where many points lie in one release: in this process, or on the processes of a Dask cluster."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gis.errors import InputError, SetupError
from gis.gridding.locate import GridIndex
from gis.store.places import Places
from gis.workflows.locate_point import ReleaseIndexes, program_mark
from gis.workflows.relocating.changes import SINGLE
from gis.workflows.report_events import USUAL_ACCURACY_M

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gis.nouns import Release
    from gis.settings import Settings

    Floats: TypeAlias = NDArray[np.float64]
    # longitudes, latitudes and accuracies in metres in, places out
    Finder: TypeAlias = Callable[[Floats, Floats, Floats], Places]

BLOCK_EVENTS = 25_000  # what one worker of a cluster takes at once
CONNECT_SECONDS = 5
LOADING = Lock()


@dataclass(frozen=True, slots=True)
class IndexSource:
    """The index of a release as numbers that can travel; equal for equal releases and programs."""

    mark: str
    arrays: Mapping[str, NDArray[Any]] = field(compare=False, repr=False)


def find_places(index: GridIndex, lon: Floats, lat: Floats, accuracy_m: Floats) -> Places:
    """Find where points lie in one release, as they would be located if they were reported now.

    Args:
        index: The release's index.
        lon: Longitudes, EPSG:4490, shape (n,); NaN belongs nowhere.
        lat: Latitudes, shape (n,).
        accuracy_m: Metres; NaN or 0 where it is not known.
    """
    found = index.locate_many(lon, lat)
    accuracy = np.where(accuracy_m > 0, accuracy_m, USUAL_ACCURACY_M)
    nearest, nearest_m = np.full(len(lon), -1), np.full(len(lon), np.nan)
    lost = np.flatnonzero(found.answers < 0)
    nearest[lost], nearest_m[lost] = index.nearest_many(lon[lost], lat[lost])
    return Places(
        natural=found.natural,
        dedicated=found.dedicated,
        special=found.special,
        special_offsets=found.special_offsets,
        community=found.community,
        street=found.street,
        district=found.district,
        near_boundary=index.near_boundary_many(lon, lat, accuracy),
        nearest=nearest,
        nearest_m=nearest_m,
    )


def read_source(session: Session, release: Release, settings: Settings) -> IndexSource:
    """Return the index of a release, mapped from its file or built, as numbers that can travel."""
    arrays = ReleaseIndexes(settings).of(session, release).index.to_arrays()
    # a memory map travels by its content, not by the name of a file that another machine has not
    plain = {name: np.asarray(array) for name, array in arrays.items()}
    return IndexSource(f"{release.number} {release.sha256} {program_mark()}", plain)


def load_index(source: IndexSource) -> GridIndex:
    """Return the index of a release, made once in each process however many threads ask."""
    with LOADING:
        return make_index(source)


@lru_cache(maxsize=1)
def make_index(source: IndexSource) -> GridIndex:
    """Make the index of a release and keep the last one made."""
    return GridIndex.from_arrays(source.arrays)


@contextmanager
def open_finder(dask: str | None, source: IndexSource) -> Iterator[Finder]:
    """Open what finds places: the index in this process, or the workers of a Dask cluster."""
    if dask is None:
        index = load_index(source)
        yield lambda lon, lat, accuracy_m: find_places(index, lon, lat, accuracy_m)
        return
    with open_client(dask) as client:
        # sent once to each worker that needs it; each makes its own index of it
        shared = client.scatter(source, broadcast=True)
        yield lambda *columns: find_on_cluster(client, shared, np.stack(columns, axis=1))


@contextmanager
def open_client(dask: str) -> Iterator[Any]:
    """Open a Dask cluster: the scheduler at an address, or processes of this machine for local:N."""
    try:
        distributed = import_module("dask.distributed")
    except ImportError as error:
        raise SetupError("Dask is not installed; install it with `pip install 'wangge[dask]'`.") from error
    kind, _, number = dask.partition(":")
    if kind == "local":
        if not (number.isdecimal() and int(number)):
            raise InputError(f"{dask!r} names no number of processes; write local:2", field="dask")
        with (
            distributed.LocalCluster(
                n_workers=int(number),
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                # without an address it would still take the usual port, and complain if that is taken
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = distributed.Client(dask, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise SetupError(f"No Dask scheduler answers at {dask}: {error}") from error
    with client:
        yield client


def find_on_cluster(client: Any, source: Any, points: Floats) -> Places:  # noqa: ANN401 - of an extra
    """Find places on the workers of a cluster, block by block, and put the answers together in order.

    Args:
        client: Of the cluster.
        source: The `IndexSource` or a future of it.
        points: Longitudes, latitudes and accuracies, shape (n, 3).
    """
    array, delayed = import_module("dask.array"), import_module("dask").delayed
    blocks = array.from_array(points, chunks=(BLOCK_EVENTS, 3)).to_delayed().ravel()
    asked = [delayed(find_block)(source, block) for block in blocks]
    # one by one, because a scheduler complains of many megabytes at once
    return joined(client.gather([client.compute(one) for one in asked]))


def find_block(source: IndexSource, points: Floats) -> Places:
    """Find the places of one block of points (n, 3) with this process's index."""
    return find_places(load_index(source), *points.T)


def joined(parts: list[Places]) -> Places:
    """Put the places of blocks together."""
    names = (*SINGLE, "special", "near_boundary", "nearest", "nearest_m")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    counts = np.concatenate([np.diff(part.special_offsets) for part in parts])
    return Places(**columns, special_offsets=np.concatenate(([0], np.cumsum(counts))))
