SELECT worker.code AS worker_code, worker.name AS worker, duty.role, unit.code AS unit_code, unit.name AS unit
FROM duty
JOIN worker ON worker.id = duty.worker_id
JOIN unit ON unit.id = worker.unit_id
WHERE duty.grid_id = :grid_id AND duty.valid @> CAST(:day AS date)
ORDER BY duty.role, worker.code
