-- The communities a plan of a branch may change, perhaps none; no row for a plan that may change everything.
WITH branch AS (
    SELECT v.area_id, v.level
    FROM plan AS p
    JOIN unit AS u ON u.id = p.unit_id
    JOIN unit AS above ON above.id = ANY(u.branch)
    JOIN area_version AS v ON v.code = above.area_code AND upper_inf(v.valid)
    WHERE p.id = :plan_id
    ORDER BY cardinality(above.branch) DESC
    LIMIT 1
)
SELECT array(
    SELECT c.code
    FROM area_version AS c
    WHERE c.level = 'community' AND upper_inf(c.valid) AND b.area_id IN (c.area_id, c.parent_id)
)
FROM branch AS b
WHERE b.level <> 'district'
