/* The outlines near a point. */

#ifndef NEARNESS_H
#define NEARNESS_H

#include "lookup.h"

/* A polygon near a point: the nearest place of its outline, and how far that is. */
typedef struct {
    double x, y, distance_m;
} Foot;

typedef struct {
    const Tables *tables;
    double x, y, x_m, y_m, radius_m; /* metres a unit of x and y at the point */
    int32_t *polygons;
    Foot *feet;
    Py_ssize_t room, count;
    int only_whether; /* end with the first that is found */
} Search;

static int make_room(Search *search)
{
    Py_ssize_t room = 2 * search->room + 16;
    int32_t *polygons = realloc(search->polygons, (size_t)room * sizeof *polygons);
    Foot *feet = realloc(search->feet, (size_t)room * sizeof *feet);
    search->polygons = polygons ? polygons : search->polygons;
    search->feet = feet ? feet : search->feet;
    if (polygons && feet)
        search->room = room;
    return polygons && feet;
}

/* Keep the nearest place of one edge if it is within the radius; return whether to go on. */
static int take_foot(Search *search, int32_t polygon, const double *vertex)
{
    double x1 = (vertex[0] - search->x) * search->x_m, y1 = (vertex[1] - search->y) * search->y_m;
    double dx = (vertex[2] - vertex[0]) * search->x_m, dy = (vertex[3] - vertex[1]) * search->y_m;
    double length = dx * dx + dy * dy, share = length > 0 ? -(x1 * dx + y1 * dy) / length : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    double x = x1 + share * dx, y = y1 + share * dy, distance_m = sqrt(x * x + y * y);
    Py_ssize_t place = 0;
    if (!(distance_m <= search->radius_m))
        return 1;
    while (place < search->count && search->polygons[place] != polygon)
        place++;
    if (place == search->count) {
        search->count++;
        if (search->only_whether || (place == search->room && !make_room(search)))
            return 0;
        search->polygons[place] = polygon;
        search->feet[place].distance_m = INFINITY;
    }
    if (distance_m < search->feet[place].distance_m)
        search->feet[place] = (Foot){search->x + x / search->x_m, search->y + y / search->y_m, distance_m};
    return 1;
}

static int search_record(Search *search, const int32_t *entry)
{
    for (;; entry += 2 + 2 * (entry[1] >> RUNS_SHIFT)) {
        const int32_t *run = entry + 2, *end = run + 2 * (entry[1] >> RUNS_SHIFT);
        for (; run < end; run += 2)
            for (int32_t i = 0; i < run[1]; i++)
                if (!take_foot(search, entry[0], search->tables->vertices + 2 * ((size_t)run[0] + (size_t)i)))
                    return 0;
        if (entry[1] & LAST)
            return 1;
    }
}

static int search_cell(Search *search, int32_t value)
{
    Block block = block_of(search->tables, value);
    int last = 0;
    for (int i = 0; i < 1 << (2 * block.level); i++) {
        int code = block.codes[i >> block.narrow] >> ((i & block.narrow) << 2) & (0xFF >> (block.narrow << 2));
        last = code > last ? code : last;
    }
    for (int i = 0; i <= last; i++)
        if (block.palette[i] < NONE &&
            !search_record(search, search->tables->words + (-2 - (int64_t)block.palette[i])))
            return 0;
    return 1;
}

INLINE int32_t clipped(double place, int32_t count)
{
    return place >= count ? count - 1 : place > 0 ? (int32_t)place : 0; /* NaN, of no raster at all, is 0 */
}

/* Search all cells within the radius; return whether that came to its end. */
static int search_around(Search *search)
{
    const Tables *tables = search->tables;
    double dx = search->radius_m / search->x_m, dy = search->radius_m / search->y_m;
    int32_t first_column = clipped((search->x - dx - tables->west) * tables->x_scale, tables->columns);
    int32_t last_column = clipped((search->x + dx - tables->west) * tables->x_scale, tables->columns);
    int32_t first_row = clipped((search->y - dy - tables->south) * tables->y_scale, tables->rows);
    int32_t last_row = clipped((search->y + dy - tables->south) * tables->y_scale, tables->rows);
    for (int32_t row = first_row; row <= last_row; row++)
        for (int32_t column = first_column; column <= last_column; column++) {
            int32_t value = tables->cells[(size_t)row * (size_t)tables->columns + (size_t)column];
            if (value < NONE && !search_cell(search, value))
                return 0;
        }
    return 1;
}

/* How far a point is from the raster, in metres. */
static double away_m(const Search *search)
{
    const Tables *tables = search->tables;
    double u = (search->x - tables->west) * tables->x_scale, v = (search->y - tables->south) * tables->y_scale;
    double dx = u < 0 ? -u : u > tables->columns ? u - tables->columns : 0;
    double dy = v < 0 ? -v : v > tables->rows ? v - tables->rows : 0;
    return hypot(dx / tables->x_scale * search->x_m, dy / tables->y_scale * search->y_m);
}

/* Search farther and farther until something is found, or nothing is within `most_m`. */
static int search_nearest(Search *search, double most_m)
{
    double away = away_m(search), step = 2 * search->x_m / search->tables->x_scale;
    int complete = 1;
    for (search->radius_m = 0; complete && search->count == 0 && search->radius_m < most_m; step *= 2) {
        search->radius_m = away + step < most_m ? away + step : most_m;
        complete = search_around(search);
    }
    return complete;
}

#endif
