"""Compile the package's C when it is built or installed; without a compiler, go on without it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelBuildHook(BuildHookInterface[Any]):
    """Puts the compiled modules beside their sources, and says in the wheel's name what it runs on."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch calls it
        """Compile before anything is packed."""
        sys.path.insert(0, self.root)
        from tools.kernel import compile_kernels  # noqa: PLC0415 - only now is it to be found

        modules = compile_kernels()
        if modules:
            root = Path(self.root).resolve()
            build_data["artifacts"] += [f"/{module.relative_to(root).as_posix()}" for module in modules]
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{_platform()}"


def _platform() -> str:
    from packaging.tags import platform_tags  # noqa: PLC0415 - hatchling brings it

    return next(platform_tags())
