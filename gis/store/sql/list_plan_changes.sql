-- What a plan itself says of grids, each with the lasting id its code has in the base release; what a reader
-- has seen in this very version of the row comes with an empty geometry.
WITH seen AS (
    SELECT * FROM unnest(CAST(:rows AS bigint[]), CAST(:versions AS text[])) AS seen (id, version)
), own AS (
    SELECT p.*, concat_ws(' ', p.xmin, p.ctid) AS version
    FROM plan_grid p
    WHERE p.plan_id = :plan_id
)
SELECT own.id AS plan_grid_id, own.version, own.retired, base.grid_id AS id, own.kind, own.code, own.name,
       own.community_code, seen.id IS NOT NULL AS is_seen,
       CASE WHEN seen.id IS NULL THEN own.geom ELSE ST_GeomFromText('MULTIPOLYGON EMPTY', 4490) END AS geometry
FROM own
JOIN plan ON plan.id = own.plan_id
LEFT JOIN seen ON seen.id = own.id AND seen.version = own.version
LEFT JOIN release ON release.number = plan.base_release
LEFT JOIN grid_version base ON base.code = own.code AND base.valid @> release.effective_from
ORDER BY own.code COLLATE "C", own.id
