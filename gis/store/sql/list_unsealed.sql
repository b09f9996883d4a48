-- Entries that are not in the chain yet, in the order of their transactions. What older transactions than
-- `seen` had written was sealed before; a `seen` this server has not come to is from before a restore.
WITH snapshot AS (
    SELECT pg_snapshot_xmin(now.now)::text::bigint AS xmin, pg_snapshot_xmax(now.now)::text::bigint AS xmax
    FROM pg_current_snapshot() AS now
),
batch AS (
    SELECT coalesce((SELECT seen_xid FROM audit_batch ORDER BY last DESC LIMIT 1), 0) AS stored
),
seen AS (
    SELECT CASE WHEN stored > xmax THEN 0 ELSE stored END AS xid, xmin FROM snapshot, batch
)
SELECT
    entry.id, entry.at, entry.xid, entry.actor, entry.user_id, entry.session_id, entry.address, entry.request,
    entry.action, entry.subject_kind, entry.subject_id, entry.detail::text AS detail,
    seen.xid AS seen_xid, seen.xmin
FROM audit_entry AS entry, seen
WHERE entry.xid >= seen.xid AND NOT EXISTS (SELECT FROM audit_link WHERE entry_id = entry.id)
ORDER BY entry.xid, entry.id
LIMIT :most
