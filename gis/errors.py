"""The tree of errors. Bad data is a value (a `Finding`, a `RowProblem`); these are broken promises.

Every message names what is wrong and the remedy, because planners and operators read it as it stands.
`gis.api.problems` maps the classes to HTTP statuses and `gis.cli.main` to exit codes; nothing else does.
"""

from __future__ import annotations


class WanggeError(Exception):
    """Anything this software refuses to do, with the reason and the remedy in its text."""


class InputError(WanggeError):
    """The caller's input cannot be used as it is.

    Args:
        message: What is wrong and how to mend it.
        field: The column, parameter or option at fault, if one is.
        row: The 1-based row or feature of the file at fault, if one is.
    """

    def __init__(self, message: str, *, field: str | None = None, row: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.row = row


class FileFormatError(InputError):
    """A file is not what it claims to be, is damaged, or is larger than the limits allow."""


class CoordinateSystemError(InputError):
    """Coordinates and the coordinate system they are said to be in do not fit together."""


class EncodingError(InputError):
    """Text cannot be decoded, or could be in several encodings."""


class NotFoundError(WanggeError):
    """The thing asked for does not exist, or not for this caller."""


class NotAllowedError(WanggeError):
    """The user has the right that this needs no longer."""


class ConflictError(WanggeError):
    """The request contradicts what is stored: a repeated code, a state that does not allow it."""


class CheckFailedError(ConflictError):
    """A plan cannot be published because its findings are neither repaired nor accepted."""


class DatabaseUnavailableError(WanggeError):
    """PostGIS cannot be reached, or has no free connection; trying again later may help."""


class SetupError(WanggeError):
    """Something on this machine is missing or of the wrong version; the text says how to get it."""
