/* Add up equal edges: sorted into parts by their keys, and within each part met in a table of its own.
   Keys only bring edges together; whether two are the same is decided by their coordinates. */

#ifndef MATCH_H
#define MATCH_H

#include "rings.h"

enum { PART = 4096, AHEAD = 16, NEVER = -1 };

typedef struct {
    uint64_t key;
    int32_t edge, net;
} Entry;

typedef struct {
    int64_t *starts; /* of each part in `entries`, and the end */
    Entry *entries;
    int32_t *table, *first; /* of one part: places by key; the first place with the same edge */
    int64_t parts, slots;
    int shift;
} Parts;

static void free_parts(Parts *parts)
{
    free(parts->starts);
    free(parts->entries);
    free(parts->table);
    free(parts->first);
}

/* Sort the edges that are there into parts by the highest bits of their keys. */
static int sort_into_parts(Parts *parts, const uint64_t *keys, const int8_t *signs, int64_t count)
{
    int64_t largest = 0, *next;
    memset(parts, 0, sizeof *parts);
    for (parts->parts = 1, parts->shift = 64; count > parts->parts * PART && parts->shift > 48; parts->shift--)
        parts->parts *= 2;
    parts->starts = calloc((size_t)parts->parts + 2, sizeof *parts->starts);
    if (parts->starts == NULL)
        return -1;
    next = parts->starts + 1; /* each start, shifted by one, counts up to the next start */
#define PART_OF(key) (parts->shift == 64 ? 0 : (int64_t)((key) >> parts->shift))
    for (int64_t i = 0; i < count; i++)
        if (signs[i] != 0)
            next[PART_OF(keys[i]) + 1]++;
    for (int64_t part = 0; part < parts->parts; part++) {
        largest = next[part + 1] > largest ? next[part + 1] : largest;
        next[part + 1] += next[part];
    }
    parts->entries = malloc(((size_t)next[parts->parts] + 1) * sizeof *parts->entries);
    for (parts->slots = 16; parts->slots < 2 * largest;)
        parts->slots *= 2;
    parts->table = malloc((size_t)parts->slots * sizeof *parts->table);
    parts->first = malloc(((size_t)largest + 1) * sizeof *parts->first);
    if (parts->entries == NULL || parts->table == NULL || parts->first == NULL)
        return -1;
    for (int64_t i = 0; i < count; i++)
        if (signs[i] != 0) {
            Entry *entry = parts->entries + next[PART_OF(keys[i])]++;
            entry->key = keys[i];
            entry->edge = (int32_t)i;
            entry->net = signs[i];
        }
#undef PART_OF
    return 0;
}

/* Bring the equal edges of one part together: `first` is set for each, and the first one's `net` is the sum. */
static void meet(const Parts *parts, const Vertex *vertices, Entry *entries, int64_t count)
{
    uint64_t mask = (uint64_t)parts->slots - 1;
    memset(parts->table, 0xff, (size_t)parts->slots * sizeof *parts->table);
    for (int64_t j = 0; j < count; j++) {
        uint64_t slot = entries[j].key & mask;
        if (j + AHEAD < count)
            __builtin_prefetch(vertices + entries[j + AHEAD].edge);
        for (;; slot = (slot + 1) & mask) {
            int32_t there = parts->table[slot];
            if (there == NEVER) {
                parts->table[slot] = parts->first[j] = (int32_t)j;
                break;
            }
            if (entries[there].key == entries[j].key
                && same_edge(vertices + entries[there].edge, vertices + entries[j].edge)) {
                parts->first[j] = there;
                entries[there].net += entries[j].net;
                break;
            }
        }
    }
}

/* List the edges whose copies do not cancel, in no order, and what is left of each.

   `edges` and `nets` have room for all. Returns how many there are, -1 where memory is short. */
static int64_t find_residual(const Vertex *vertices, const uint64_t *keys, const int8_t *signs, int64_t count,
                             int32_t *edges, int32_t *nets)
{
    Parts parts;
    int64_t found = 0;
    if (sort_into_parts(&parts, keys, signs, count) < 0) {
        free_parts(&parts);
        return -1;
    }
    for (int64_t part = 0; part < parts.parts; part++) {
        Entry *entries = parts.entries + parts.starts[part];
        int64_t here = parts.starts[part + 1] - parts.starts[part];
        meet(&parts, vertices, entries, here);
        for (int64_t j = 0; j < here; j++) {
            int32_t net = entries[parts.first[j]].net;
            edges[found] = entries[j].edge;
            nets[found] = net;
            found += net != 0;
        }
    }
    free_parts(&parts);
    return found;
}

#endif
