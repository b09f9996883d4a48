/* A window of the raster while it is built: what is given, what is drawn, and the memory for it. */

#ifndef WINDOW_H
#define WINDOW_H

#include "../../native/tables.h"

/* As in paint.py, touches.py and frame.py. */
enum { SEVERAL = -2, NUMBER_BITS = 2 * FINEST, FINENESS = 6, USUAL = 3, NARROW = 16 };
static const double MARGIN = 1e-6;

/* The edges of the polygons that reach into a window, by polygon; all arrays are as in `Edges` of outlines.py. */
typedef struct {
    const double *u1, *v1, *u2, *v2, *vertices;
    const int64_t *vertex, *polygon, *before, *after, *positions;
    int32_t count;
} Edges;

/* An edge as drawn: its lower end, the height of the upper one, and how far it goes east for each row up. */
typedef struct {
    double u, v, top, slope;
} Line;

typedef struct {
    int32_t *at;
    size_t count, room;
} List;

/* A polygon of a fine cell, and which pairs are its edges. */
typedef struct {
    int32_t polygon, head, first, end;
} Entry;

enum { MOST_KEPT = 32, MOST_FINE_CELLS = 1 << 26 };

typedef struct {
    Edges edges;
    int32_t first_column, first_row, columns, rows, depth, deepest;
    int64_t first_word, first_unit;
    int32_t scale, cells, stride; /* stride: places in a row of fine cells, one more than there are */

    Line *lines;
    List touch_edge, touch_cell; /* each edge with each fine cell it may touch: cell << 2 * depth | number */
    List cross_edge, cross_row;

    int32_t *row_starts;                    /* where the crossings of each row start; in a row by polygon */
    int32_t *cross_polygon, *cross_column;  /* and then by column */
    int32_t *covers;                        /* of each place: how many polygons cover it, */
    uint32_t *alone;                        /* and the sum of their numbers: if one does, its number */

    int8_t *level;
    int32_t *first_slot; /* of each cell: where its fine cells start among those of all divided cells */
    int32_t slots;
    int32_t *value, *slot_row, *slot_column;
    int32_t *slot_starts, *slot_ends, *slot_edges; /* the edges that touch each fine cell, ascending */

    uint8_t *twin;
    int32_t *seen; /* of each edge: the last fine cell that has it */
    List pairs, records, words;
    int32_t *table; /* of hashes: which record, or -1 */
    size_t table_mask;
    Entry *entries;
    size_t entries_room;

    int32_t *cell_values;
    uint8_t *blocks;
    size_t block_bytes;

    void *kept[MOST_KEPT];
    int held;
} Building;

/* Whether all numbers of a window's fine cells fit 32 bits. */
static int is_drawable(const Building *building)
{
    int64_t columns = building->columns, rows = building->rows;
    return building->first_column >= 0 && building->first_row >= 0 && columns > 0 && rows > 0 &&
           building->first_column < MOST_FINE_CELLS && building->first_row < MOST_FINE_CELLS &&
           building->depth >= 0 && building->depth <= building->deepest && building->deepest <= FINEST &&
           columns * rows <= MOST_FINE_CELLS >> 2 * building->deepest;
}

/* Memory for so many things, all zero, until the building ends; or NULL. */
static void *keep(Building *building, size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (memory != NULL)
        building->kept[building->held++] = memory;
    return memory;
}

/* Give back what `keep` gave and what lists hold. */
static void end_building(Building *building)
{
    List *lists[] = {&building->touch_edge, &building->touch_cell, &building->cross_edge, &building->cross_row,
                     &building->pairs,      &building->records,    &building->words};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        free(lists[i]->at);
        *lists[i] = (List){NULL, 0, 0};
    }
    while (building->held > 0)
        free(building->kept[--building->held]);
    free(building->entries);
    building->entries = NULL;
    building->entries_room = 0;
}

/* Append a number; return whether there was memory for it. */
INLINE int push(List *list, int32_t value)
{
    if (list->count == list->room) {
        size_t room = 2 * list->room + 256;
        int32_t *at = realloc(list->at, room * sizeof *at);
        if (at == NULL)
            return 0;
        list->at = at;
        list->room = room;
    }
    list->at[list->count++] = value;
    return 1;
}

static int by_value(const void *one, const void *other)
{
    int32_t a = *(const int32_t *)one, b = *(const int32_t *)other;
    return (a > b) - (a < b);
}

/* Sort numbers, most often a few. */
static void sort_numbers(int32_t *numbers, size_t count)
{
    if (count > 32) {
        qsort(numbers, count, sizeof *numbers, by_value);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        int32_t number = numbers[i];
        size_t place = i;
        for (; place > 0 && numbers[place - 1] > number; place--)
            numbers[place] = numbers[place - 1];
        numbers[place] = number;
    }
}

#endif
