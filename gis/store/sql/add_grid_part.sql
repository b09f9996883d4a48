UPDATE plan_grid
SET geom = ST_CollectionExtract(ST_Collect(geom, ST_GeomFromWKB(:wkb, 4490)), 3), fingerprint_1 = NULL, fingerprint_2 = NULL
WHERE plan_id = :plan_id AND code = :code AND NOT retired
