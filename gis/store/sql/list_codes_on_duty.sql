SELECT DISTINCT v.code
FROM duty
JOIN grid_version v ON v.grid_id = duty.grid_id AND upper_inf(v.valid)
WHERE duty.valid @> CAST(:day AS date)
