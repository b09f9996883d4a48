-- Where points lie in a release: points given as arrays, and stored events in a range of ids.
-- The rule of gis.gridding.locate: a point on a shared outline meets every polygon it touches (ST_Intersects), and
-- of these the lowest lasting id has it. Areas go up from the grid; where a step is unknown, outlines decide, and
-- they are asked only then. `range_contains_elem` is `@>` without the index that the planner would rather take than
-- the one of the geometries.
WITH point AS (
    SELECT n, ST_SetSRID(ST_MakePoint(lon, lat), 4490) AS geom
    FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) WITH ORDINALITY AS given(lon, lat, n)
    UNION ALL
    SELECT id, geom FROM event WHERE id > CAST(:after AS bigint) AND id <= CAST(:until AS bigint)
), street AS MATERIALIZED (
    SELECT street.area_id AS id, district.area_id AS district_id
    FROM release
    JOIN area_version street ON street.level = 'street' AND range_contains_elem(street.valid, effective_from)
    LEFT JOIN area_version district ON district.area_id = street.parent_id AND district.level = 'district'
        AND range_contains_elem(district.valid, effective_from)
    WHERE release.number = :release
), community AS MATERIALIZED (
    SELECT community.area_id AS id, street.id AS street_id, street.district_id
    FROM release
    JOIN area_version community
        ON community.level = 'community' AND range_contains_elem(community.valid, effective_from)
    LEFT JOIN street ON street.id = community.parent_id
    WHERE release.number = :release
), met AS MATERIALIZED (
    SELECT point.n, point.geom, release.effective_from AS day, grid.*
    FROM point
    JOIN release ON release.number = :release
    CROSS JOIN LATERAL (
        SELECT min(v.grid_id) FILTER (WHERE v.kind = 'natural') AS natural_id,
               min(v.grid_id) FILTER (WHERE v.kind = 'dedicated') AS dedicated_id,
               array_agg(v.grid_id ORDER BY v.grid_id) FILTER (WHERE v.kind = 'special') AS special_ids,
               (array_agg(v.community_id ORDER BY v.grid_id) FILTER (WHERE v.kind = 'natural'))[1] AS natural_in,
               (array_agg(v.community_id ORDER BY v.grid_id) FILTER (WHERE v.kind = 'dedicated'))[1] AS dedicated_in
        FROM grid_version v
        WHERE ST_Intersects(v.geom, point.geom) AND range_contains_elem(v.valid, release.effective_from)
    ) grid
)
SELECT met.n, met.natural_id, met.dedicated_id, COALESCE(met.special_ids, '{}') AS special_ids,
       community.id AS community_id, street.id AS street_id,
       COALESCE(street.district_id, outline.district_id) AS district_id
FROM met
LEFT JOIN community natural_in ON natural_in.id = met.natural_in
LEFT JOIN community dedicated_in ON dedicated_in.id = met.dedicated_in
CROSS JOIN LATERAL (
    SELECT min(v.area_id) FILTER (WHERE v.level = 'community') AS community_id,
           min(v.area_id) FILTER (WHERE v.level = 'street') AS street_id,
           min(v.area_id) FILTER (WHERE v.level = 'district') AS district_id
    FROM area_version v
    WHERE CASE WHEN natural_in.id IS NULL THEN dedicated_in.district_id ELSE natural_in.district_id END IS NULL
          AND ST_Intersects(v.geom, met.geom) AND range_contains_elem(v.valid, met.day)
) outline
LEFT JOIN community ON community.id = COALESCE(natural_in.id, dedicated_in.id, outline.community_id)
LEFT JOIN street ON street.id = COALESCE(community.street_id, outline.street_id)
ORDER BY met.n
