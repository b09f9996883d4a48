-- The area of a grant is that of its unit, else of the nearest unit above that has one: by the code it has,
-- or had last, in any release.
SELECT g.role, g.unit_id, u.parent_code IS NULL AS is_root, area.area_id
FROM role_grant AS g
JOIN unit AS u ON u.id = g.unit_id
LEFT JOIN LATERAL (
    SELECT v.area_id
    FROM unit AS above
    JOIN area_version AS v ON v.code = above.area_code
    WHERE above.id = ANY(u.branch)
    ORDER BY cardinality(above.branch) DESC, lower(v.valid) DESC
    LIMIT 1
) AS area ON true
WHERE g.user_id = :user_id AND g.ended_at IS NULL AND g.valid @> CAST(:day AS date)
ORDER BY g.id
