-- What tells the areas of a plan from every other state of them; NULL where it has none.
SELECT md5(string_agg(concat_ws(' ', p.id, p.xmin, p.ctid), ',' ORDER BY p.id))
FROM plan_area p
WHERE p.plan_id = :plan_id
