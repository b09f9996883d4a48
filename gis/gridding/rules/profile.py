"""A profile: for each layer the rules that are checked, with limits and severity; read from TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gis.errors import InputError
from gis.gridding.rules.catalogue import LAYERS, RULES
from gis.nouns import FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gis.gridding.checks.tolerance import Tolerance

USUAL = "usual"
"""The shipped profile that holds where none is asked for."""

_SHIPPED = files(__package__) / "shipped"


@dataclass(frozen=True, slots=True)
class Setting:
    """How one rule is checked in one layer.

    Attributes:
        severity: Of its findings; None leaves it to the check, which judges places by their width.
        limits: By name; those that are not set are the check's own.
    """

    severity: Severity | None
    limits: Mapping[str, float]

    def tolerance(self, usual: Tolerance) -> Tolerance:
        """Put the limits of width and area in the place of the usual ones."""
        return replace(usual, **self.limits)


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules that are checked.

    Attributes:
        name: What it is called.
        settings: By layer and rule; a rule that is not here is not checked in that layer.
    """

    name: str
    settings: Mapping[tuple[str, FindingKind], Setting]

    def setting(self, layer: str, kind: FindingKind) -> Setting | None:
        """How a rule is checked in a layer; None where it is not."""
        return self.settings.get((layer, kind))

    def tolerance(self, layer: str, kind: FindingKind, usual: Tolerance) -> Tolerance:
        """Return the tolerance of a rule that judges places by width and area."""
        setting = self.setting(layer, kind)
        return usual if setting is None else setting.tolerance(usual)

    def is_on(self, kind: FindingKind) -> bool:
        """Tell whether a rule is checked in any layer."""
        return any(kind is other for _, other in self.settings)


def shipped_profiles() -> list[str]:
    """Name the profiles that come with the package."""
    return sorted(path.name.removesuffix(".toml") for path in _SHIPPED.iterdir())


def shipped_profile(name: str) -> Profile:
    """Return a profile that comes with the package.

    Raises:
        InputError: There is none of that name; the message lists those there are.
    """
    return parse_profile(_shipped_text(name))


def parse_profile(text: str) -> Profile:
    """Read a profile.

    1. `name` names it; `extends` names shipped profiles whose rules come first, later ones over earlier ones;
       what several of them extend comes before all of these.
    2. A table for each layer holds its rules: `true` checks a rule, `false` does not, a table sets its
       limits and, if wanted, its `severity`.
    3. What a table does not set stays as it was in what it extends.

    Raises:
        InputError: It is no TOML, or a layer, rule, limit or value is none; the message names the place.

    >>> own = parse_profile('name = "own"' + chr(10) + "[natural]" + chr(10) + "gap = { min_width_m = 0.5 }")
    >>> own.setting("natural", FindingKind.GAP)
    Setting(severity=None, limits={'min_width_m': 0.5})
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The profile is no TOML: {error}.", field="profile") from error
    name = tables.pop("name", "own")
    if not isinstance(name, str):
        raise InputError("The profile's name must be a text.", field="name")
    settings: dict[tuple[str, FindingKind], Setting] = {}
    for layers in _lineage(tables, set()):
        for layer, kind, value in _entries(layers):
            changed = _setting(settings.get((layer, kind), Setting(None, {})), layer, kind, value)
            if changed is None:
                settings.pop((layer, kind), None)
            else:
                settings[layer, kind] = changed
    return Profile(name, settings)


def _lineage(tables: dict[str, Any], seen: set[str]) -> Iterator[dict[str, Any]]:
    """Give the layers of all that is extended, each file once and before what extends it."""
    extended = tables.pop("extends", [])
    extended = [extended] if isinstance(extended, str) else extended
    if not isinstance(extended, list) or not all(isinstance(one, str) for one in extended):
        raise InputError('extends must name shipped profiles, as ["natural", "unit"].', field="extends")
    for name in extended:
        if name not in seen:
            seen.add(name)
            other = tomllib.loads(_shipped_text(name))
            del other["name"]
            yield from _lineage(other, seen)
    yield tables


def _shipped_text(name: str) -> str:
    if name not in shipped_profiles():
        raise InputError(
            f"There is no profile {name!r}; shipped are {', '.join(shipped_profiles())}.", field="profile"
        )
    return (_SHIPPED / f"{name}.toml").read_text(encoding="utf-8")


def _entries(tables: dict[str, Any]) -> Iterator[tuple[str, FindingKind, Any]]:
    for layer, rules in tables.items():
        if layer not in LAYERS or not isinstance(rules, dict):
            raise InputError(
                f"{layer!r} is no table of a layer; layers are {', '.join(LAYERS)}.", field=layer
            )
        for rule, value in rules.items():
            if rule not in list(FindingKind):
                raise InputError(
                    f"There is no rule {rule!r}; rules are {', '.join(FindingKind)}.", field=f"{layer}.{rule}"
                )
            kind = FindingKind(rule)
            if layer not in RULES[kind].layers:
                possible = ", ".join(RULES[kind].layers)
                raise InputError(
                    f"{rule} cannot be checked in the layer {layer}, only in {possible}.",
                    field=f"{layer}.{rule}",
                )
            yield layer, kind, value


def _setting(before: Setting, layer: str, kind: FindingKind, value: Any) -> Setting | None:  # noqa: ANN401 - any TOML
    place = f"{layer}.{kind}"
    if value is False:
        return None
    table = {} if value is True else value
    if not isinstance(table, dict):
        raise InputError(f"{place} must be true, false or a table, not {value!r}.", field=place)
    severity = _severity(table, before.severity, place)
    given = {name: limit for name, limit in table.items() if name != "severity"}
    limits = {**before.limits, **{name: _limit(name, limit, kind, place) for name, limit in given.items()}}
    rule = RULES[kind]
    lacking = [name for name in rule.needed if name not in limits]
    if rule.one_of and not limits.keys() & set(rule.one_of):
        lacking.append(" or ".join(rule.one_of))
    if lacking:
        raise InputError(f"{place} needs {lacking[0]}.", field=place)
    return Setting(severity, limits)


def _severity(table: dict[str, Any], before: Severity | None, place: str) -> Severity | None:
    if "severity" not in table:
        return before
    if table["severity"] not in list(Severity):
        raise InputError(
            f"{place}: severity must be {', '.join(Severity)}, not {table['severity']!r}.",
            field=f"{place}.severity",
        )
    return Severity(table["severity"])


def _limit(name: str, value: Any, kind: FindingKind, place: str) -> float:  # noqa: ANN401 - any TOML
    field = f"{place}.{name}"
    if name not in RULES[kind].limits:
        known = ", ".join(RULES[kind].limits) or "none"
        raise InputError(f"{place} has no limit {name!r}; its limits are: {known}.", field=field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise InputError(f"{field} is {value!r}; it must be a number above 0.", field=field)
    return float(value)
