-- Areas as they will be when the plan is published: the plan's own, and the base release's it leaves alone.
WITH base AS (
    SELECT v.*, parent.code AS parent_code
    FROM plan
    JOIN release ON release.number = plan.base_release
    JOIN area_version v ON v.valid @> release.effective_from
    LEFT JOIN area_version parent ON parent.area_id = v.parent_id AND parent.valid @> release.effective_from
    WHERE plan.id = :plan_id
)
SELECT base.area_id AS id,
       p.level, p.code, p.name, p.parent_code, p.households, p.population, p.geom AS geometry
FROM plan_area p
LEFT JOIN base ON base.level = p.level AND base.code = p.code
WHERE p.plan_id = :plan_id
  AND NOT p.retired
  AND (CAST(:level AS text) IS NULL OR p.level = :level)
UNION ALL
SELECT base.area_id, base.level, base.code, base.name, base.parent_code, base.households, base.population, base.geom
FROM base
WHERE NOT EXISTS (
        SELECT FROM plan_area p WHERE p.plan_id = :plan_id AND p.level = base.level AND p.code = base.code)
  AND (CAST(:level AS text) IS NULL OR base.level = :level)
ORDER BY level, code
