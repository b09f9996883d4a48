WITH current AS (
    SELECT * FROM release WHERE effective_from <= :today ORDER BY number DESC LIMIT 1
), areas AS (
    SELECT v.level, v.name FROM current JOIN area_version v ON v.valid @> current.effective_from
), newest_check AS (
    SELECT * FROM grid_check ORDER BY id DESC LIMIT 1
)
SELECT jsonb_build_object(
    'district', (SELECT name FROM areas WHERE level = 'district' LIMIT 1),
    'release', (SELECT jsonb_build_object('number', number, 'effective_from', effective_from, 'title', title,
                                          'sha256', sha256) FROM current),
    'areas', (SELECT coalesce(jsonb_object_agg(level, count), '{}')
              FROM (SELECT level, count(*) FROM areas GROUP BY level) AS by_level),
    'grids', (SELECT coalesce(jsonb_object_agg(kind, count), '{}')
              FROM (SELECT v.kind, count(*) FROM current JOIN grid_version v ON v.valid @> current.effective_from
                    GROUP BY v.kind) AS by_kind),
    'events', (SELECT jsonb_build_object('total', count(*), 'unlocated', count(unlocated),
                                         'last_reported_at', max(reported_at)) FROM event),
    'workers', (SELECT count(*) FROM worker),
    'buildings', (SELECT count(*) FROM building),
    'findings', (SELECT jsonb_build_object('check_id', id, 'errors', errors,
                                           'warnings', (SELECT count(*) FROM finding
                                                        WHERE check_id = newest_check.id AND severity = 'warning'))
                 FROM newest_check)
)
