/* The outline nearest to a point, however far: always on in the square that may hold the nearest one. */

#ifndef NEAREST_H
#define NEAREST_H

#include "nearness.h"

enum { FAILED, FOUND, NOT_CLOSE };
enum { CLOSE_ROUNDS = 3 };

/* Cells: an outline this near to a square may count as in it. */
static const double BESIDE = 1e-3;
/* More than any degree on earth has, by more than distances through the earth are off between two places. */
static const double MOST_DEGREE_M = 113e3;

/* How far something is outside an interval. */
INLINE double outside(double place, double from, double to)
{
    return place < from ? from - place : place > to ? place - to : 0;
}

/* A distance that nothing in a square, or in a cell, falls below. */
static double bound_m(const Search *search, int level, int32_t row, int32_t column)
{
    const Tables *tables = search->tables;
    double side = (double)((int64_t)1 << (SQUARE_BITS * level));
    double west = column * side - BESIDE, south = row * side - BESIDE, width = side + 2 * BESIDE;
    if (search->far) {
        double center[3], half = width / 2;
        to_space((west + half) / tables->x_scale + tables->west, (south + half) / tables->y_scale + tables->south,
                 center);
        return around_earth_m(search->space, center) - half * search->cell_m;
    }
    double u = (search->x - tables->west) * tables->x_scale, v = (search->y - tables->south) * tables->y_scale;
    double x = outside(u, west, west + width) / tables->x_scale * search->x_m;
    double y = outside(v, south, south + width) / tables->y_scale * search->y_m;
    return sqrt(x * x + y * y);
}

/* Put a square on the heap if it holds something and may be near enough. */
static int push_square(Search *search, int level, int32_t row, int32_t column)
{
    if (!is_held(search->tables, level, row, column))
        return 1;
    Square square = {bound_m(search, level, row, column), level, row, column};
    if (!(square.bound_m <= search->radius_m))
        return 1;
    if (search->heap_count == search->heap_room) {
        size_t room = 2 * search->heap_room + 256;
        Square *heap = realloc(search->heap, room * sizeof *heap);
        if (heap == NULL)
            return 0;
        search->heap = heap;
        search->heap_room = room;
    }
    size_t place = search->heap_count++;
    for (; place && search->heap[(place - 1) / 2].bound_m > square.bound_m; place = (place - 1) / 2)
        search->heap[place] = search->heap[(place - 1) / 2];
    search->heap[place] = square;
    return 1;
}

static Square pop_square(Search *search)
{
    Square *heap = search->heap, first = heap[0], last = heap[--search->heap_count];
    size_t place = 0;
    for (size_t next = 1; next < search->heap_count; next = 2 * place + 1) {
        next += next + 1 < search->heap_count && heap[next + 1].bound_m < heap[next].bound_m;
        if (heap[next].bound_m >= last.bound_m)
            break;
        heap[place] = heap[next];
        place = next;
    }
    heap[place] = last;
    return first;
}

static int push_parts(Search *search, const Square *square)
{
    const Tables *tables = search->tables;
    const Level *level = tables->levels + square->level - 1;
    Box all = {0, 0, level->columns - 1, level->rows - 1};
    Box box = common_box(all, box_of(1, square->row, square->column));
    for (int32_t row = box.south; row <= box.north; row++)
        for (int32_t column = box.west; column <= box.east; column++)
            if (!push_square(search, square->level - 1, row, column))
                return 0;
    return 1;
}

/* Search what may be within the radius, nearest first; return whether that came to its end. */
static int search_onwards(Search *search)
{
    int goes_on = push_square(search, search->tables->top, 0, 0);
    while (goes_on && search->heap_count) {
        Square square = pop_square(search);
        if (square.bound_m > search->radius_m)
            break;
        goes_on = square.level ? push_parts(search, &square)
                               : search_cell(search, cell_at(search->tables, square.row, square.column));
    }
    search->heap_count = 0;
    return goes_on;
}

/* Look into the cells next to the point: most points have an outline there. */
static int search_close_by(Search *search, double most_m)
{
    double radius_m = 2 * search->x_m / search->tables->x_scale; /* without a raster this is infinite */
    for (int i = 0; i < CLOSE_ROUNDS; i++, radius_m *= 2) {
        double start_m = radius_m < most_m ? radius_m : most_m;
        start_search(search, start_m);
        if (!search_around(search))
            return FAILED;
        if (search->radius_m < start_m || start_m == most_m)
            return FOUND;
    }
    return NOT_CLOSE;
}

/* Look everywhere: first in the plane of the point, which is right up to FAR_M, then through the earth. */
static int search_everywhere(Search *search, double most_m)
{
    double plane_m = MORE * FAR_M + SLACK_M;
    start_search(search, most_m < plane_m ? most_m : plane_m);
    if (!search_onwards(search))
        return FAILED;
    if (search->radius_m < plane_m)
        return FOUND;
    start_search(search, most_m);
    if (!(fabs(search->y) <= 90)) /* no place on earth */
        return FOUND;
    search->far = 1;
    search->cell_m = MOST_DEGREE_M * hypot(1 / search->tables->x_scale, 1 / search->tables->y_scale);
    to_space(search->x, search->y, search->space);
    return search_onwards(search) ? FOUND : FAILED;
}

#endif
