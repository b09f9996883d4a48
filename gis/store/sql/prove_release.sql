-- Of each area of a release: how many children it has, and whether their fingerprints sum to its own.
WITH state AS (
    SELECT v.area_id, v.level, v.code, v.name, v.parent_id, v.fingerprint_1, v.fingerprint_2
    FROM release JOIN area_version v ON v.valid @> release.effective_from
    WHERE release.number = :release
), child AS (
    SELECT parent_id AS area_id, fingerprint_1, fingerprint_2 FROM state
    UNION ALL
    SELECT v.community_id, v.fingerprint_1, v.fingerprint_2
    FROM release JOIN grid_version v ON v.valid @> release.effective_from
    WHERE release.number = :release AND v.kind = 'natural'
), added AS MATERIALIZED (
    SELECT area_id, count(*) AS children, count(*) FILTER (WHERE fingerprint_1 IS NULL) AS unknown,
           sum(fingerprint_1) AS sum_1, sum(fingerprint_2) AS sum_2
    FROM child
    GROUP BY area_id
)
SELECT state.level, state.code, state.name, coalesce(children, 0) AS children,
       coalesce(unknown, 0) + (fingerprint_1 IS NULL)::int AS unknown,
       mod(sum_1 - fingerprint_1, 18446744073709551616) = 0
       AND mod(sum_2 - fingerprint_2, 18446744073709551616) = 0 AS adds_up
FROM state LEFT JOIN added USING (area_id)
ORDER BY state.level, state.code COLLATE "C"
