/* Far distances: straight through the earth, and from that around it.

   On a sphere both put places in the same order. On the ellipsoid they do up to a meter or so for places of one
   district seen from within 1000 km; 10 000 km away it is a hundred meters or two. */

#ifndef EARTH_H
#define EARTH_H

#include <math.h>

/* GRS 80, the ellipsoid of CGCS2000 */
static const double SEMI_MAJOR_M = 6378137.0, ECCENTRICITY_SQUARED = 0.00669438002290;
static const double RADIAN = 0.017453292519943295;

/* A place in degrees as one in space, in metres. */
static void to_space(double lon, double lat, double *place)
{
    double sine = sin(lat * RADIAN), cosine = cos(lat * RADIAN);
    double across = SEMI_MAJOR_M / sqrt(1 - ECCENTRICITY_SQUARED * sine * sine);
    place[0] = across * cosine * cos(lon * RADIAN);
    place[1] = across * cosine * sin(lon * RADIAN);
    place[2] = across * (1 - ECCENTRICITY_SQUARED) * sine;
}

/* How far two places on earth are from each other: as if on a sphere that their straight line goes through. */
static double around_earth_m(const double *one, const double *other)
{
    double x = one[0] - other[0], y = one[1] - other[1], z = one[2] - other[2];
    double half = sqrt(x * x + y * y + z * z) / (2 * SEMI_MAJOR_M);
    return 2 * SEMI_MAJOR_M * asin(half < 1 ? half : 1);
}

#endif
