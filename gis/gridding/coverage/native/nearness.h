/* The outlines near a point. */

#ifndef NEARNESS_H
#define NEARNESS_H

#include "earth.h"
#include "lookup.h"

/* What a distance in the plane of a point may be off, up to FAR_M away; what one through the earth may be. */
static const double MORE = 1.001, SLACK_M = 1e-6, FAR_M = 10e3;
static const double FAR_MORE = 1 + 1e-6, FAR_SLACK_M = 1.0;

enum { SEEN = 64 };

/* A polygon near a point: the nearest place of its outline, how far that is, and the vertex its edge starts at. */
typedef struct {
    double x, y, distance_m;
    int32_t polygon, edge;
} Foot;

/* A square of cells, or with level 0 a cell, and that nothing in it is nearer to the point than `bound_m`. */
typedef struct {
    double bound_m;
    int32_t level, row, column;
} Square;

typedef struct {
    const Tables *tables;
    double x, y, x_m, y_m, radius_m; /* metres a unit of x and y at the point */
    int only_whether;                /* end with the first that is found */
    int nearest;                     /* draw the radius in to what may be the nearest */
    int far;                         /* measure through the earth */
    double space[3], cell_m;         /* then the point in space, and the diagonal of a cell at most */
    Foot *feet;
    int32_t *slots; /* twice as many: the places of feet by polygon, or -1 */
    Square *heap;   /* nearest first */
    size_t room, count, heap_room, heap_count;
    int32_t seen[SEEN]; /* edges lately looked at: the records of one cell repeat them */
} Search;

static void end_search(Search *search)
{
    free(search->feet);
    free(search->slots);
    free(search->heap);
}

/* The slot of a polygon, or the empty one where it belongs. */
INLINE int32_t *slot_of(const Search *search, int32_t polygon)
{
    size_t last = 2 * search->room - 1, slot = ((uint32_t)polygon * 2654435769u) & last;
    while (search->slots[slot] >= 0 && search->feet[search->slots[slot]].polygon != polygon)
        slot = (slot + 1) & last;
    return search->slots + slot;
}

static int make_room(Search *search)
{
    size_t room = search->room ? 2 * search->room : 16;
    Foot *feet = realloc(search->feet, room * sizeof *feet);
    if (feet == NULL)
        return 0;
    search->feet = feet;
    int32_t *slots = realloc(search->slots, 2 * room * sizeof *slots);
    if (slots == NULL)
        return 0;
    search->slots = slots;
    search->room = room;
    memset(slots, -1, 2 * room * sizeof *slots);
    for (size_t i = 0; i < search->count; i++)
        *slot_of(search, feet[i].polygon) = (int32_t)i;
    return 1;
}

/* Begin anew with what is within a radius. */
static void start_search(Search *search, double radius_m)
{
    search->radius_m = radius_m;
    search->count = 0;
    memset(search->seen, -1, sizeof search->seen);
    if (search->room)
        memset(search->slots, -1, 2 * search->room * sizeof *search->slots);
}

/* Keep a foot if it is the nearest of its polygon; of equally near ones the one of the first edge. */
static int keep_foot(Search *search, const Foot *foot)
{
    if (search->count == search->room && !make_room(search))
        return 0;
    int32_t *slot = slot_of(search, foot->polygon);
    if (*slot < 0) {
        *slot = (int32_t)search->count;
        search->feet[search->count++] = *foot;
        return 1;
    }
    Foot *other = search->feet + *slot;
    if (foot->distance_m < other->distance_m ||
        (foot->distance_m == other->distance_m && foot->edge < other->edge))
        *other = *foot;
    return 1;
}

/* The nearest place of an edge in the plane of the point. */
INLINE Foot plane_foot(const Search *search, const double *vertex)
{
    double x1 = (vertex[0] - search->x) * search->x_m, y1 = (vertex[1] - search->y) * search->y_m;
    double dx = (vertex[2] - vertex[0]) * search->x_m, dy = (vertex[3] - vertex[1]) * search->y_m;
    double length = dx * dx + dy * dy, share = length > 0 ? -(x1 * dx + y1 * dy) / length : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    double x = x1 + share * dx, y = y1 + share * dy;
    return (Foot){search->x + x / search->x_m, search->y + y / search->y_m, sqrt(x * x + y * y), 0, 0};
}

/* The nearest place of an edge by the way through the earth. */
static Foot far_foot(const Search *search, const double *vertex)
{
    double one[3], other[3], length = 0, along = 0;
    to_space(vertex[0], vertex[1], one);
    to_space(vertex[2], vertex[3], other);
    for (int i = 0; i < 3; i++) {
        length += (other[i] - one[i]) * (other[i] - one[i]);
        along += (search->space[i] - one[i]) * (other[i] - one[i]);
    }
    double share = length > 0 ? along / length : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    for (int i = 0; i < 3; i++)
        one[i] += share * (other[i] - one[i]);
    return (Foot){vertex[0] + share * (vertex[2] - vertex[0]), vertex[1] + share * (vertex[3] - vertex[1]),
                  around_earth_m(search->space, one), 0, 0};
}

