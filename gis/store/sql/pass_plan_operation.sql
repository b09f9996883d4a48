-- Go to the other side of an operation: rows of the plan and those that were kept change places. The trigger
-- that kept the ones keeps the others.
DROP TABLE IF EXISTS passing;

CREATE TEMP TABLE passing ON COMMIT DROP AS
SELECT noun, row_id, fields || jsonb_build_object('geom', encode(shape, 'hex')) AS fields
FROM plan_kept
WHERE operation_id = :operation_id;

DELETE FROM plan_kept WHERE operation_id = :operation_id;

SELECT set_config('wangge.plan_operation', CAST(:operation_id AS text), true);

DELETE FROM plan_grid USING passing WHERE noun = 'grid' AND plan_grid.id = row_id;

DELETE FROM plan_area USING passing WHERE noun = 'area' AND plan_area.id = row_id;

INSERT INTO plan_grid OVERRIDING SYSTEM VALUE
SELECT kept.*
FROM passing, LATERAL jsonb_populate_record(CAST(NULL AS plan_grid), fields) AS kept
WHERE noun = 'grid' AND fields IS NOT NULL;

INSERT INTO plan_area OVERRIDING SYSTEM VALUE
SELECT kept.*
FROM passing, LATERAL jsonb_populate_record(CAST(NULL AS plan_area), fields) AS kept
WHERE noun = 'area' AND fields IS NOT NULL;

SELECT set_config('wangge.plan_operation', '', true)
