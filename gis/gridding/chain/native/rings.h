/* Whether a ring certainly meets itself nowhere. */

#ifndef RINGS_H
#define RINGS_H

#include "edges.h"

/* Which side of a line a point lies on: 1 left, -1 right, 0 where rounding might decide. */
static inline int side_of(const Vertex *from, const Vertex *to, const Vertex *point)
{
    double left = (to->x - from->x) * (point->y - from->y);
    double right = (to->y - from->y) * (point->x - from->x);
    double error = DETERMINANT_ERROR * (fabs(left) + fabs(right));
    return left - right > error ? 1 : left - right < -error ? -1 : 0;
}

static inline double least(double one, double other) { return one < other ? one : other; }
static inline double most(double one, double other) { return one > other ? one : other; }

/* Whether two edges of one ring, which do not follow each other, certainly have no point in common. */
static inline int are_apart(const Vertex *one, const Vertex *other)
{
    int start, end;
    if (least(other[0].x, other[1].x) > most(one[0].x, one[1].x)
        || most(other[0].x, other[1].x) < least(one[0].x, one[1].x)
        || least(other[0].y, other[1].y) > most(one[0].y, one[1].y)
        || most(other[0].y, other[1].y) < least(one[0].y, one[1].y))
        return 1;
    start = side_of(one, one + 1, other);
    end = side_of(one, one + 1, other + 1);
    if (start != 0 && start == end)
        return 1;
    start = side_of(other, other + 1, one);
    end = side_of(other, other + 1, one + 1);
    return start != 0 && start == end;
}

/* Whether an edge certainly does not fold back onto the one before it. */
static inline int goes_on(const Vertex *before, const Vertex *middle, const Vertex *after)
{
    double ux = before->x - middle->x, uy = before->y - middle->y;
    double vx = after->x - middle->x, vy = after->y - middle->y;
    double error = 4.0 * DETERMINANT_ERROR * (fabs(ux * vy) + fabs(uy * vx));
    return fabs(ux * vy - uy * vx) > error || ux * vx + uy * vy < 0.0;
}

typedef struct {
    int32_t first, end;
    double west, south, east, north;
} Run;

/* Cut a ring into runs that go up or down in x and in y alike: such a run cannot meet itself. */
static int runs_of(const Vertex *ring, int32_t edges, Run *runs)
{
    int count = 0, before = -1;
    for (int32_t i = 0; i < edges; i++) {
        int quadrant = (ring[i + 1].x >= ring[i].x) | (ring[i + 1].y >= ring[i].y) << 1;
        if (quadrant != before)
            runs[count++].first = i;
        runs[count - 1].end = i + 1;
        before = quadrant;
    }
    for (int k = 0; k < count; k++) {
        const Vertex *from = ring + runs[k].first, *to = ring + runs[k].end;
        runs[k].west = least(from->x, to->x), runs[k].east = most(from->x, to->x);
        runs[k].south = least(from->y, to->y), runs[k].north = most(from->y, to->y);
    }
    return count;
}

static inline int boxes_meet(const Run *one, const Run *other)
{
    return one->west <= other->east && other->west <= one->east && one->south <= other->north
           && other->south <= one->north;
}

static int runs_are_apart(const Vertex *ring, int32_t edges, const Run *one, const Run *other)
{
    for (int32_t i = one->first; i < one->end; i++) {
        if (most(ring[i].x, ring[i + 1].x) < other->west || least(ring[i].x, ring[i + 1].x) > other->east
            || most(ring[i].y, ring[i + 1].y) < other->south || least(ring[i].y, ring[i + 1].y) > other->north)
            continue;
        for (int32_t j = other->first; j < other->end; j++) {
            if (j == i + 1 || (i == 0 && j == edges - 1))
                continue;
            if (!are_apart(ring + i, ring + j))
                return 0;
        }
    }
    return 1;
}

/* Whether a closed ring without repeated vertices certainly meets itself nowhere; `runs` has room for one an edge. */
static int is_surely_simple(const Vertex *ring, int32_t edges, Run *runs)
{
    int count;
    if (edges < 3 || !goes_on(ring + edges - 1, ring, ring + 1))
        return 0;
    for (int32_t i = 1; i < edges; i++)
        if (!goes_on(ring + i - 1, ring + i, ring + i + 1))
            return 0;
    count = runs_of(ring, edges, runs);
    for (int k = 0; k < count; k++)
        for (int l = k + 1; l < count; l++)
            if (boxes_meet(runs + k, runs + l) && !runs_are_apart(ring, edges, runs + k, runs + l))
                return 0;
    return 1;
}

#endif
