-- The same of a plan as it would be published, by codes: ids are given when it is.
WITH base AS (
    SELECT plan.id AS plan_id, release.effective_from AS day
    FROM plan LEFT JOIN release ON release.number = plan.base_release
    WHERE plan.id = :plan_id
), area AS (
    SELECT p.level, p.code, p.name, p.parent_code, p.fingerprint_1, p.fingerprint_2
    FROM plan_area p WHERE p.plan_id = :plan_id AND NOT p.retired
    UNION ALL
    SELECT v.level, v.code, v.name, parent.code, v.fingerprint_1, v.fingerprint_2
    FROM base
    JOIN area_version v ON v.valid @> base.day
    LEFT JOIN area_version parent ON parent.area_id = v.parent_id AND parent.valid @> base.day
    WHERE NOT EXISTS (
        SELECT FROM plan_area p WHERE p.plan_id = base.plan_id AND p.level = v.level AND p.code = v.code)
), child AS (
    SELECT CASE level WHEN 'street' THEN 'district' WHEN 'community' THEN 'street' END AS level,
           parent_code AS code, fingerprint_1, fingerprint_2
    FROM area
    UNION ALL
    SELECT 'community', p.community_code, p.fingerprint_1, p.fingerprint_2
    FROM plan_grid p WHERE p.plan_id = :plan_id AND NOT p.retired AND p.kind = 'natural'
    UNION ALL
    SELECT 'community', community.code, v.fingerprint_1, v.fingerprint_2
    FROM base
    JOIN grid_version v ON v.valid @> base.day AND v.kind = 'natural'
    JOIN area_version community ON community.area_id = v.community_id AND community.valid @> base.day
    WHERE NOT EXISTS (SELECT FROM plan_grid p WHERE p.plan_id = base.plan_id AND p.code = v.code)
), added AS MATERIALIZED (
    SELECT level, code, count(*) AS children, count(*) FILTER (WHERE fingerprint_1 IS NULL) AS unknown,
           sum(fingerprint_1) AS sum_1, sum(fingerprint_2) AS sum_2
    FROM child
    GROUP BY level, code
)
SELECT area.level, area.code, area.name, coalesce(children, 0) AS children,
       coalesce(unknown, 0) + (fingerprint_1 IS NULL)::int AS unknown,
       mod(sum_1 - fingerprint_1, 18446744073709551616) = 0
       AND mod(sum_2 - fingerprint_2, 18446744073709551616) = 0 AS adds_up
FROM area LEFT JOIN added USING (level, code)
ORDER BY area.level, area.code COLLATE "C"
