-- Where points lie in a release: points given as arrays, or stored events in a range of ids.
-- The rule of gis.gridding.locate: ST_Intersects, so that a point on a shared outline meets all its polygons,
-- and of these the lowest lasting id; the areas go up from the grid, and outlines decide where a step is unknown.
WITH point AS (
    SELECT n, ST_SetSRID(ST_MakePoint(lon, lat), 4490) AS geom
    FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) WITH ORDINALITY AS given(lon, lat, n)
    UNION ALL
    SELECT id, geom FROM event WHERE id > CAST(:after AS bigint) AND id <= CAST(:until AS bigint)
)
SELECT point.n, nat.grid_id AS natural_id, ded.grid_id AS dedicated_id,
       ARRAY(
           SELECT v.grid_id FROM grid_version v
           WHERE v.kind = 'special' AND v.valid @> release.effective_from AND ST_Intersects(v.geom, point.geom)
           ORDER BY v.grid_id
       ) AS special_ids,
       com.area_id AS community_id, str.area_id AS street_id, dis.area_id AS district_id
FROM point
JOIN release ON release.number = :release
LEFT JOIN LATERAL (
    SELECT v.grid_id, v.community_id FROM grid_version v
    WHERE v.kind = 'natural' AND v.valid @> release.effective_from AND ST_Intersects(v.geom, point.geom)
    ORDER BY v.grid_id LIMIT 1
) nat ON true
LEFT JOIN LATERAL (
    SELECT v.grid_id, v.community_id FROM grid_version v
    WHERE v.kind = 'dedicated' AND v.valid @> release.effective_from AND ST_Intersects(v.geom, point.geom)
    ORDER BY v.grid_id LIMIT 1
) ded ON true
LEFT JOIN LATERAL (
    SELECT a.area_id, a.parent_id FROM area_version a
    WHERE a.level = 'community' AND a.valid @> release.effective_from AND a.area_id = COALESCE(
        (SELECT area_id FROM area_version
         WHERE area_id = nat.community_id AND level = 'community' AND valid @> release.effective_from),
        (SELECT area_id FROM area_version
         WHERE area_id = ded.community_id AND level = 'community' AND valid @> release.effective_from),
        (SELECT min(area_id) FROM area_version
         WHERE level = 'community' AND valid @> release.effective_from AND ST_Intersects(geom, point.geom))
    )
) com ON true
LEFT JOIN LATERAL (
    SELECT a.area_id, a.parent_id FROM area_version a
    WHERE a.level = 'street' AND a.valid @> release.effective_from AND a.area_id = COALESCE(
        (SELECT area_id FROM area_version
         WHERE area_id = com.parent_id AND level = 'street' AND valid @> release.effective_from),
        (SELECT min(area_id) FROM area_version
         WHERE level = 'street' AND valid @> release.effective_from AND ST_Intersects(geom, point.geom))
    )
) str ON true
LEFT JOIN LATERAL (
    SELECT a.area_id FROM area_version a
    WHERE a.level = 'district' AND a.valid @> release.effective_from AND a.area_id = COALESCE(
        (SELECT area_id FROM area_version
         WHERE area_id = str.parent_id AND level = 'district' AND valid @> release.effective_from),
        (SELECT min(area_id) FROM area_version
         WHERE level = 'district' AND valid @> release.effective_from AND ST_Intersects(geom, point.geom))
    )
) dis ON true
ORDER BY point.n
