-- End the versions the plan changes or retires. A version that stays exactly the same stays untouched.
WITH settled AS (
    SELECT p.grid_id, v.id AS version_id
    FROM publishing_grid p
    JOIN grid_version v ON v.grid_id = p.grid_id AND upper_inf(v.valid)
    LEFT JOIN area_version community ON community.area_id = v.community_id AND upper_inf(community.valid)
    WHERE NOT p.retired
      AND (p.kind, p.task, p.name, p.community_code, p.households, p.population, p.leader, p.unit,
           p.land_use, p.attributes)
          IS NOT DISTINCT FROM
          (v.kind, v.task, v.name, community.code, v.households, v.population, v.leader, v.unit,
           v.land_use, v.attributes)
      AND ST_AsBinary(p.geom) = ST_AsBinary(v.geom)
), unchanged AS (
    DELETE FROM publishing_grid p USING settled WHERE p.grid_id = settled.grid_id
)
UPDATE grid_version v
SET valid = daterange(lower(v.valid), :day)
FROM publishing_grid p
WHERE v.grid_id = p.grid_id
  AND upper_inf(v.valid)
  AND v.id NOT IN (SELECT version_id FROM settled)
