/* Many points: which cell, which fine cell, and what decides there.

   Points are taken in blocks. Each pass over a block asks memory for what the next pass will read, so that
   waiting for one point is shared by hundreds. */

#ifndef LOOKUP_H
#define LOOKUP_H

#include "edges.h"

/* The cell of each point, and its fine cell in that as row << FINEST | column. */
VECTOR static void place_points(const Tables *tables, const double *x, const double *y, int count,
                              int32_t *cell, int32_t *fine)
{
    const double west = tables->west, south = tables->south;
    const double x_scale = tables->x_scale, y_scale = tables->y_scale;
    const double columns = tables->columns, rows = tables->rows;
    const int32_t width = tables->columns, outside = tables->outside;
    for (int i = 0; i < count; i++) {
        double u = (x[i] - west) * x_scale, v = (y[i] - south) * y_scale;
        int in = (u >= 0) & (u < columns) & (v >= 0) & (v < rows); /* false for NaN */
        int32_t column = (int32_t)(in ? u * SIDE : 0), row = (int32_t)(in ? v * SIDE : 0);
        int32_t whole = (row >> FINEST) * width + (column >> FINEST);
        cell[i] = in ? whole : outside;
        fine[i] = (row & (SIDE - 1)) << FINEST | (column & (SIDE - 1));
    }
}

/* A block: its codes, two in a byte if it is narrow, and the palette of the values they stand for. */
typedef struct {
    const uint8_t *codes;
    const int32_t *palette;
    int level, narrow;
} Block;

INLINE Block block_of(const Tables *tables, int32_t value)
{
    uint32_t reference = (uint32_t)(-2 - value), kind = reference & ((1 << KIND_BITS) - 1);
    int narrow = kind < WIDE, level = (int)kind - (narrow ? 0 : WIDER);
    const uint8_t *codes = tables->blocks + (size_t)(reference >> KIND_BITS) * UNIT;
    size_t size = ((size_t)1 << (2 * level)) >> narrow;
    return (Block){codes, (const int32_t *)(const void *)(codes + (size < WORD ? WORD : size)), level, narrow};
}

/* The number of a fine cell in its block, row by row, from its place in the finest division. */
INLINE uint32_t number_in(const Block *block, int32_t fine)
{
    int shift = FINEST - block->level;
    return (uint32_t)((fine >> (FINEST + shift)) << block->level | (fine & (SIDE - 1)) >> shift);
}

/* What stands in the fine cell of each point of a block: a position, NONE, or a record as -2 - word.

   Lists the points with a record, counted from `start`, and returns how many there are. */
static int values_of_block(const Tables *tables, const double *x, const double *y, int count, int32_t *value,
                           int32_t *records, int start)
{
    int32_t cell[BLOCK], fine[BLOCK], left[BLOCK];
    const uint8_t *byte[BLOCK];
    const int32_t *palette[BLOCK];
    uint8_t mask[BLOCK], shift[BLOCK];
    int divided = 0;
    place_points(tables, x, y, count, cell, fine);
    for (int i = 0; i < count; i++)
        FETCH(tables->cells + cell[i]);
    for (int i = 0; i < count; i++) {
        value[i] = tables->cells[cell[i]];
        left[divided] = i;
        divided += value[i] < NONE;
    }
    for (int i = 0; i < divided; i++) {
        Block block = block_of(tables, value[left[i]]);
        uint32_t number = number_in(&block, fine[left[i]]);
        byte[i] = block.codes + (number >> block.narrow);
        shift[i] = (uint8_t)((number & (uint32_t)block.narrow) << 2);
        mask[i] = (uint8_t)(0xFF >> (block.narrow << 2));
        palette[i] = block.palette;
        FETCH(byte[i]);
        FETCH(palette[i]);
    }
    int found = 0;
    for (int i = 0; i < divided; i++) {
        int32_t here = palette[i][*byte[i] >> shift[i] & mask[i]];
        value[left[i]] = here;
        records[found] = start + left[i];
        found += here < NONE;
    }
    return found;
}

static Py_ssize_t first_of_many(const Tables *tables, const double *x, const double *y, Py_ssize_t count,
                                int32_t *position, uint8_t *on_outline)
{
    Py_ssize_t open = 0;
    for (Py_ssize_t start = 0; start < count; start += GROUP) {
        int here = count - start < GROUP ? (int)(count - start) : GROUP;
        const double *px = x + start, *py = y + start;
        int32_t *answer = position + start;
        uint8_t *outline = on_outline + start;
        int32_t left[GROUP];
        int records = 0;
        for (int i = 0; i < here; i += BLOCK)
            records += values_of_block(tables, px + i, py + i, here - i < BLOCK ? here - i : BLOCK, answer + i,
                                       left + records, i);
        memset(outline, 0, (size_t)here);
        for (int i = 0; i < records; i++) {
            const int32_t *record = tables->words + (-2 - (int64_t)answer[left[i]]);
            FETCH(record);
            FETCH(record + 5);
        }
        for (int i = 0; i < records; i++) {
            const double *vertex = tables->vertices + 2 * (size_t)tables->words[-(int64_t)answer[left[i]]];
            FETCH(vertex);
            FETCH(vertex + 5);
        }
        for (int i = 0; i < records; i++) {
            int k = left[i];
            const int32_t *record = tables->words + (-2 - (int64_t)answer[k]);
            answer[k] = is_simple(record) ? first_of_simple(tables, record, px[k], py[k], outline + k)
                                          : first_of(tables, record, px[k], py[k], outline + k);
            open += answer[k] == OPEN;
        }
    }
    return open;
}

#endif
