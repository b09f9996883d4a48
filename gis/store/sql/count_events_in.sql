SELECT CAST(place.number AS integer) - 1 AS number, count(*) AS events
FROM unnest(CAST(:wkbs AS text[])) WITH ORDINALITY AS place(wkb, number)
JOIN event ON ST_Covers(ST_GeomFromWKB(decode(place.wkb, 'hex'), 4490), event.geom)
GROUP BY place.number
