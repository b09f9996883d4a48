"""`python -m gis.cli` is `wangge`."""

from __future__ import annotations

from gis.cli.main import main

main()
