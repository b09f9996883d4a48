/* Rings as chains of directed edges: keys and signs, and which way a ring turns; the same as edges.py. */

#ifndef EDGES_H
#define EDGES_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A 2x2 determinant of differences is off by at most this share of the sum of its products' sizes. */
static const double DETERMINANT_ERROR = 4e-16;

typedef struct {
    double x, y;
} Vertex;

/* Spread the bits of a number over all 64; every step can be undone. */
static inline uint64_t spread(uint64_t bits)
{
    bits ^= bits >> 33;
    bits *= 0xff51afd7ed558ccdULL;
    bits ^= bits >> 33;
    bits *= 0xc4ceb9fe1a85ec53ULL;
    return bits ^ bits >> 33;
}

static inline uint64_t vertex_key(const Vertex *vertex, uint64_t salt)
{
    uint64_t x, y;
    memcpy(&x, &vertex->x, sizeof x);
    memcpy(&y, &vertex->y, sizeof y);
    return spread(x * 0x9e3779b97f4a7c15ULL + spread(y ^ salt));
}

static inline uint64_t edge_key(uint64_t low, uint64_t high)
{
    return spread(low + 0xd6e8feb86659fd93ULL * high);
}

/* Canonical direction: west to east, and south to north where that is level. */
static inline int compare_vertices(const Vertex *one, const Vertex *other)
{
    if (one->x != other->x)
        return one->x < other->x ? 1 : -1;
    if (one->y != other->y)
        return one->y < other->y ? 1 : -1;
    return 0;
}

/* Which way a ring turns: 1 counter-clockwise, -1 clockwise, 0 where rounding might decide. */
static int turn_of(const Vertex *ring, int64_t edges)
{
    double sum = 0.0, sizes = 0.0;
    for (int64_t i = 1; i + 1 < edges; i++) {
        double left = (ring[i].x - ring->x) * (ring[i + 1].y - ring->y);
        double right = (ring[i + 1].x - ring->x) * (ring[i].y - ring->y);
        sum += left - right;
        sizes += fabs(left) + fabs(right);
    }
    if (!(fabs(sum) > (double)(edges + 4) * DETERMINANT_ERROR * sizes))
        return 0;
    return sum > 0.0 ? 1 : -1;
}

/* Of one ring: the key of every edge, and 1 where it runs in canonical direction, -1 against it, 0 for none. */
static void edges_of_ring(const Vertex *ring, int64_t edges, uint64_t salt, uint64_t *keys, int8_t *signs)
{
    uint64_t first = vertex_key(ring, salt), here = first;
    for (int64_t i = 0; i < edges; i++) {
        uint64_t next = i + 1 == edges ? first : vertex_key(ring + i + 1, salt);
        int along = compare_vertices(ring + i, ring + i + 1);
        keys[i] = along > 0 ? edge_key(here, next) : edge_key(next, here);
        signs[i] = (int8_t)along;
        here = next;
    }
    keys[edges] = 0;
    signs[edges] = 0;
}

static inline int same_vertex(const Vertex *one, const Vertex *other)
{
    return one->x == other->x && one->y == other->y;
}

static inline int same_edge(const Vertex *one, const Vertex *other)
{
    return (same_vertex(one, other) && same_vertex(one + 1, other + 1))
           || (same_vertex(one, other + 1) && same_vertex(one + 1, other));
}

#endif
