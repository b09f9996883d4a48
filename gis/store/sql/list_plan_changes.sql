-- What a plan itself says of grids, each with the lasting id its code has in the base release; what a reader
-- has seen in this very version of the row comes with an empty geometry.
WITH own AS (
    SELECT q.*, CAST(:seen AS jsonb) ->> CAST(q.id AS text) IS NOT DISTINCT FROM q.version AS is_seen
    FROM (SELECT p.*, concat_ws(' ', p.xmin, p.ctid) AS version FROM plan_grid p WHERE p.plan_id = :plan_id) AS q
)
SELECT own.id AS plan_grid_id, own.version, own.retired, base.grid_id AS id, own.kind, own.code, own.name,
       own.community_code, own.is_seen,
       NOT own.is_seen AND NOT own.retired AND base.grid_id IS NOT NULL
           AND (own.kind, own.name, own.community_code) IS NOT DISTINCT FROM (base.kind, base.name, community.code)
           AND ST_AsBinary(own.geom) = ST_AsBinary(base.geom) AS is_as_released,
       CASE WHEN own.is_seen THEN ST_GeomFromText('MULTIPOLYGON EMPTY', 4490) ELSE own.geom END AS geometry
FROM own
JOIN plan ON plan.id = own.plan_id
LEFT JOIN release ON release.number = plan.base_release
LEFT JOIN grid_version base ON base.code = own.code AND base.valid @> release.effective_from
LEFT JOIN area_version community
    ON community.area_id = base.community_id AND community.valid @> release.effective_from
ORDER BY own.code COLLATE "C", own.id
