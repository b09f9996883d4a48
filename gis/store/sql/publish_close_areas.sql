-- End the versions the plan changes or retires. A version that stays exactly the same stays untouched.
WITH settled AS (
    SELECT p.area_id, v.id AS version_id
    FROM publishing_area p
    JOIN area_version v ON v.area_id = p.area_id AND upper_inf(v.valid)
    LEFT JOIN area_version parent ON parent.area_id = v.parent_id AND upper_inf(parent.valid)
    WHERE NOT p.retired
      AND (p.name, p.households, p.population, p.attributes, p.parent_code)
          IS NOT DISTINCT FROM (v.name, v.households, v.population, v.attributes, parent.code)
      AND ST_AsBinary(p.geom) = ST_AsBinary(v.geom)
), unchanged AS (
    DELETE FROM publishing_area p USING settled WHERE p.area_id = settled.area_id
)
UPDATE area_version v
SET valid = daterange(lower(v.valid), :day)
FROM publishing_area p
WHERE v.area_id = p.area_id
  AND upper_inf(v.valid)
  AND v.id NOT IN (SELECT version_id FROM settled)
