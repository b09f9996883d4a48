-- Other outlines for grids of a plan: its own rows are told by code and outline, as a draft may repeat a code;
-- grids of the base release that the plan says nothing of are taken into it with the other outline.
WITH wanted AS (
    SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:before AS bytea[]), CAST(:after AS bytea[])) AS w (code, before, after)
), own AS (
    UPDATE plan_grid p
    SET geom = ST_Multi(ST_GeomFromWKB(wanted.after, 4490)), fingerprint_1 = NULL, fingerprint_2 = NULL
    FROM wanted
    WHERE p.plan_id = :plan_id
      AND NOT p.retired
      AND p.code = wanted.code
      AND ST_AsBinary(p.geom, 'NDR') = wanted.before
    RETURNING p.id
), taken AS (
    INSERT INTO plan_grid (plan_id, kind, task, code, name, community_code, households, population, leader, unit,
                           land_use, attributes, geom)
    SELECT plan.id, v.kind, v.task, v.code, v.name, community.code, v.households, v.population, v.leader, v.unit,
           v.land_use, v.attributes, ST_Multi(ST_GeomFromWKB(wanted.after, 4490))
    FROM wanted
    JOIN plan ON plan.id = :plan_id
    JOIN release ON release.number = plan.base_release
    JOIN grid_version v ON v.code = wanted.code AND v.valid @> release.effective_from
    LEFT JOIN area_version community
        ON community.area_id = v.community_id AND community.valid @> release.effective_from
    WHERE NOT EXISTS (SELECT FROM plan_grid p WHERE p.plan_id = plan.id AND p.code = wanted.code)
    RETURNING id
)
SELECT (SELECT count(*) FROM own) + (SELECT count(*) FROM taken)
