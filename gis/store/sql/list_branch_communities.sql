-- The communities a plan of a branch may change; no row for a plan that may change everything.
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
SELECT c.code
FROM branch AS b
JOIN area_version AS c ON c.level = 'community' AND upper_inf(c.valid)
WHERE b.level <> 'district' AND (c.area_id = b.area_id OR c.parent_id = b.area_id)
