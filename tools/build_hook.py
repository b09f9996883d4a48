"""Compile the look-up kernel when the package is built or installed; without a compiler, go on without it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelBuildHook(BuildHookInterface[Any]):
    """Puts the compiled kernel beside its source, and says in the wheel's name what it runs on."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch calls it
        """Compile before anything is packed."""
        sys.path.insert(0, self.root)
        from tools.kernel import KERNEL, compile_kernel  # noqa: PLC0415 - only now is it to be found

        if compile_kernel():
            build_data["artifacts"].append(f"/{KERNEL.relative_to(Path(self.root).resolve()).as_posix()}")
            build_data["pure_python"] = False
            build_data["tag"] = f"cp311-abi3-{_platform()}"


def _platform() -> str:
    from packaging.tags import platform_tags  # noqa: PLC0415 - hatchling brings it

    return next(platform_tags())
