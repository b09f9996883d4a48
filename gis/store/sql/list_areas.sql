SELECT v.area_id AS id, v.level, v.code, v.name, v.parent_id, parent.code AS parent_code, v.households,
       v.population, v.geom AS geometry
FROM release
JOIN area_version v ON v.valid @> release.effective_from
LEFT JOIN area_version parent ON parent.area_id = v.parent_id AND parent.valid @> release.effective_from
WHERE release.number = :release
  AND (CAST(:level AS text) IS NULL OR v.level = :level)
ORDER BY v.level, v.code
