/* Edges drawn on the raster, and how finely cells are divided: the same as raster.py and touches.py. */

#ifndef DRAW_H
#define DRAW_H

#include "window.h"

INLINE double least(double one, double other)
{
    return one < other ? one : other;
}

INLINE double most(double one, double other)
{
    return one > other ? one : other;
}

/* From its lower end to its upper one, so that both copies of a shared edge give the same numbers. */
static Line line_of(const Building *building, int32_t edge, double *far)
{
    const Edges *edges = &building->edges;
    int32_t left = building->first_column, low = building->first_row, scale = building->scale;
    int flip = edges->v1[edge] > edges->v2[edge];
    Line line = {.u = ((flip ? edges->u2 : edges->u1)[edge] - left) * scale,
                 .v = (least(edges->v1[edge], edges->v2[edge]) - low) * scale,
                 .top = (most(edges->v1[edge], edges->v2[edge]) - low) * scale};
    *far = ((flip ? edges->u1 : edges->u2)[edge] - left) * scale;
    line.slope = (*far - line.u) / (line.top - line.v);
    return line;
}

/* Where an edge is in a row a margin higher than it is, from west to east. */
INLINE void extent_in_row(const Line *line, double far, double up, double *west, double *east)
{
    double from = least(line->u, far), to = most(line->u, far), enters = from, leaves = to;
    if (isfinite(line->slope)) { /* a level edge lies in its row from end to end */
        enters = line->u + (up - MARGIN) * line->slope;
        leaves = line->u + (up + 1.0 + MARGIN) * line->slope;
    }
    *west = least(most(least(enters, leaves), from), to);
    *east = least(most(most(enters, leaves), from), to);
}

INLINE int crosses(const Line *line, int32_t row)
{
    double middle = row + 0.5;
    return (line->v > middle) != (line->top > middle);
}

/* In which column an edge crosses the middle of a row: -1 is left of the window, its width right of it. */
INLINE int32_t crossing_column(const Building *building, const Line *line, int32_t row)
{
    double place = floor(line->u + ((row - line->v) + 0.5) * line->slope);
    return (int32_t)least(most(place, -1), building->stride - 1);
}

static int draw_edge(Building *building, int32_t edge)
{
    double far, west, east;
    int32_t depth = building->depth, inner = building->scale - 1;
    Line line = building->lines[edge] = line_of(building, edge, &far);
    int32_t last = (int32_t)least(floor(line.top + MARGIN), building->rows * building->scale - 1);
    for (int32_t row = (int32_t)most(line.v - MARGIN, 0); row <= last; row++) {
        extent_in_row(&line, far, row - line.v, &west, &east);
        int32_t to = (int32_t)least(floor(east + MARGIN), building->stride - 2);
        for (int32_t column = (int32_t)most(west - MARGIN, 0); column <= to; column++) {
            int32_t cell = (row >> depth) * building->columns + (column >> depth);
            int32_t number = (row & inner) << depth | (column & inner);
            if (!push(&building->touch_edge, edge) || !push(&building->touch_cell, cell << 2 * depth | number))
                return 0;
        }
        if (crosses(&line, row) && (!push(&building->cross_edge, edge) || !push(&building->cross_row, row)))
            return 0;
    }
    return 1;
}

static int draw_edges(Building *building)
{
    building->scale = 1 << building->depth;
    building->stride = building->columns * building->scale + 1;
    building->lines = keep(building, (size_t)building->edges.count, sizeof *building->lines);
    if (building->lines == NULL)
        return 0;
    for (int32_t edge = 0; edge < building->edges.count; edge++)
        if (!draw_edge(building, edge))
            return 0;
    return 1;
}

/* Into 2 ** level fine cells each way a cell is divided of which so many, as drawn, are touched. */
static int level_for(int32_t touched, int depth)
{
    int wanted = 1;
    while (1 << (wanted + depth) < FINENESS * touched)
        wanted++;
    if (wanted > USUAL)
        wanted = wanted > USUAL + 1 ? wanted - 1 : USUAL;
    return wanted < FINEST ? wanted : FINEST;
}

/* Divide each cell by how much outline runs through it; set the deepest level there is. */
static int divide(Building *building, int *deepest)
{
    int depth = building->depth;
    size_t drawn = (size_t)building->cells << 2 * depth;
    uint8_t *touched = keep(building, drawn, 1);
    building->level = keep(building, (size_t)building->cells, 1);
    if (touched == NULL || building->level == NULL)
        return 0;
    for (size_t i = 0; i < building->touch_cell.count; i++)
        touched[building->touch_cell.at[i]] = 1;
    *deepest = -1;
    for (int32_t cell = 0; cell < building->cells; cell++) {
        const uint8_t *fine = touched + ((size_t)cell << 2 * depth);
        int32_t count = 0;
        for (int i = 0; i < 1 << 2 * depth; i++)
            count += fine[i];
        int level = count ? level_for(count, depth) : -1;
        building->level[cell] = (int8_t)(level < building->deepest ? level : building->deepest);
        if (building->level[cell] > *deepest)
            *deepest = building->level[cell];
    }
    return 1;
}

#endif
