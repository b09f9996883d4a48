UPDATE plan_area
SET geom = ST_CollectionExtract(ST_Collect(geom, ST_GeomFromWKB(:wkb, 4490)), 3)
WHERE plan_id = :plan_id AND code = :code AND NOT retired
