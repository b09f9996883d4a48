/* Blocks of divided cells: a code for each fine cell and a palette; the same as blocks.py. */

#ifndef BLOCKS_H
#define BLOCKS_H

#include "records.h"

enum { MOST_FINE = 1 << NUMBER_BITS };

static int32_t code_of(const int32_t *palette, int32_t count, int32_t value)
{
    int32_t low = 0;
    for (int32_t high = count - 1; low < high;) {
        int32_t middle = (low + high) / 2;
        if (palette[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* List the different values of a cell's fine cells, ascending; return how many. */
static int32_t fill_palette(const int32_t *values, int32_t size, int32_t *palette)
{
    int32_t count = 0, kept = 0;
    for (int32_t i = 0; i < size; i++) /* values repeat from cell to cell */
        if (i == 0 || values[i] != values[i - 1])
            palette[count++] = values[i];
    sort_numbers(palette, (size_t)count);
    for (int32_t i = 0; i < count; i++)
        if (i == 0 || palette[i] != palette[i - 1])
            palette[kept++] = palette[i];
    return kept;
}

/* Append the block of a cell, with room that is zero up to a whole unit, and refer to it. */
static void write_block(Building *building, int32_t cell)
{
    int level = building->level[cell];
    int32_t palette[MOST_FINE], size = 1 << 2 * level;
    const int32_t *values = building->value + building->first_slot[cell];
    int32_t count = fill_palette(values, size, palette), is_narrow = count <= NARROW;
    size_t head = (size_t)(size >> is_narrow < WORD ? WORD : size >> is_narrow);
    size_t bytes = (head + WORD * (size_t)count + UNIT - 1) / UNIT * UNIT;
    uint8_t *block = building->blocks + building->block_bytes;
    for (int32_t i = 0; i < size; i++) {
        int32_t code = code_of(palette, count, values[i]);
        block[i >> is_narrow] |= (uint8_t)(code << ((i & is_narrow) << 2));
    }
    memcpy(block + head, palette, WORD * (size_t)count);
    int64_t unit = building->first_unit + (int64_t)(building->block_bytes / UNIT);
    building->cell_values[cell] = (int32_t)(-2 - (unit << KIND_BITS | (level + (is_narrow ? 0 : WIDER))));
    building->block_bytes += bytes;
}

/* Write the blocks, those of cells that are divided less first. */
static int write_blocks(Building *building)
{
    /* codes and palette of a cell are five bytes a fine cell at most, and less than a unit is left over */
    building->blocks = keep(building, (size_t)building->slots * 5 + (size_t)building->cells * (UNIT + WORD), 1);
    if (building->blocks == NULL)
        return 0;
    for (int level = 0; level <= FINEST; level++)
        for (int32_t cell = 0; cell < building->cells; cell++)
            if (building->level[cell] == level)
                write_block(building, cell);
    return 1;
}

#endif
