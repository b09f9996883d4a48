"""Roles and rights: the one table of what each role may do and how far it reaches."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Right(StrEnum):
    """What a route may need (权限)."""

    OWN_ACCOUNT = "account:own"
    LOCATE = "places:locate"
    READ_GRIDS = "grids:read"
    READ_PLANS = "plans:read"
    DRAFT_PLANS = "plans:draft"
    PUBLISH_PLANS = "plans:publish"
    CHECK = "checks:make"
    READ_CHECKS = "checks:read"
    USE_JOBS = "jobs:use"
    REPORT_EVENTS = "events:report"
    READ_EVENTS = "events:read"
    COUNT_EVENTS = "events:count"
    REVEAL_PEOPLE = "people:reveal"
    MANAGE_USERS = "users:manage"
    READ_AUDIT = "audit:read"
    MANAGE_AUDIT = "audit:manage"
    MANAGE_SYSTEM = "system:manage"


class Role(StrEnum):
    """What a user is, on a branch of the hierarchy and for a time (角色)."""

    DISTRICT_PLANNER = "district_planner"  # 区级规划员
    STREET_PLANNER = "street_planner"  # 街道规划员
    APPROVER = "approver"  # 审批人
    STREET_OPERATOR = "street_operator"  # 街道受理员
    DISTRICT_OPERATOR = "district_operator"  # 区级受理员
    DEPARTMENT_HANDLER = "department_handler"  # 部门经办人
    GRID_WORKER = "grid_worker"  # 网格员
    PUBLIC_REPORTER = "public_reporter"  # 居民
    AUDITOR = "auditor"  # 审计员
    SYSTEM_ADMINISTRATOR = "system_administrator"  # 系统管理员
    SECURITY_ADMINISTRATOR = "security_administrator"  # 安全管理员
    AUDIT_ADMINISTRATOR = "audit_administrator"  # 审计管理员


class Reach(StrEnum):
    """How far a right reaches."""

    BRANCH = "branch"  # the unit it was granted on, and what lies below it
    OWN = "own"  # only what one has made oneself
    EVERYWHERE = "everywhere"  # what all who work here may know, like the outlines of grids


ADMINISTRATORS: Final = frozenset(
    {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}
)
"""These exclude one another, and every other role, at any one time (三员分立)."""

_STAFF: Final = {Right.LOCATE: Reach.EVERYWHERE, Right.READ_GRIDS: Reach.EVERYWHERE}
_PLANNER: Final = _STAFF | {
    Right.READ_PLANS: Reach.BRANCH,
    Right.DRAFT_PLANS: Reach.BRANCH,
    Right.CHECK: Reach.BRANCH,
    Right.READ_CHECKS: Reach.BRANCH,
    Right.USE_JOBS: Reach.OWN,
    Right.COUNT_EVENTS: Reach.BRANCH,
}
_OPERATOR: Final = _STAFF | {
    Right.REPORT_EVENTS: Reach.EVERYWHERE,
    Right.READ_EVENTS: Reach.BRANCH,
    Right.COUNT_EVENTS: Reach.BRANCH,
    Right.REVEAL_PEOPLE: Reach.BRANCH,
}

RIGHTS: Final[Mapping[Role, Mapping[Right, Reach]]] = {
    Role.DISTRICT_PLANNER: _PLANNER,
    Role.STREET_PLANNER: _PLANNER,
    Role.APPROVER: _STAFF
    | {
        Right.READ_PLANS: Reach.BRANCH,
        Right.PUBLISH_PLANS: Reach.BRANCH,
        Right.CHECK: Reach.BRANCH,
        Right.READ_CHECKS: Reach.BRANCH,
        Right.USE_JOBS: Reach.OWN,
        Right.COUNT_EVENTS: Reach.BRANCH,
    },
    Role.STREET_OPERATOR: _OPERATOR,
    Role.DISTRICT_OPERATOR: _OPERATOR,
    Role.DEPARTMENT_HANDLER: _STAFF
    | {Right.REPORT_EVENTS: Reach.EVERYWHERE, Right.READ_EVENTS: Reach.BRANCH},
    Role.GRID_WORKER: _STAFF | {Right.REPORT_EVENTS: Reach.EVERYWHERE, Right.READ_EVENTS: Reach.BRANCH},
    Role.PUBLIC_REPORTER: {Right.REPORT_EVENTS: Reach.OWN, Right.READ_EVENTS: Reach.OWN},
    Role.AUDITOR: _STAFF
    | {
        Right.READ_PLANS: Reach.BRANCH,
        Right.READ_CHECKS: Reach.BRANCH,
        Right.READ_EVENTS: Reach.BRANCH,
        Right.COUNT_EVENTS: Reach.BRANCH,
        Right.READ_AUDIT: Reach.EVERYWHERE,
    },
    Role.SYSTEM_ADMINISTRATOR: {Right.MANAGE_SYSTEM: Reach.EVERYWHERE, Right.USE_JOBS: Reach.EVERYWHERE},
    Role.SECURITY_ADMINISTRATOR: {Right.MANAGE_USERS: Reach.BRANCH},
    Role.AUDIT_ADMINISTRATOR: {Right.READ_AUDIT: Reach.EVERYWHERE, Right.MANAGE_AUDIT: Reach.EVERYWHERE},
}

OWN_TOO: Final = frozenset({Right.READ_EVENTS, Right.READ_PLANS, Right.READ_CHECKS, Right.USE_JOBS})
"""These reach to what one has made oneself too, wherever it lies by now.

What changes or reveals goes by the branch alone: who was moved to another street has nothing to do in the old
one. So do counts: a single event of one's own would pass for all there were.
"""

DISTRICT_WIDE: Final = frozenset(
    role
    for role, rights in RIGHTS.items()
    if rights.keys() & {Right.READ_AUDIT, Right.MANAGE_AUDIT, Right.MANAGE_SYSTEM}
)
"""These see or run what is of everybody, whatever branch they were given on: only a root gives them."""
