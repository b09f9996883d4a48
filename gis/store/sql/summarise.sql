WITH current AS (
    SELECT * FROM release WHERE effective_from <= :today ORDER BY number DESC LIMIT 1
), areas AS (
    SELECT v.level, v.name FROM current JOIN area_version v ON v.valid @> current.effective_from
)
SELECT jsonb_build_object(
    'district', (SELECT name FROM areas WHERE level = 'district' LIMIT 1),
    'release', (SELECT jsonb_build_object('number', number, 'effective_from', effective_from, 'title', title,
                                          'sha256', sha256) FROM current),
    'releases', (SELECT count(*) FROM release),
    'areas', (SELECT coalesce(jsonb_object_agg(level, count), '{}')
              FROM (SELECT level, count(*) FROM areas GROUP BY level) AS by_level),
    'grids', (SELECT coalesce(jsonb_object_agg(kind, count), '{}')
              FROM (SELECT v.kind, count(*) FROM current JOIN grid_version v ON v.valid @> current.effective_from
                    GROUP BY v.kind) AS by_kind),
    'workers', (SELECT count(*) FROM worker),
    'buildings', (SELECT count(*) FROM building)
)
