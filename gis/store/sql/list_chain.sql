-- The chain, link by link, with what each entry is now.
SELECT
    link.number, link.hash, link.entry_id,
    entry.id, entry.at, entry.xid, entry.actor, entry.user_id, entry.session_id, entry.address, entry.request,
    entry.action, entry.subject_kind, entry.subject_id, entry.detail::text AS detail
FROM audit_link AS link
LEFT JOIN audit_entry AS entry ON entry.id = link.entry_id
ORDER BY link.number
