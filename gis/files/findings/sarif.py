"""Findings as SARIF 2.1.0, the form in which programs that check hand their results to those that review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from gis.files.findings.frame import findings_frame
from gis.files.geojson import geometry_json
from gis.gridding.sentences import explain
from gis.nouns import FindingKind, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gis.nouns import Check, Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "wanggeFinding/v1"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_DECIMALS = 7


def findings_sarif(
    check: Check,
    findings: Sequence[Finding],
    names: Mapping[FindingKind, tuple[str, str]],
    version: str,
    reasons: Mapping[str, str],
) -> bytes:
    """Return a check as a SARIF log of one run.

    1. Every kind of finding is a rule, with its name and what it is about in Chinese and English.
    2. A result's message is its sentence in Chinese, then in English; its locations are the grids, by code.
    3. Its lasting id is its fingerprint, so that a later run is compared finding by finding.
    4. Its place and measures are properties: SARIF knows places in text files alone.
    5. A hole that is meant is a result that was accepted, with the reason where one was given.

    Args:
        check: The check.
        findings: In its order.
        names: Of each kind, in Chinese and English.
        version: Of this software.
        reasons: Why holes are meant, by lasting id.
    """
    frame = findings_frame(findings)
    shapes = geometry_json(frame, _DECIMALS)
    indexes = {kind: number for number, kind in enumerate(FindingKind)}
    results = [
        _result(finding, facts, orjson.Fragment(shape), indexes) | _suppressed(finding, reasons.get(facts[0]))
        for finding, facts, shape in zip(
            findings, zip(frame["id"], frame["zh"], frame["en"], strict=True), shapes, strict=True
        )
    ]
    driver = {
        "name": "wangge",
        "version": version,
        "language": "zh-CN",
        "rules": [_rule(kind, names[kind]) for kind in FindingKind],
    }
    subject = f"plan/{check.plan_id}" if check.plan_id is not None else f"release/{check.release}"
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"wangge/{subject}/{check.id}"},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": check.at}],
        "results": results,
        "properties": {
            "check": check.id,
            "plan": check.plan_id,
            "changeNumber": check.change_number,
            "release": check.release,
            "minWidthM": check.min_width_m,
            "minAreaM2": check.min_area_m2,
            "crs": "EPSG:4490",
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2)


def _rule(kind: FindingKind, names: tuple[str, str]) -> dict[str, Any]:
    zh, en = explain(kind, "zh"), explain(kind, "en")
    return {
        "id": kind.value,
        "name": "".join(part.capitalize() for part in kind.value.split("_")),
        "shortDescription": {"text": " ".join(names)},
        "fullDescription": {"text": f"{zh}\n{en}"},
        "help": {"text": f"{zh}\n{en}"},
        "properties": {"nameZh": names[0], "nameEn": names[1]},
    }


def _result(
    finding: Finding,
    facts: tuple[str, str, str],
    geometry: orjson.Fragment,
    indexes: Mapping[FindingKind, int],
) -> dict[str, Any]:
    identity, zh, en = facts
    noun = finding.detail.get("subject", "grid")
    return {
        "ruleId": finding.kind.value,
        "ruleIndex": indexes[finding.kind],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{zh}\n{en}"},
        "locations": [{"logicalLocations": [{"name": code, "kind": noun}]} for code in finding.grids],
        "partialFingerprints": {FINGERPRINT: identity},
        "properties": {
            "zh": zh,
            "en": en,
            "area_m2": finding.area_m2,
            "width_m": finding.width_m,
            "detail": finding.detail,
            "geometry": geometry,
        },
    }


def _suppressed(finding: Finding, reason: str | None) -> dict[str, Any]:
    """Return what a result says besides if it is of a hole that is meant."""
    if finding.kind is not FindingKind.INTENDED_HOLE:
        return {}
    accepted = {"kind": "external", "status": "accepted"}
    return {"suppressions": [accepted | ({"justification": reason} if reason else {})]}
