"""Compile the look-up kernel: some C, one module, for every Python from 3.11 on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tools.shell import ROOT, say

COVERAGE = ROOT / "gis" / "gridding" / "coverage"
SOURCES = sorted((COVERAGE / "native").glob("*.[ch]"))
KERNEL = COVERAGE / "_kernel.abi3.so"
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


def compile_kernel() -> bool:
    """Compile the kernel beside the Python that uses it; say why if that cannot be.

    Returns:
        Whether it is there now.
    """
    compiler = find_compiler()
    if compiler is None:
        KERNEL.unlink(missing_ok=True)
        say("No C compiler with Python's headers: NumPy locates points, about a quarter as fast.")
        return False
    made = KERNEL.with_suffix(f".{os.getpid()}")
    headers = f"-I{sysconfig.get_paths()['include']}"
    command = [compiler, *FLAGS, headers, str(COVERAGE / "native" / "kernel.c"), "-o", str(made), "-lm"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own command
    if done.returncode != 0:
        for useless in (made, KERNEL):  # one that is there is of older sources
            useless.unlink(missing_ok=True)
        say(f"The look-up kernel does not compile here, so NumPy locates points:\n{done.stderr}")
        return False
    # a process that has the old one loaded keeps it
    made.replace(KERNEL)
    return True
