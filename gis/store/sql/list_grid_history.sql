SELECT v.grid_id AS id, v.kind, v.task, v.code, v.name, v.community_id, community.code AS community_code,
       v.households, v.population, v.leader, v.unit, v.land_use, v.release,
       lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.geom AS geometry
FROM grid_version v
LEFT JOIN area_version community
    ON community.area_id = v.community_id AND community.valid @> lower(v.valid)
WHERE v.grid_id = :grid_id
ORDER BY lower(v.valid)
