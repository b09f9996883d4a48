SELECT v.grid_id AS id, v.kind, v.task, v.code, v.name, v.community_id, community.code AS community_code,
       v.households, v.population, v.leader, v.unit, v.land_use,
       lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.geom AS geometry
FROM release
JOIN grid_version v ON v.valid @> release.effective_from
LEFT JOIN area_version community
    ON community.area_id = v.community_id AND community.valid @> release.effective_from
LEFT JOIN area_version street ON street.area_id = community.parent_id AND street.valid @> release.effective_from
LEFT JOIN area_version district
    ON district.area_id = street.parent_id AND district.valid @> release.effective_from
WHERE release.number = :release
  AND (CAST(:kind AS text) IS NULL OR v.kind = :kind)
  AND (CAST(:area_code AS text) IS NULL OR :area_code IN (community.code, street.code, district.code))
  AND (CAST(:west AS float8) IS NULL
       OR v.geom && ST_MakeEnvelope(CAST(:west AS float8), CAST(:south AS float8), CAST(:east AS float8),
                                    CAST(:north AS float8), 4490))
  AND (CAST(:code AS text) IS NULL OR v.code = :code)
  AND (CAST(:grid_id AS bigint) IS NULL OR v.grid_id = CAST(:grid_id AS bigint))
  AND (CAST(:after AS bigint) IS NULL OR v.grid_id > CAST(:after AS bigint))
ORDER BY v.grid_id
LIMIT CAST(:limit AS bigint)
