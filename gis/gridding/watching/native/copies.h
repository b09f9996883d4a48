/* Find the copies of a few edges that do not cancel: each edge once as a segment, with the polygons it is of. */

#ifndef COPIES_H
#define COPIES_H

#include "cut.h"

typedef struct {
    Segment ends; /* in canonical direction */
    uint64_t key;
    int32_t net, segment;
} Wanted;

typedef struct {
    int32_t owner, side, next; /* the next copy of the same segment */
} Copy;

typedef struct {
    Segment segments[MOST_PIECES];
    int32_t nets[MOST_PIECES], first[MOST_PIECES], last[MOST_PIECES];
    int32_t count;
    Copy *copies;
    int8_t *is_copy; /* of edges */
} Found;

static int32_t *table_of(const Wanted *wanted, int32_t count, uint64_t mask)
{
    int32_t *table = malloc((mask + 1) * sizeof *table);
    if (table == NULL)
        return NULL;
    memset(table, 0xff, (mask + 1) * sizeof *table);
    for (int32_t i = 0; i < count; i++) {
        uint64_t slot = wanted[i].key & mask;
        while (table[slot] >= 0)
            slot = (slot + 1) & mask;
        table[slot] = i;
    }
    return table;
}

static int add_copy(Found *found, Wanted *wanted, int32_t copy, int32_t owner, int32_t side)
{
    if (wanted->segment < 0) {
        if (found->count == MOST_PIECES)
            return UNSURE;
        wanted->segment = found->count++;
        found->segments[wanted->segment] = wanted->ends;
        found->nets[wanted->segment] = wanted->net;
        found->first[wanted->segment] = copy;
    } else {
        found->copies[found->last[wanted->segment]].next = copy;
    }
    found->last[wanted->segment] = copy;
    found->copies[copy] = (Copy){owner, side, -1};
    return FINE;
}

/* Keys only bring near what may be equal. */
static int find_copies(const Edges *edges, Wanted *wanted, int32_t count, Found *found)
{
    uint64_t mask = slots_for(count) - 1;
    int32_t *table = table_of(wanted, count, mask), copies = 0;
    int told = FINE;
    found->count = 0;
    found->copies = malloc(((size_t)edges->count + 1) * sizeof *found->copies);
    found->is_copy = calloc((size_t)edges->count + 1, 1);
    if (table == NULL || found->copies == NULL || found->is_copy == NULL)
        told = NO_MEMORY;
    for (int64_t i = 0; told == FINE && i < edges->count; i++) {
        if (edges->signs[i] == 0)
            continue;
        for (uint64_t slot = edges->keys[i] & mask; table[slot] >= 0; slot = (slot + 1) & mask) {
            Wanted *one = wanted + table[slot];
            if (one->key != edges->keys[i] || !same_vertex(&one->ends.start, low_end(edges, i))
                || !same_vertex(&one->ends.end, high_end(edges, i)))
                continue;
            found->is_copy[i] = 1;
            told = add_copy(found, one, copies++, edges->owners[i], edges->signs[i]);
            break;
        }
    }
    free(table);
    return told;
}

static void free_copies(Found *found)
{
    free(found->copies);
    free(found->is_copy);
}

#endif
