/* Who covers each fine cell at its left side, on its middle latitude: the same as paint.py. */

#ifndef PAINT_H
#define PAINT_H

#include "draw.h"

/* Put crossings in the order of rows; edges come by polygon, so in a row they stand by polygon too. */
static int sort_crossings(Building *building)
{
    int32_t height = building->rows * building->scale;
    size_t count = building->cross_row.count;
    const int32_t *row = building->cross_row.at, *edge = building->cross_edge.at;
    int32_t *starts = building->row_starts = keep(building, (size_t)height + 2, sizeof *starts);
    building->cross_polygon = keep(building, count, sizeof *building->cross_polygon);
    building->cross_column = keep(building, count, sizeof *building->cross_column);
    if (starts == NULL || building->cross_polygon == NULL || building->cross_column == NULL)
        return 0;
    /* two places on: while they are filled, each start moves to where the next row's belongs */
    for (size_t i = 0; i < count; i++)
        starts[row[i] + 2]++;
    for (int32_t i = 2; i < height + 2; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < count; i++) {
        int32_t place = starts[row[i] + 1]++;
        building->cross_polygon[place] = (int32_t)building->edges.polygon[edge[i]];
        building->cross_column[place] = crossing_column(building, building->lines + edge[i], row[i]);
    }
    return 1;
}

/* Cover what lies between each crossing of a polygon in a row and the next. */
static void paint_row(Building *building, int32_t row)
{
    int32_t end = building->row_starts[row + 1];
    int32_t *columns = building->cross_column, *covers = building->covers + (size_t)row * (size_t)building->stride;
    uint32_t *alone = building->alone + (covers - building->covers);
    for (int32_t first = building->row_starts[row], next; first < end; first = next) {
        int32_t polygon = building->cross_polygon[first];
        for (next = first + 1; next < end && building->cross_polygon[next] == polygon;)
            next++;
        sort_numbers(columns + first, (size_t)(next - first));
        for (int32_t i = first; i + 1 < next; i += 2) {
            int32_t start = columns[i] < 0 ? 0 : columns[i], stop = columns[i + 1] < 0 ? 0 : columns[i + 1];
            covers[start]++;
            covers[stop]--;
            alone[start] += (uint32_t)polygon;
            alone[stop] -= (uint32_t)polygon;
        }
    }
    for (int32_t column = 1; column < building->stride; column++) {
        covers[column] += covers[column - 1];
        alone[column] += alone[column - 1];
    }
}

static int paint(Building *building)
{
    int32_t height = building->rows * building->scale;
    size_t places = (size_t)height * (size_t)building->stride;
    building->covers = keep(building, places, sizeof *building->covers);
    building->alone = keep(building, places, sizeof *building->alone);
    if (building->covers == NULL || building->alone == NULL || !sort_crossings(building))
        return 0;
    for (int32_t row = 0; row < height; row++)
        paint_row(building, row);
    return 1;
}

/* The polygon that alone covers a place; NONE, or SEVERAL. */
INLINE int32_t owner_of(const Building *building, int32_t row, int32_t column)
{
    size_t place = (size_t)row * (size_t)building->stride + (size_t)column;
    int32_t covers = building->covers[place];
    return covers == 0 ? NONE : covers == 1 ? (int32_t)building->alone[place] : SEVERAL;
}

INLINE int32_t position_of(const Building *building, int32_t polygon)
{
    return polygon < 0 ? polygon : (int32_t)building->edges.positions[polygon];
}

/* The crossing from which on the next polygon stands in a row, and whether this one covers a column there. */
static int32_t next_polygon(const Building *building, int32_t crossing, int32_t end, int32_t column, int *is_inside)
{
    int32_t polygon = building->cross_polygon[crossing];
    for (*is_inside = 0; crossing < end && building->cross_polygon[crossing] == polygon; crossing++)
        *is_inside ^= building->cross_column[crossing] <= column;
    return crossing;
}

/* Whether a polygon covers a place. */
static int is_inside(const Building *building, int32_t polygon, int32_t row, int32_t column)
{
    int32_t owner = owner_of(building, row, column);
    if (owner != SEVERAL)
        return owner == polygon;
    int inside;
    for (int32_t at = building->row_starts[row], end = building->row_starts[row + 1]; at < end;) {
        int32_t other = building->cross_polygon[at];
        at = next_polygon(building, at, end, column, &inside);
        if (other == polygon)
            return inside;
    }
    return 0;
}

#endif
