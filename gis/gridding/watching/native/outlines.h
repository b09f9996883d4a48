/* The edges of a few polygons that come as well-known binary. */

#ifndef OUTLINES_H
#define OUTLINES_H

#include "../../chain/native/edges.h"

enum { FINE, UNSURE, NO_MEMORY };
enum { POLYGON = 3, MULTIPOLYGON = 6 };

/* As SALT of edges.py. */
static const uint64_t SALT = 0x2545f4914f6cdd1dULL;

typedef struct {
    Vertex *vertices;
    uint64_t *keys;
    int32_t *owners; /* the polygon each edge is of */
    int8_t *signs;
    int64_t count, room;
} Edges;

static int make_room(Edges *edges, int64_t room)
{
    size_t size = (size_t)room + 1;
    edges->count = 0;
    edges->room = room;
    edges->vertices = malloc(size * (sizeof(Vertex) + sizeof(uint64_t) + sizeof(int32_t) + sizeof(int8_t)));
    if (edges->vertices == NULL || room >= INT32_MAX)
        return NO_MEMORY;
    edges->keys = (uint64_t *)(edges->vertices + size);
    edges->owners = (int32_t *)(edges->keys + size);
    edges->signs = (int8_t *)(edges->owners + size);
    return FINE;
}

/* Where an edge starts and ends in its canonical direction. */
static inline const Vertex *low_end(const Edges *edges, int64_t edge)
{
    const Vertex *start = edges->vertices + edge;
    return start + (compare_vertices(start, start + 1) < 0);
}

static inline const Vertex *high_end(const Edges *edges, int64_t edge)
{
    const Vertex *start = edges->vertices + edge;
    return start + (compare_vertices(start, start + 1) >= 0);
}

typedef struct {
    const uint8_t *at, *end;
} Reader;

static int read_number(Reader *from, uint32_t *number)
{
    if (from->end - from->at < (int64_t)sizeof *number)
        return UNSURE;
    memcpy(number, from->at, sizeof *number);
    from->at += sizeof *number;
    return FINE;
}

/* Read what comes before a geometry: the order of bytes, which is the machine's own, and the kind. */
static int read_kind(Reader *from, uint32_t *kind)
{
    const uint16_t one = 1;
    if (from->end == from->at || *from->at != *(const uint8_t *)&one)
        return UNSURE;
    from->at++;
    return read_number(from, kind);
}

static int read_ring(Reader *from, Edges *edges, int32_t owner, int is_shell)
{
    uint32_t count;
    Vertex *ring = edges->vertices + edges->count;
    int8_t *signs = edges->signs + edges->count;
    int turn;
    if (read_number(from, &count) != FINE || count == 0
        || (from->end - from->at) / (int64_t)sizeof(Vertex) < (int64_t)count
        || edges->room - edges->count < (int64_t)count)
        return UNSURE;
    memcpy(ring, from->at, count * sizeof(Vertex));
    from->at += count * sizeof(Vertex);
    for (uint32_t i = 0; i < count; i++) {
        ring[i].x += 0.0; /* no negative zeros */
        ring[i].y += 0.0;
        edges->owners[edges->count + i] = owner;
    }
    turn = turn_of(ring, count - 1);
    if (turn == 0)
        return UNSURE;
    edges_of_ring(ring, count - 1, SALT, edges->keys + edges->count, signs);
    if (turn == (is_shell ? -1 : 1))
        for (uint32_t i = 0; i < count; i++)
            signs[i] = (int8_t)-signs[i];
    edges->count += count;
    return FINE;
}

static int read_rings(Reader *from, Edges *edges, int32_t owner)
{
    uint32_t rings;
    if (read_number(from, &rings) != FINE)
        return UNSURE;
    for (uint32_t i = 0; i < rings; i++)
        if (read_ring(from, edges, owner, i == 0) != FINE)
            return UNSURE;
    return FINE;
}

/* Read a polygon or multipolygon; not sure where it is neither, or where rounding might decide how a ring turns. */
static int read_polygon(Reader *from, Edges *edges, int32_t owner)
{
    uint32_t kind, parts;
    if (read_kind(from, &kind) != FINE)
        return UNSURE;
    if (kind == POLYGON)
        return read_rings(from, edges, owner);
    if (kind != MULTIPOLYGON || read_number(from, &parts) != FINE)
        return UNSURE;
    for (uint32_t i = 0; i < parts; i++)
        if (read_kind(from, &kind) != FINE || kind != POLYGON || read_rings(from, edges, owner) != FINE)
            return UNSURE;
    return FINE;
}

/* Part of the outline of a parent, behind the edges that are there. */
static int add_run(Edges *edges, const Vertex *vertices, const uint64_t *keys, const int8_t *signs, int64_t count,
                   int32_t owner)
{
    if (count <= 0 || edges->room - edges->count < count)
        return UNSURE;
    memcpy(edges->vertices + edges->count, vertices, (size_t)count * sizeof *vertices);
    memcpy(edges->keys + edges->count, keys, (size_t)count * sizeof *keys);
    memcpy(edges->signs + edges->count, signs, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        edges->owners[edges->count + i] = owner;
    edges->count += count;
    edges->signs[edges->count - 1] = 0;
    return FINE;
}

/* The smallest power of two above twice a number: slots for so many things. */
static inline uint64_t slots_for(int64_t count)
{
    uint64_t slots = 8;
    while (slots <= 2 * (uint64_t)count)
        slots *= 2;
    return slots;
}

typedef struct {
    int32_t edge, owner, net;
} Change;

/* List the edges that a polygon has only among the first `polygons`, or only among the others, each once.

   `changes` has room for all edges. Returns how many there are, -1 where memory is short. */
static int64_t find_changes(const Edges *edges, int32_t polygons, Change *changes)
{
    uint64_t mask = slots_for(edges->count) - 1;
    int32_t *table = malloc((mask + 1) * sizeof *table);
    int64_t count = 0, kept = 0;
    if (table == NULL)
        return -1;
    memset(table, 0xff, (mask + 1) * sizeof *table);
    for (int64_t i = 0; i < edges->count; i++) {
        if (edges->signs[i] == 0)
            continue;
        int32_t owner = edges->owners[i] % polygons, sign = edges->owners[i] < polygons ? 1 : -1;
        uint64_t slot = (edges->keys[i] + (uint64_t)owner * 0x9e3779b97f4a7c15ULL) & mask;
        while (table[slot] >= 0) {
            const Change *there = changes + table[slot];
            if (there->owner == owner && edges->keys[there->edge] == edges->keys[i]
                && same_edge(edges->vertices + there->edge, edges->vertices + i))
                break;
            slot = (slot + 1) & mask;
        }
        if (table[slot] < 0) {
            changes[count] = (Change){(int32_t)i, owner, 0};
            table[slot] = (int32_t)count++;
        }
        changes[table[slot]].net += sign * edges->signs[i];
    }
    free(table);
    for (int64_t i = 0; i < count; i++)
        if (changes[i].net != 0)
            changes[kept++] = changes[i];
    return kept;
}

#endif
