-- Give every grid of the plan its lasting identity: the one its code has now, else a new one.
DROP TABLE IF EXISTS publishing_grid;

CREATE TEMP TABLE publishing_grid ON COMMIT DROP AS
SELECT p.*, now_valid.grid_id
FROM plan_grid p
LEFT JOIN grid_version now_valid ON upper_inf(now_valid.valid) AND now_valid.code = p.code
WHERE p.plan_id = :plan_id;

WITH named AS (
    SELECT id, nextval(pg_get_serial_sequence('grid', 'id')) AS grid_id
    FROM (SELECT id FROM publishing_grid WHERE grid_id IS NULL AND NOT retired ORDER BY code COLLATE "C", id) AS fresh
), inserted AS (
    INSERT INTO grid (id) OVERRIDING SYSTEM VALUE SELECT grid_id FROM named
)
UPDATE publishing_grid SET grid_id = named.grid_id FROM named WHERE publishing_grid.id = named.id
