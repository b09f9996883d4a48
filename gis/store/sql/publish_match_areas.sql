-- Give every area of the plan its lasting identity: the one its level and code has now, else a new one.
DROP TABLE IF EXISTS publishing_area;

CREATE TEMP TABLE publishing_area ON COMMIT DROP AS
SELECT p.*, now_valid.area_id
FROM plan_area p
LEFT JOIN area_version now_valid
    ON upper_inf(now_valid.valid) AND now_valid.level = p.level AND now_valid.code = p.code
WHERE p.plan_id = :plan_id;

WITH named AS (
    SELECT id, nextval(pg_get_serial_sequence('area', 'id')) AS area_id
    FROM (SELECT id FROM publishing_area WHERE area_id IS NULL AND NOT retired ORDER BY level, code COLLATE "C") AS fresh
), inserted AS (
    INSERT INTO area (id) OVERRIDING SYSTEM VALUE SELECT area_id FROM named
)
UPDATE publishing_area SET area_id = named.area_id FROM named WHERE publishing_area.id = named.id
