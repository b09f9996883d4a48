"""What set-up says and runs on machines of several kinds; the machines themselves are pretended."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from tools import machine
from tools.shell import SetupFailedError


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has nothing, seen by an ordinary user."""
    needs = tuple(replace(need, is_there=lambda: False) for need in machine.NEEDS)
    monkeypatch.setattr(machine, "NEEDS", needs)
    monkeypatch.setattr("os.geteuid", lambda: 1000)


def with_programs(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if name in names else None)


def said(*, for_tests: bool) -> str:
    with pytest.raises(SetupFailedError) as raised:
        machine.require_packages(for_tests=for_tests)
    return str(raised.value)


def test_without_sudo_one_exact_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with_programs(monkeypatch, "apt-get")
    command = "apt-get update && apt-get install -y --no-install-recommends python3-venv postgresql-postgis"
    assert said(for_tests=False).endswith(f"\n    {command}")
    assert said(for_tests=True).endswith(
        f"\n    {command} libatomic1 chromium chromium-sandbox fonts-noto-cjk"
    )


def test_sudo_that_refuses_is_no_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    with_programs(monkeypatch, "apt-get", "sudo")
    refused = subprocess.CompletedProcess([], 1, "", "sudo: a password is required")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: refused)
    assert "may not install packages" in said(for_tests=False)


@pytest.mark.parametrize(("user", "prefix"), [(0, ["env"]), (1000, ["sudo", "env"])])
def test_only_what_is_missing_is_installed_as_root(
    monkeypatch: pytest.MonkeyPatch, user: int, prefix: list[str]
) -> None:
    with_programs(monkeypatch, "apt-get", "sudo")
    monkeypatch.setattr("os.geteuid", lambda: user)
    granted = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: granted)
    installed: list[str] = []
    calls: list[tuple[str, ...]] = []

    def call(*command: str, may_fail: bool = False) -> int:
        calls.append(command)
        if "install" in command:
            installed.extend(command[command.index("--no-install-recommends") + 1 :])
        return 100 if may_fail else 0

    monkeypatch.setattr(machine, "call", call)
    needs = machine.NEEDS
    fonts = replace(needs[-1], is_there=lambda: "fonts-noto-cjk" in installed)
    monkeypatch.setattr(machine, "NEEDS", (replace(needs[1], is_there=lambda: True), fonts))
    machine.require_packages(for_tests=True)
    assert installed == ["fonts-noto-cjk"]
    assert all(list(command[: len(prefix)]) == prefix for command in calls)
    assert [word for command in calls for word in command if word in {"update", "install"}] == [
        "update",
        "install",
    ]


def test_an_installation_that_brought_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with_programs(monkeypatch, "apt-get")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(machine, "call", lambda *_, **__: 0)
    assert "there is still no" in said(for_tests=False)


def test_fedora_hears_its_own_command(monkeypatch: pytest.MonkeyPatch) -> None:
    with_programs(monkeypatch, "dnf", "sudo")
    assert "sudo dnf install -y python3-pip postgresql-server postgresql-contrib postgis" in said(
        for_tests=False
    )


def test_macos_hears_its_own_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    with_programs(monkeypatch, "brew")
    monkeypatch.setattr("sys.platform", "darwin")
    assert said(for_tests=True).split("\n\n")[1].splitlines() == [
        "    brew install python@3.12 postgresql@17 postgis",
        "    brew install --cask chromium",
    ]


def test_nothing_missing_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    there = tuple(replace(need, is_there=lambda: True) for need in machine.NEEDS)
    monkeypatch.setattr(machine, "NEEDS", there)
    with_programs(monkeypatch)
    machine.require_packages(for_tests=True)


def test_a_wish_that_cannot_be_had_is_said_and_set_up_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wishes = tuple(replace(wish, is_there=lambda: False) for wish in machine.WISHES)
    monkeypatch.setattr(machine, "WISHES", wishes)
    with_programs(monkeypatch, "apt-get")
    machine.install_wishes()
    assert "Going on without a C compiler" in capsys.readouterr().out
    monkeypatch.setattr("os.geteuid", lambda: 0)
    calls: list[tuple[str, ...]] = []

    def refuse(*command: str, may_fail: bool = False) -> int:
        calls.append(command)
        if not may_fail:
            raise SetupFailedError("no network")
        return 100

    monkeypatch.setattr(machine, "call", refuse)
    machine.install_wishes()
    assert calls[-1][-3:] == ("gcc", "libc6-dev", "python3-dev")
    assert "no network" in capsys.readouterr().out
