"""Set-up runs before any package is installed, so it may import none."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", ["tools.__main__", "tools.machine", "tools.steps"])
def test_set_up_needs_plain_python_only(module: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], check=False, capture_output=True, text=True
    )
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["no-such-task"], ["run", "twice"]])
def test_an_unknown_task_is_answered_with_the_list(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools", *arguments], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2
    assert "setup | run" in done.stdout


def test_a_taken_port_is_said_before_any_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            ["make", "run", f"WANGGE_PORT={port}"], check=False, capture_output=True, text=True, cwd=ROOT
        )
    assert done.returncode != 0
    assert f"127.0.0.1 port {port}" in done.stderr
    assert "make run WANGGE_PORT=8001" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["many", "70000"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    done = subprocess.run(
        ["make", "run", f"WANGGE_PORT={port}"], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode != 0
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr
