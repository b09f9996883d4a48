/* Records of the fine cells that outlines run through: the same as touches.py and records.py. */

#ifndef RECORDS_H
#define RECORDS_H

#include "paint.h"

/* Mix the bits of x and y of both ends, added up, into one number. */
INLINE uint64_t mixed_ends(const double *start)
{
    double ends[4];
    uint64_t bits[4];
    for (int i = 0; i < 4; i++)
        ends[i] = start[i] + 0.0; /* no negative zero */
    memcpy(bits, ends, sizeof bits);
    uint64_t mixed = (bits[0] + bits[2]) * 0x9E3779B97F4A7C15u ^ (bits[1] + bits[3]) * 0xC2B2AE3D27D4EB4Fu;
    mixed ^= mixed >> 29;
    mixed *= 0xBF58476D1CE4E5B9u;
    return mixed ^ mixed >> 32;
}

INLINE int are_opposite(const double *one, const double *other)
{
    return one[0] == other[2] && one[1] == other[3] && one[2] == other[0] && one[3] == other[1];
}

static int bit_length(size_t number)
{
    int bits = 0;
    for (; number; number >>= 1)
        bits++;
    return bits;
}

/* A table of twice as many places as things, a power of two, all empty. */
static int32_t *keep_table(Building *building, size_t things, size_t *mask)
{
    *mask = ((size_t)2 << bit_length(things)) - 1;
    int32_t *table = keep(building, *mask + 1, sizeof *table);
    if (table != NULL)
        memset(table, -1, (*mask + 1) * sizeof *table);
    return table;
}

/* Find the edges that stand exactly twice, once each way: they part two polygons without gap or overlap. */
static int find_twins(Building *building)
{
    enum { ALONE = -1, MANY = -2 };
    const Edges *edges = &building->edges;
    int bits = bit_length((size_t)edges->count);
    size_t mask;
    int32_t *table = keep_table(building, (size_t)edges->count, &mask);
    int32_t *mate = keep(building, (size_t)edges->count, sizeof *mate);
    uint64_t *keys = keep(building, (size_t)edges->count, sizeof *keys);
    building->twin = keep(building, (size_t)edges->count, 1);
    if (table == NULL || mate == NULL || keys == NULL || building->twin == NULL)
        return 0;
    for (int32_t edge = 0; edge < edges->count; edge++) {
        keys[edge] = mixed_ends(edges->vertices + 2 * edges->vertex[edge]) >> bits;
        mate[edge] = ALONE;
        size_t place = keys[edge] & mask;
        while (table[place] >= 0 && keys[table[place]] != keys[edge])
            place = (place + 1) & mask;
        if (table[place] < 0)
            table[place] = edge;
        else
            mate[table[place]] = mate[table[place]] == ALONE ? edge : MANY;
    }
    for (int32_t edge = 0; edge < edges->count; edge++) {
        int32_t other = mate[edge];
        if (other >= 0 && edges->polygon[edge] != edges->polygon[other] &&
            are_opposite(edges->vertices + 2 * edges->vertex[edge], edges->vertices + 2 * edges->vertex[other]))
            building->twin[edge] = building->twin[other] = 1;
    }
    return 1;
}

/* Sample the fine cells of all divided cells. */
static int sample(Building *building)
{
    int32_t depth = building->depth, slots = 0;
    building->cell_values = keep(building, (size_t)building->cells, sizeof(int32_t));
    building->first_slot = keep(building, (size_t)building->cells, sizeof(int32_t));
    if (building->cell_values == NULL || building->first_slot == NULL)
        return 0;
    for (int32_t cell = 0; cell < building->cells; cell++) {
        int32_t row = cell / building->columns * building->scale + building->scale / 2;
        int32_t owner = owner_of(building, row, cell % building->columns * building->scale);
        building->cell_values[cell] = position_of(building, owner);
        if (owner == SEVERAL && building->level[cell] < 0)
            building->level[cell] = 0;
        building->first_slot[cell] = slots;
        slots += building->level[cell] < 0 ? 0 : 1 << 2 * building->level[cell];
    }
    building->slots = slots;
    building->value = keep(building, (size_t)slots, sizeof(int32_t));
    building->slot_row = keep(building, (size_t)slots, sizeof(int32_t));
    building->slot_column = keep(building, (size_t)slots, sizeof(int32_t));
    if (building->value == NULL || building->slot_row == NULL || building->slot_column == NULL)
        return 0;
    for (int32_t cell = 0; cell < building->cells; cell++) {
        int level = building->level[cell], shift = depth - level, slot = building->first_slot[cell];
        for (int32_t number = 0; level >= 0 && number < 1 << 2 * level; number++, slot++) {
            int32_t row = ((number >> level) << shift) + (1 << shift >> 1);
            int32_t column = (number & ((1 << level) - 1)) << shift;
            building->slot_row[slot] = (cell / building->columns << depth) + row;
            building->slot_column[slot] = (cell % building->columns << depth) + column;
            building->value[slot] = position_of(
                building, owner_of(building, building->slot_row[slot], building->slot_column[slot]));
        }
    }
    return 1;
}

/* The fine cell, as divided, of one as drawn. */
INLINE int32_t slot_of(const Building *building, int32_t drawn)
{
    int32_t depth = building->depth, cell = drawn >> 2 * depth, number = drawn & ((1 << 2 * depth) - 1);
    int level = building->level[cell], shift = depth - level;
    int32_t row = number >> depth >> shift, column = (number & ((1 << depth) - 1)) >> shift;
    return building->first_slot[cell] + (row << level | column);
}

/* List the edges that touch each fine cell, ascending, each once. */
static int gather(Building *building)
{
    size_t count = building->touch_cell.count, slots = (size_t)building->slots;
    int32_t *starts = building->slot_starts = keep(building, slots + 1, sizeof *starts);
    int32_t *ends = building->slot_ends = keep(building, slots, sizeof *ends);
    building->slot_edges = keep(building, count, sizeof *building->slot_edges);
    building->seen = keep(building, (size_t)building->edges.count, sizeof *building->seen);
    if (starts == NULL || ends == NULL || building->slot_edges == NULL || building->seen == NULL)
        return 0;
    for (size_t i = 0; i < count; i++)
        starts[slot_of(building, building->touch_cell.at[i]) + 1]++;
    for (size_t slot = 0; slot < slots; slot++) {
        starts[slot + 1] += starts[slot];
        ends[slot] = starts[slot];
    }
    for (size_t i = 0; i < count; i++) {
        int32_t slot = slot_of(building, building->touch_cell.at[i]), edge = building->touch_edge.at[i];
        if (ends[slot] == starts[slot] || building->slot_edges[ends[slot] - 1] != edge)
            building->slot_edges[ends[slot]++] = edge;
    }
    return 1;
}

/* The latitudes of a fine cell and its left side, a margin wider, in cells of the raster. */
typedef struct {
    double low, high, left;
} Reach;

static Reach reach_of(const Building *building, int32_t slot, int level)
{
    int32_t high = 1 << (building->depth - level), scale = building->scale;
    int32_t bottom = building->slot_row[slot] - (high >> 1) + building->first_row * scale;
    int32_t left = building->slot_column[slot] + building->first_column * scale;
    return (Reach){(bottom - MARGIN) / scale, (bottom + high + MARGIN) / scale, (left + MARGIN) / scale};
}

/* Add the edges west of a fine cell in which an outline goes on inside its latitudes, one way. */
static int follow(Building *building, int32_t slot, int32_t edge, Reach reach, int is_onwards)
{
    const Edges *edges = &building->edges;
    const double *u = is_onwards ? edges->u2 : edges->u1, *v = is_onwards ? edges->v2 : edges->v1;
    const int64_t *next = is_onwards ? edges->after : edges->before;
    /* at the latest the edge it starts with ends it: that one touches the fine cell */
    for (int32_t steps = 0; steps < edges->count; steps++) {
        if (!(v[edge] >= reach.low && v[edge] <= reach.high && u[edge] < reach.left))
            return 1;
        edge = (int32_t)next[edge];
        if (building->seen[edge] == 2 * slot + 1) /* touches it */
            return 1;
        if (building->seen[edge] != 2 * slot + 2) { /* not met the other way */
            building->seen[edge] = 2 * slot + 2;
            if (!push(&building->pairs, edge))
                return 0;
        }
    }
    return 1;
}

/* List the edges that matter in a fine cell: those that touch it, and some west of it; see `_extended`. */
static int list_edges(Building *building, int32_t slot, int level)
{
    const int32_t *edges = building->slot_edges;
    int32_t start = building->slot_starts[slot], end = building->slot_ends[slot];
    Reach reach = reach_of(building, slot, level);
    building->pairs.count = 0;
    for (int32_t i = start; i < end; i++) {
        building->seen[edges[i]] = 2 * slot + 1;
        if (!push(&building->pairs, edges[i]))
            return 0;
    }
    for (int32_t i = start; i < end; i++)
        if (!follow(building, slot, edges[i], reach, 1) || !follow(building, slot, edges[i], reach, 0))
            return 0;
    if (building->pairs.count > (size_t)(end - start))
        sort_numbers(building->pairs.at, building->pairs.count);
    return 1;
}

static int add_entry(Building *building, size_t *count, Entry entry)
{
    if (*count == building->entries_room) {
        size_t room = 2 * building->entries_room + 64;
        Entry *entries = realloc(building->entries, room * sizeof *entries);
        if (entries == NULL)
            return 0;
        building->entries = entries;
        building->entries_room = room;
    }
    size_t place = (*count)++;
    for (; place > 0 && building->entries[place - 1].polygon > entry.polygon; place--)
        building->entries[place] = building->entries[place - 1];
    building->entries[place] = entry;
    return 1;
}

/* An entry for the next polygon of the pairs: whether it covers the sample, but for the edges crossed up to it. */
static Entry entry_from(const Building *building, int32_t slot, int32_t first, int *covers)
{
    const int32_t *pairs = building->pairs.at;
    int32_t row = building->slot_row[slot], column = building->slot_column[slot];
    int32_t polygon = (int32_t)building->edges.polygon[pairs[first]];
    Entry entry = {polygon, is_inside(building, polygon, row, column), first, first};
    *covers += entry.head;
    for (; entry.end < (int32_t)building->pairs.count; entry.end++) {
        const Line *line = building->lines + pairs[entry.end];
        if (building->edges.polygon[pairs[entry.end]] != polygon)
            break;
        entry.head ^= crosses(line, row) && crossing_column(building, line, row) <= column;
    }
    return entry;
}

/* Add the polygons that cover a fine cell and do not run through it. */
static int add_covering(Building *building, int32_t slot, size_t *count)
{
    int32_t row = building->slot_row[slot], column = building->slot_column[slot], inside;
    int32_t owner = owner_of(building, row, column);
    size_t entry = 0;
    if (owner != SEVERAL)
        return add_entry(building, count, (Entry){owner, COVERS, 0, 0});
    for (int32_t at = building->row_starts[row], end = building->row_starts[row + 1]; at < end;) {
        int32_t polygon = building->cross_polygon[at];
        at = next_polygon(building, at, end, column, &inside);
        if (!inside)
            continue;
        /* those added so far are lower, and stand among the ones to pass */
        while (entry < *count && building->entries[entry].polygon < polygon)
            entry++;
        if (entry < *count && building->entries[entry].polygon == polygon)
            continue;
        if (!add_entry(building, count, (Entry){polygon, COVERS, 0, 0}))
            return 0;
    }
    return 1;
}

/* Whether all edges that touch a fine cell are twins. */
static int are_twins(const Building *building, int32_t slot)
{
    for (int32_t i = building->slot_starts[slot]; i < building->slot_ends[slot]; i++)
        if (!building->twin[building->slot_edges[i]])
            return 0;
    return 1;
}

/* Append an entry to the words. */
static int write_entry(Building *building, Entry entry)
{
    const int32_t *pairs = building->pairs.at;
    const int64_t *vertex = building->edges.vertex;
    size_t head = building->words.count + 1;
    if (!push(&building->words, position_of(building, entry.polygon)) || !push(&building->words, entry.head))
        return 0;
    for (int32_t i = entry.first; i < entry.end; i++) {
        if (i > entry.first && vertex[pairs[i]] == vertex[pairs[i - 1]] + 1) {
            building->words.at[building->words.count - 1]++;
            continue;
        }
        if (!push(&building->words, (int32_t)vertex[pairs[i]]) || !push(&building->words, 1))
            return 0;
        building->words.at[head] += 1 << RUNS_SHIFT;
    }
    return 1;
}

/* Take the record behind the others, or if it is there already leave it out; return where it stands, or -1. */
static int64_t share_record(Building *building, size_t start)
{
    const int32_t *words = building->words.at;
    size_t size = building->words.count - start;
    uint32_t hash = 2166136261u;
    for (size_t i = start; i < building->words.count; i++)
        hash = (hash ^ (uint32_t)words[i]) * 16777619u;
    size_t place = (hash ^ hash >> 15) & building->table_mask;
    for (; building->table[place] >= 0; place = (place + 1) & building->table_mask) {
        size_t record = (size_t)building->table[place], other = (size_t)building->records.at[record];
        size_t end = record + 1 < building->records.count ? (size_t)building->records.at[record + 1] : start;
        if (end - other == size && memcmp(words + other, words + start, size * sizeof *words) == 0) {
            building->words.count = start;
            return (int64_t)other;
        }
    }
    building->table[place] = (int32_t)building->records.count;
    return push(&building->records, (int32_t)start) ? (int64_t)start : -1;
}

/* Write the record of a fine cell that is not simply one polygon's. */
static int write_record(Building *building, int32_t slot, int level)
{
    size_t count = 0, start = building->words.count;
    int inside = 0;
    if (!list_edges(building, slot, level))
        return 0;
    for (int32_t first = 0; first < (int32_t)building->pairs.count; first = building->entries[count - 1].end)
        if (!add_entry(building, &count, entry_from(building, slot, first, &inside)))
            return 0;
    size_t place = (size_t)building->slot_row[slot] * (size_t)building->stride + (size_t)building->slot_column[slot];
    int clean = building->covers[place] == 1 && inside == 1 && are_twins(building, slot);
    /* polygons that do not run through the fine cell cover it */
    if (building->covers[place] > inside && !add_covering(building, slot, &count))
        return 0;
    for (size_t i = 0; i < count; i++) {
        Entry entry = building->entries[i];
        entry.head |= clean ? CLEAN : 0;
        if (i + 1 == count)
            entry.head |= clean ? LAST | OTHERWISE : LAST;
        if (!write_entry(building, entry))
            return 0;
    }
    int64_t at = share_record(building, start);
    building->value[slot] = (int32_t)(-2 - (building->first_word + at));
    return at >= 0;
}

static int write_records(Building *building)
{
    building->table = keep_table(building, (size_t)building->slots, &building->table_mask);
    if (building->table == NULL)
        return 0;
    for (int32_t cell = 0; cell < building->cells; cell++) {
        int level = building->level[cell], slot = building->first_slot[cell];
        for (int32_t number = 0; level >= 0 && number < 1 << 2 * level; number++, slot++) {
            int is_touched = building->slot_ends[slot] > building->slot_starts[slot];
            if ((is_touched || building->value[slot] == SEVERAL) && !write_record(building, slot, level))
                return 0;
        }
    }
    return 1;
}

#endif
