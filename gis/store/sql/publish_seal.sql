-- Count the whole state and hash it: the hash of the hashes of every row, ordered by bytes of the code.
WITH state AS (
    SELECT 'area' AS noun, v.level AS kind, v.code,
           concat_ws(E'\x1f', v.area_id, v.level, v.code, v.name, v.parent_id, v.households, v.population,
                     v.attributes::text) AS words,
           v.geom
    FROM area_version v WHERE v.valid @> CAST(:day AS date)
    UNION ALL
    SELECT 'grid', v.kind, v.code,
           concat_ws(E'\x1f', v.grid_id, v.kind, v.task, v.code, v.name, v.community_id, v.households,
                     v.population, v.leader, v.unit, v.land_use, v.attributes::text),
           v.geom
    FROM grid_version v WHERE v.valid @> CAST(:day AS date)
), sealed AS (
    SELECT count(*) FILTER (WHERE noun = 'area') AS areas,
           count(*) FILTER (WHERE noun = 'grid') AS grids,
           encode(sha256(coalesce(string_agg(
               sha256(convert_to(words, 'UTF8') || ST_AsBinary(geom, 'NDR')), ''::bytea
               ORDER BY noun, kind COLLATE "C", code COLLATE "C"), ''::bytea)), 'hex') AS sha256
    FROM state
)
UPDATE release
SET area_count = sealed.areas, grid_count = sealed.grids, sha256 = sealed.sha256
FROM sealed
WHERE release.number = :number
