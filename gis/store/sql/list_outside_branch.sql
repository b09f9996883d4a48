-- A plan of no unit, or of a unit whose area is a district, may change everything. The area is the one of the
-- unit, else of the nearest unit above that has one.
WITH branch AS (
    SELECT v.area_id
    FROM plan AS p
    JOIN unit AS u ON u.id = p.unit_id
    JOIN unit AS above ON above.id = ANY(u.branch)
    JOIN area_version AS v ON v.code = above.area_code AND upper_inf(v.valid)
    WHERE p.id = :plan_id
    ORDER BY cardinality(above.branch) DESC
    LIMIT 1
), narrow AS (
    SELECT b.area_id
    FROM branch AS b JOIN area_version AS v ON v.area_id = b.area_id AND upper_inf(v.valid)
    WHERE v.level <> 'district'
)
SELECT DISTINCT code FROM (
    SELECT a.code FROM plan_area AS a, narrow WHERE a.plan_id = :plan_id
    UNION ALL
    SELECT g.code
    FROM plan_grid AS g
    CROSS JOIN narrow
    LEFT JOIN area_version AS c
        ON c.level = 'community' AND c.code = g.community_code AND upper_inf(c.valid)
    WHERE g.plan_id = :plan_id
        AND (c.area_id = narrow.area_id OR c.parent_id = narrow.area_id) IS NOT TRUE
    UNION ALL
    -- a code that another branch's grid has would take that grid away
    SELECT g.code
    FROM plan_grid AS g
    CROSS JOIN narrow
    JOIN grid_version AS known ON known.code = g.code AND upper_inf(known.valid)
    LEFT JOIN area_version AS c ON c.area_id = known.community_id AND upper_inf(c.valid)
    WHERE g.plan_id = :plan_id
        AND (c.area_id = narrow.area_id OR c.parent_id = narrow.area_id) IS NOT TRUE
) AS outside
ORDER BY code
LIMIT :most
