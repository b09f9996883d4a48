/* One point against one record: signs that are certain, exact, or not known.

   Compile without contraction of a * b + c and without reordering of floating-point operations: the error
   bounds rest on plain IEEE arithmetic. */

#ifndef EDGES_H
#define EDGES_H

#include "tables.h"

/* a * b as a rounded product and what the rounding lost (Veltkamp, Dekker). */
INLINE double product(double a, double b, double *rest)
{
    const double splitter = 134217729.0;
    double wide = splitter * a, a_high = wide - (wide - a), a_low = a - a_high;
    double b_wide = splitter * b, b_high = b_wide - (b_wide - b), b_low = b - b_high;
    double rounded = a * b;
    *rest = ((a_high * b_high - rounded) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return rounded;
}

/* Whether difference == a - b without loss, and may be multiplied without loss. */
INLINE int is_exact(double a, double b, double difference)
{
    double back = difference - a;
    double lost = (a - (difference - back)) - (b + back);
    double size = fabs(difference);
    return lost == 0 && (size == 0 || (size > SMALLEST && size < LARGEST));
}

/* Whether the difference of two products, whose sizes add up to `size`, has the sign it seems to have. */
INLINE int is_certain(double difference, double size)
{
    return (fabs(difference) > SAFE_ERROR * size) & (size > SMALLEST_SUM);
}

/* The exact sign of one x other seen from the point, or UNKNOWN. */
static int exact_sign(const double *one, const double *other, double x, double y)
{
    double x1 = one[0] - x, y1 = one[1] - y, x2 = other[0] - x, y2 = other[1] - y;
    if (!(is_exact(one[0], x, x1) && is_exact(one[1], y, y1) && is_exact(other[0], x, x2) &&
          is_exact(other[1], y, y2)))
        return UNKNOWN;
    double left_rest, right_rest;
    double left = product(x1, y2, &left_rest), right = product(x2, y1, &right_rest);
    if (left != right)
        return left < right ? -1 : 1;
    return (left_rest > right_rest) - (left_rest < right_rest);
}

/* The same as `test_entry`, edge by edge with every case in its place. */
static int test_carefully(const Tables *tables, const int32_t *entry, double x, double y)
{
    int parity = entry[1] & PARITY;
    const int32_t *run = entry + 2, *end = run + 2 * (entry[1] >> RUNS_SHIFT);
    for (; run < end; run += 2) {
        const double *vertex = tables->vertices + 2 * (size_t)run[0];
        const double *last = vertex + 2 * (size_t)run[1];
        for (; vertex < last; vertex += 2) {
            double x1 = vertex[0] - x, y1 = vertex[1] - y, x2 = vertex[2] - x, y2 = vertex[3] - y;
            if ((y1 > 0) != (y2 > 0)) {
                double left = x1 * y2, right = x2 * y1, size = fabs(left) + fabs(right);
                int sign = left < right ? -1 : 1;
                if (!is_certain(left - right, size))
                    sign = exact_sign(vertex, vertex + 2, x, y);
                if (sign == UNKNOWN || sign == 0)
                    return sign == 0 ? ON : UNKNOWN;
                parity ^= (sign < 0) != (y1 > 0);
            } else if ((x1 == 0 && y1 == 0) || (x2 == 0 && y2 == 0)) {
                return ON;
            } else if (y1 == 0 && y2 == 0 && (x1 > 0) != (x2 > 0)) {
                return ON;
            }
        }
    }
    return parity;
}

/* Take one edge into account: whether it is crossed west of the point, and whether that is not certain. */
INLINE void take_edge(const double *vertex, double x, double y, int counts, int *parity, int *unsure)
{
    double x1 = vertex[0] - x, y1 = vertex[1] - y, x2 = vertex[2] - x, y2 = vertex[3] - y;
    double left = x1 * y2, right = x2 * y1, turn = left - right;
    int straddles = (y1 > 0) ^ (y2 > 0), touches = (y1 == 0) | (y2 == 0);
    int certain = is_certain(turn, fabs(left) + fabs(right));
    *parity ^= counts & straddles & ((turn < 0) ^ (y1 > 0));
    *unsure |= (straddles & (certain ^ 1)) | ((straddles ^ 1) & touches);
}

/* Where a point lies against an entry: OUTSIDE, INSIDE, ON its outline, or UNKNOWN.

   Little here branches on where the point is: what is not certain is only noted, and looked at again. */
INLINE int test_entry(const Tables *tables, const int32_t *entry, double x, double y)
{
    int32_t head = entry[1];
    if (head & (COVERS | ASK))
        return head & COVERS ? INSIDE : UNKNOWN;
    int parity = head & PARITY, unsure = 0;
    const int32_t *run = entry + 2, *end = run + 2 * (head >> RUNS_SHIFT);
    for (; run < end; run += 2) {
        const double *vertex = tables->vertices + 2 * (size_t)run[0];
        const double *last = vertex + 2 * (size_t)run[1];
        for (; vertex < last; vertex += 2)
            take_edge(vertex, x, y, 1, &parity, &unsure);
    }
    return unsure ? test_carefully(tables, entry, x, y) : parity;
}

/* Whether a record parts two polygons by one run of edges, as most do. */
INLINE int is_simple(const int32_t *entry)
{
    const int32_t all = CLEAN | COVERS | ASK | LAST | OTHERWISE | ~((1 << RUNS_SHIFT) - 1);
    return ((entry[1] & all) == (CLEAN | 1 << RUNS_SHIFT)) & ((entry[4 + 1] & OTHERWISE) != 0);
}

/* Which of the two polygons of a simple record has the point: most runs are of one or two edges. */
INLINE int32_t first_of_simple(const Tables *tables, const int32_t *entry, double x, double y,
                               uint8_t *on_outline)
{
    const double *vertex = tables->vertices + 2 * (size_t)entry[2];
    int32_t edges = entry[3];
    int sign = entry[1] & PARITY, unsure = 0;
    take_edge(vertex, x, y, 1, &sign, &unsure);
    take_edge(vertex + 2 * (edges > 1), x, y, edges > 1, &sign, &unsure);
    for (int32_t i = 2; i < edges; i++)
        take_edge(vertex + 2 * i, x, y, 1, &sign, &unsure);
    if (unsure) {
        sign = test_carefully(tables, entry, x, y);
        *on_outline = sign == ON;
        if (sign == UNKNOWN)
            return OPEN;
    }
    return sign ? entry[0] : entry[4];
}

/* The first polygon of a record that the point meets; goes on to the end where another outline may pass. */
INLINE int32_t first_of(const Tables *tables, const int32_t *entry, double x, double y, uint8_t *on_outline)
{
    int32_t found = NONE;
    *on_outline = 0;
    for (;;) {
        int32_t head = entry[1];
        if (head & OTHERWISE && found == NONE)
            return entry[0];
        int sign = test_entry(tables, entry, x, y);
        if (sign == UNKNOWN)
            return OPEN;
        if (sign != OUTSIDE) {
            if (found == NONE)
                found = entry[0];
            *on_outline |= sign == ON;
            if (head & CLEAN)
                return found;
        }
        if (head & LAST)
            return found;
        entry += 2 + 2 * (head >> RUNS_SHIFT);
    }
}

#endif
