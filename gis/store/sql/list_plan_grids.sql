-- Grids as they will be when the plan is published: the plan's own, and the base release's it leaves alone.
WITH base AS (
    SELECT v.*, community.code AS community_code
    FROM plan
    JOIN release ON release.number = plan.base_release
    JOIN grid_version v ON v.valid @> release.effective_from
    LEFT JOIN area_version community
        ON community.area_id = v.community_id AND community.valid @> release.effective_from
    WHERE plan.id = :plan_id
)
SELECT base.grid_id AS id, p.kind, p.task, p.code, p.name, p.community_code, p.households, p.population,
       p.leader, p.unit, p.land_use, p.geom AS geometry
FROM plan_grid p
LEFT JOIN base ON base.code = p.code
WHERE p.plan_id = :plan_id
  AND NOT p.retired
  AND (CAST(:kind AS text) IS NULL OR p.kind = :kind)
UNION ALL
SELECT base.grid_id, base.kind, base.task, base.code, base.name, base.community_code, base.households,
       base.population, base.leader, base.unit, base.land_use, base.geom
FROM base
WHERE NOT EXISTS (SELECT FROM plan_grid p WHERE p.plan_id = :plan_id AND p.code = base.code)
  AND (CAST(:kind AS text) IS NULL OR base.kind = :kind)
ORDER BY code, id
