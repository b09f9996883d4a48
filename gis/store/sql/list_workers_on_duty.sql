SELECT DISTINCT grid_id, worker_id
FROM duty
WHERE grid_id = ANY(CAST(:grid_ids AS integer[])) AND valid @> CAST(:day AS date)
