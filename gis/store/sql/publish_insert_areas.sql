-- The plan's areas of one level, under the parents as they are from now on.
INSERT INTO area_version
    (area_id, release, valid, level, code, name, parent_id, households, population, attributes, geom,
     fingerprint_1, fingerprint_2)
SELECT p.area_id, :number, daterange(:day, NULL), p.level, p.code, p.name, parent.area_id,
       p.households, p.population, p.attributes, p.geom,
       p.fingerprint_1, p.fingerprint_2
FROM publishing_area p
LEFT JOIN area_version parent
    ON parent.code = p.parent_code
   AND upper_inf(parent.valid)
   AND parent.level = CASE p.level WHEN 'street' THEN 'district' WHEN 'community' THEN 'street' END
WHERE p.level = :level AND NOT p.retired
ORDER BY p.code COLLATE "C"
