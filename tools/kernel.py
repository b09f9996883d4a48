"""Compile the C of the package: four modules, for every Python from 3.11 on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

from tools.shell import ROOT, say


class Kernel(NamedTuple):
    """A module in C beside the Python that uses it.

    Attributes:
        source: The file to compile; it includes the others in its folder.
        module: Where the module is put.
    """

    source: Path
    module: Path


GRIDDING = ROOT / "gis" / "gridding"
KERNELS = (
    Kernel(GRIDDING / "coverage" / "native" / "kernel.c", GRIDDING / "coverage" / "_kernel.abi3.so"),
    Kernel(
        GRIDDING / "coverage" / "building" / "native" / "build.c",
        GRIDDING / "coverage" / "building" / "_build.abi3.so",
    ),
    Kernel(GRIDDING / "chain" / "native" / "chain.c", GRIDDING / "chain" / "_chain.abi3.so"),
    Kernel(GRIDDING / "watching" / "native" / "watch.c", GRIDDING / "watching" / "_watch.abi3.so"),
)
SOURCES = sorted(path for kernel in KERNELS for path in kernel.source.parent.glob("*.[ch]"))
# Exact answers rest on plain IEEE arithmetic: products and sums are not contracted, nothing is reordered.
FLAGS = (
    *("-O3", "-std=gnu11", "-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno"),
    *("-Wall", "-Wextra", "-Werror=implicit-function-declaration", "-fPIC", "-shared"),
    *(("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()),
)


def find_compiler() -> str | None:
    """Return the C compiler, if there is one and Python's headers are there too."""
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    headers = Path(sysconfig.get_paths()["include"], "Python.h")
    return compiler if headers.is_file() else None


def compile_kernels() -> list[Path]:
    """Compile the modules; say why if that cannot be.

    Returns:
        Those that are there now.
    """
    compiler = find_compiler()
    if compiler is None:
        for kernel in KERNELS:
            kernel.module.unlink(missing_ok=True)
        say("No C compiler with Python's headers: NumPy does its work, about a quarter as fast.")
        return []
    return [kernel.module for kernel in KERNELS if _compile(compiler, kernel)]


def _compile(compiler: str, kernel: Kernel) -> bool:
    made = kernel.module.with_suffix(f".{os.getpid()}")
    headers = f"-I{sysconfig.get_paths()['include']}"
    command = [compiler, *FLAGS, headers, str(kernel.source), "-o", str(made), "-lm"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own command
    if done.returncode != 0:
        for useless in (made, kernel.module):  # one that is there is of older sources
            useless.unlink(missing_ok=True)
        say(f"{kernel.source.name} does not compile here, so NumPy does its work:\n{done.stderr}")
        return False
    # a process that has the old one loaded keeps it
    made.replace(kernel.module)
    return True
