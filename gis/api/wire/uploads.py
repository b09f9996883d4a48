"""Uploaded boundary files: the form they come in, the file they become, the report that goes back."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gis.identity.masks import HIDDEN, shown_name
from gis.nouns import AreaLevel, GridKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.workflows.import_layer import ImportReport

PROBLEMS_SHOWN = 1_000


def require_plain(text: str) -> str:
    """Return a text without NUL, which no name or database can hold."""
    if "\0" in text:
        raise ValueError("holds a NUL character; leave it out")
    return text


def require_pair(pair: str) -> str:
    """Return a column mapping that is one."""
    ours, separator, theirs = require_plain(pair).partition("=")
    if not (ours and separator and theirs):
        raise ValueError("write OURS=THEIRS, as code=OA11CD")
    return pair


Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(require_plain)]
Pair = Annotated[str, Field(max_length=200), AfterValidator(require_pair)]


class Upload(BaseModel):
    """What areas and grids are uploaded with."""

    model_config = ConfigDict(extra="forbid")

    file: Annotated[UploadFile, Field(description="GeoJSON, GeoPackage, zipped Shapefile or FlatGeobuf.")]
    crs: Annotated[
        Text | None, Field(description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n; else as the file declares.")
    ] = None
    column: Annotated[
        list[Pair], Field(max_length=50, description="Column mapping OURS=THEIRS, as code=OA11CD; repeat it.")
    ] = []
    layer: Annotated[Text | None, Field(description="Layer of a file that has several.")] = None
    encoding: Annotated[Text | None, Field(description="Encoding of the text, as gb18030.")] = None
    skip_bad_rows: Annotated[bool, Field(description="Leave rows with errors out.")] = False
    dry_run: Annotated[bool, Field(description="Only say what would happen.")] = True

    def how_to_read(self) -> dict[str, Any]:
        """Return what an import request says of reading a file."""
        return {
            "crs": self.crs,
            "columns": dict(pair.split("=", 1) for pair in self.column),
            "layer": self.layer,
            "encoding": self.encoding,
        }


class AreaUpload(Upload):
    """A file of areas of one level."""

    level: Annotated[AreaLevel, Field(description="Level of every area in the file.")]


class GridUpload(Upload):
    """A file of grids."""

    kind: Annotated[GridKind | None, Field(description="Kind of every grid; else a column of the file.")] = (
        None
    )
    task: Annotated[Text | None, Field(description="Task of special grids without one.")] = None
    replace_all: Annotated[
        bool,
        Field(
            description="The file is the complete set of its kind; grids it lacks are retired. In a plan "
            "of a branch it is the branch's set: grids of others stay."
        ),
    ] = False

    def how_to_read(self) -> dict[str, Any]:
        """Return what an import request says of reading a file of grids."""
        kinds = {"kind": self.kind, "task": self.task, "replace_all": self.replace_all}
        return Upload.how_to_read(self) | kinds


class RowProblemOut(BaseModel):
    """One problem in one row; rows count from 1 without the header."""

    model_config = ConfigDict(from_attributes=True)

    row: int | None
    field: str | None
    severity: Severity
    message: str


class ImportOut(BaseModel):
    """What importing a file did, or would do."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "applied": False,
                "file": "grids.geojson",
                "plan_id": 1,
                "format": "GeoJSON",
                "layer": "grids",
                "encoding": "utf-8",
                "encoding_evidence": "GeoJSON is UTF-8",
                "crs": "wgs84",
                "declared_crs": None,
                "columns": {"code": "code", "name": "name"},
                "rows": 14,
                "saved": 14,
                "retired": 0,
                "errors": 0,
                "problems": [],
            }
        },
    )

    applied: bool
    file: str
    plan_id: int
    format: str
    layer: str
    encoding: str
    encoding_evidence: str
    crs: str
    declared_crs: str | None
    columns: dict[str, str]
    rows: int
    saved: int
    retired: int
    errors: int
    problems: list[RowProblemOut]


@contextmanager
def spooled(upload: Upload) -> Iterator[Path]:
    """Write an upload into a file of its own for as long as it is read."""
    with TemporaryDirectory(prefix="wangge-upload-") as folder:
        path = Path(folder) / file_name(upload)
        with path.open("wb") as target:
            shutil.copyfileobj(upload.file.file, target, 1 << 20)
        yield path


def file_name(upload: Upload) -> str:
    """Return the upload's own name if it is a plain one: it tells the format and names the layer."""
    name = PurePath(upload.file.filename or "")
    ending = name.suffix if re.fullmatch(r"\.[a-zA-Z]{1,10}", name.suffix) else ""
    return ("upload" if shown_name(name.stem) == HIDDEN else name.stem) + ending


def report_out(report: ImportReport, upload: Upload) -> ImportOut:
    """Return the report of an import.

    Raises:
        RequestValidationError: Rows have errors, nobody said to leave them out, and it is no dry run.
    """
    if report.errors and not (upload.skip_bad_rows or upload.dry_run):
        raise RequestValidationError([row_error(problem) for problem in bad_rows(report)])
    values = {name: getattr(report, name) for name in ImportOut.model_fields if hasattr(report, name)}
    values["columns"] = dict(report.columns.sources)
    values["problems"] = report.problems[:PROBLEMS_SHOWN]
    return ImportOut.model_validate(values | {"applied": not upload.dry_run, "file": file_name(upload)})


def bad_rows(report: ImportReport) -> list[Any]:
    """Return the problems that keep rows out."""
    return [p for p in report.problems if p.severity is Severity.ERROR][:PROBLEMS_SHOWN]


def row_error(problem: Any) -> dict[str, Any]:  # noqa: ANN401 - a RowProblem, whose field may be None
    """Return a row's problem in the form of a body's."""
    row = () if problem.row is None else (problem.row - 1,)
    field = () if problem.field is None else (problem.field,)
    return {"type": "row", "loc": ("body", *row, *field), "msg": problem.message, "input": None}