/* How far a foot may be, in the plane or through the earth, that along the geodesic may be the nearest. */
INLINE double still_nearest_m(const Search *search, double nearest_m)
{
    return search->far ? FAR_MORE * nearest_m + FAR_SLACK_M : MORE * nearest_m + SLACK_M;
}

/* Keep the nearest place of one edge if it is within the radius; return whether to go on. */
static int take_edge_near(Search *search, int32_t polygon, int32_t edge)
{
    const double *vertex = search->tables->vertices + 2 * (size_t)edge;
    int32_t *seen = search->seen + (edge & (SEEN - 1));
    if (*seen == edge)
        return 1;
    *seen = edge;
    Foot foot = search->far ? far_foot(search, vertex) : plane_foot(search, vertex);
    if (!(foot.distance_m <= search->radius_m))
        return 1;
    foot.polygon = polygon;
    foot.edge = edge;
    if (search->only_whether || !keep_foot(search, &foot))
        return 0;
    if (search->nearest && still_nearest_m(search, foot.distance_m) < search->radius_m)
        search->radius_m = still_nearest_m(search, foot.distance_m);
    return 1;
}

static int search_record(Search *search, const int32_t *entry)
{
    for (;; entry += 2 + 2 * (entry[1] >> RUNS_SHIFT)) {
        const int32_t *run = entry + 2, *end = run + 2 * (entry[1] >> RUNS_SHIFT);
        for (; run < end; run += 2)
            for (int32_t i = 0; i < run[1]; i++)
                if (!take_edge_near(search, entry[0], run[0] + i))
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

INLINE int32_t cell_at(const Tables *tables, int32_t row, int32_t column)
{
    return tables->cells[(size_t)row * (size_t)tables->columns + (size_t)column];
}

/* Whether a square holds a divided cell, or a cell is divided. */
INLINE int is_held(const Tables *tables, int level, int32_t row, int32_t column)
{
    const Level *squares = tables->levels + level;
    return level ? squares->held[(size_t)row * (size_t)squares->columns + (size_t)column]
                 : cell_at(tables, row, column) < NONE;
}

INLINE int32_t clipped(double place, int32_t count)
{
    return place >= count ? count - 1 : place > 0 ? (int32_t)place : 0; /* NaN, of no raster at all, is 0 */
}

/* Cells from the first to the last column and row. */
typedef struct {
    int32_t west, south, east, north;
} Box;

INLINE Box box_of(int level, int32_t row, int32_t column)
{
    int bits = SQUARE_BITS * level;
    return (Box){column << bits, row << bits, ((column + 1) << bits) - 1, ((row + 1) << bits) - 1};
}

INLINE Box common_box(Box one, Box other)
{
    return (Box){one.west > other.west ? one.west : other.west, one.south > other.south ? one.south : other.south,
                 one.east < other.east ? one.east : other.east, one.north < other.north ? one.north : other.north};
}

/* Search all divided cells of a box, by the squares of a level. */
static int search_box(Search *search, int level, Box box)
{
    const Tables *tables = search->tables;
    int bits = SQUARE_BITS * level, goes_on = 1;
    for (int32_t row = box.south >> bits; goes_on && row <= box.north >> bits; row++)
        for (int32_t column = box.west >> bits; goes_on && column <= box.east >> bits; column++)
            if (is_held(tables, level, row, column))
                goes_on = level ? search_box(search, level - 1, common_box(box, box_of(level, row, column)))
                                : search_cell(search, cell_at(tables, row, column));
    return goes_on;
}

INLINE Box box_around(const Search *search)
{
    const Tables *tables = search->tables;
    double dx = search->radius_m / search->x_m, dy = search->radius_m / search->y_m;
    return (Box){clipped((search->x - dx - tables->west) * tables->x_scale, tables->columns),
                 clipped((search->y - dy - tables->south) * tables->y_scale, tables->rows),
                 clipped((search->x + dx - tables->west) * tables->x_scale, tables->columns),
                 clipped((search->y + dy - tables->south) * tables->y_scale, tables->rows)};
}

/* Whether a box is wider or higher than the side of a square. */
INLINE int is_beyond(Box box, int level)
{
    return ((box.east - box.west) >> (SQUARE_BITS * level)) > 0 || ((box.north - box.south) >> (SQUARE_BITS * level)) > 0;
}

/* Search all cells within the radius; return whether that came to its end. */
static int search_around(Search *search)
{
    Box box = box_around(search);
    int level = 0;
    while (level < search->tables->top && is_beyond(box, level + 2))
        level++;
    return search_box(search, level, box);
}

#endif
