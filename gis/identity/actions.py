"""What is recorded in the audit log, by name; names are never changed, because old entries keep theirs."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """An action of the audit log: what it is done to, a dot, and what is done."""

    RELEASE_PUBLISH = "release.publish"
    PLAN_IMPORT = "plan.import"
    PLAN_REPAIR = "plan.repair"
    PLAN_UNDO = "plan.undo"
    PLAN_REDO = "plan.redo"
    HOLE_INTEND = "hole.intend"
    HOLE_TAKE_BACK = "hole.take_back"
    JOB_CANCEL = "job.cancel"
    EVENTS_EXPORT = "events.export"
    AUDIT_EXPORT = "audit.export"
