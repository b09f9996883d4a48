-- The plan's grids, in the communities as they are from now on.
INSERT INTO grid_version
    (grid_id, release, valid, kind, task, code, name, community_id, households, population, leader, unit,
     land_use, attributes, geom,
     fingerprint_1, fingerprint_2)
SELECT p.grid_id, :number, daterange(:day, NULL), p.kind, p.task, p.code, p.name, community.area_id,
       p.households, p.population, p.leader, p.unit, p.land_use, p.attributes, p.geom,
       p.fingerprint_1, p.fingerprint_2
FROM publishing_grid p
LEFT JOIN area_version community
    ON community.code = p.community_code AND upper_inf(community.valid) AND community.level = 'community'
WHERE NOT p.retired
ORDER BY p.code COLLATE "C"
