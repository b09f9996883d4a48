-- Entries without a link that the relay would never look at again: of transactions it has seen the end of.
SELECT entry.id
FROM audit_entry AS entry, (SELECT seen_xid FROM audit_batch ORDER BY last DESC LIMIT 1) AS batch
WHERE entry.xid < batch.seen_xid
    AND batch.seen_xid <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    AND NOT EXISTS (SELECT FROM audit_link WHERE entry_id = entry.id)
ORDER BY entry.id
