-- Grids of one kind that a complete new set no longer holds: dropped from the plan, retired from the base.
WITH dropped AS (
    DELETE FROM plan_grid
    WHERE plan_id = :plan_id AND kind = :kind AND NOT retired AND NOT code = ANY(CAST(:codes AS text[]))
    RETURNING code
), retired AS (
    INSERT INTO plan_grid (plan_id, retired, kind, task, code, name, geom)
    SELECT plan.id, true, v.kind, v.task, v.code, v.name, v.geom
    FROM plan
    JOIN release ON release.number = plan.base_release
    JOIN grid_version v ON v.valid @> release.effective_from
    WHERE plan.id = :plan_id
      AND v.kind = :kind
      AND NOT v.code = ANY(CAST(:codes AS text[]))
      AND NOT EXISTS (
        SELECT FROM plan_grid p WHERE p.plan_id = plan.id AND p.code = v.code AND p.retired)
    RETURNING code
)
SELECT count(*) FROM (SELECT code FROM dropped UNION SELECT code FROM retired) AS gone
