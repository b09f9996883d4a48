SELECT code, households, storeys, geom AS geometry FROM building ORDER BY id
