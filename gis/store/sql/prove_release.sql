-- Of each area of a release: how many children it has, and whether their fingerprints sum to its own.
WITH state AS (
    SELECT v.area_id, v.level, v.code, v.name, v.parent_id, v.fingerprint_1, v.fingerprint_2
    FROM release JOIN area_version v ON v.valid @> release.effective_from
    WHERE release.number = :release
), child AS (
    SELECT true AS is_there, parent_id AS area_id, fingerprint_1, fingerprint_2 FROM state
    UNION ALL
    SELECT true, v.community_id, v.fingerprint_1, v.fingerprint_2
    FROM release JOIN grid_version v ON v.valid @> release.effective_from
    WHERE release.number = :release AND v.kind = 'natural'
)
SELECT state.level, state.code, state.name, count(child.is_there) AS children,
       count(child.is_there) FILTER (WHERE child.fingerprint_1 IS NULL) + (state.fingerprint_1 IS NULL)::int AS unknown,
       mod(sum(child.fingerprint_1) - state.fingerprint_1, 18446744073709551616) = 0
       AND mod(sum(child.fingerprint_2) - state.fingerprint_2, 18446744073709551616) = 0 AS adds_up
FROM state LEFT JOIN child USING (area_id)
GROUP BY state.area_id, state.level, state.code, state.name, state.fingerprint_1, state.fingerprint_2
ORDER BY state.level, state.code COLLATE "C"
