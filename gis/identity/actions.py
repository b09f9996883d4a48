"""What is recorded in the audit log, by name; names are never changed, because old entries keep theirs."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """An action of the audit log: what it is done to, a dot, and what is done."""

    SIGN_IN = "session.begin"
    SIGN_IN_REFUSE = "session.refuse"
    SIGN_OUT = "session.leave"
    SESSION_END = "session.end"
    PROVIDER_TIE = "provider.tie"
    PASSWORD_SET = "password.set"  # noqa: S105 - the name of an action
    CODES_ON = "codes.on"
    CODES_OFF = "codes.off"
    SECRET_GIVE = "secret.give"  # noqa: S105 - likewise
    USER_ADD = "user.add"
    USER_DISABLE = "user.disable"
    USER_ENABLE = "user.enable"
    ROLE_GRANT = "role.grant"
    ROLE_TAKE = "role.take"
    UNIT_ADD = "unit.add"
    RELEASE_PUBLISH = "release.publish"
    PLAN_OPEN = "plan.open"
    PLAN_IMPORT = "plan.import"
    PLAN_REPAIR = "plan.repair"
    PLAN_UNDO = "plan.undo"
    PLAN_REDO = "plan.redo"
    HOLE_INTEND = "hole.intend"
    HOLE_TAKE_BACK = "hole.take_back"
    JOB_CANCEL = "job.cancel"
    EVENTS_IMPORT = "events.import"
    EVENTS_RELOCATE = "events.relocate"
    EVENTS_EXPORT = "events.export"
    FINDINGS_EXPORT = "findings.export"
    MAP_EXPORT = "map.export"
    AUDIT_EXPORT = "audit.export"
    AUDIT_DROP = "audit.drop"
    PERSONAL_REVEAL = "personal.reveal"
    PERSONAL_SEARCH = "personal.search"
    PERSONAL_CHANGE = "personal.change"
    PERSONAL_EXPORT = "personal.export"
    PERSONAL_ERASE = "personal.erase"
    PERSONAL_RETAIN = "personal.retain"
    KEY_ROTATE = "key.rotate"
