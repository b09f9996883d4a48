-- Grids of one kind, in some communities or (NULL) everywhere, that a complete new set no longer holds: dropped
-- from the plan, retired from the base. What is retired keeps its community: it tells whose branch it was of.
WITH dropped AS (
    DELETE FROM plan_grid
    WHERE plan_id = :plan_id AND kind = :kind AND NOT retired AND NOT code = ANY(CAST(:codes AS text[]))
      AND (CAST(:communities AS text[]) IS NULL OR community_code = ANY(CAST(:communities AS text[])))
    RETURNING code
), retired AS (
    INSERT INTO plan_grid (plan_id, retired, kind, task, code, name, community_code, geom)
    SELECT plan.id, true, v.kind, v.task, v.code, v.name, community.code, v.geom
    FROM plan
    JOIN release ON release.number = plan.base_release
    JOIN grid_version v ON v.valid @> release.effective_from
    LEFT JOIN area_version community
        ON community.area_id = v.community_id AND community.valid @> release.effective_from
    WHERE plan.id = :plan_id
      AND v.kind = :kind
      AND (CAST(:communities AS text[]) IS NULL OR community.code = ANY(CAST(:communities AS text[])))
      AND NOT v.code = ANY(CAST(:codes AS text[]))
      AND NOT EXISTS (
        SELECT FROM plan_grid p WHERE p.plan_id = plan.id AND p.code = v.code AND p.retired)
    RETURNING code
)
SELECT count(*) FROM (SELECT code FROM dropped UNION SELECT code FROM retired) AS gone
