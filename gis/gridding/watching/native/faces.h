/* Pieces laid together as borders, and the faces between them; the same as tracing.py, number by number. */

#ifndef FACES_H
#define FACES_H

#include "cut.h"

enum { OUTER = -1, NOTHING = -1, MOST_POINTS = 2 * MOST_PIECES, MOST_WAYS = 2 * MOST_PIECES };

/* As _LEAST_AREA of tracing.py. */
static const double LEAST_AREA = 1e-9;

typedef struct {
    int32_t start, end, net;
    int32_t first, last;  /* of its pieces */
    int32_t left, right;  /* the faces beside it */
} Border;

/* Ways are borders walked along, 2 b for border b from its start, 2 b + 1 from its end. */
typedef struct {
    Vertex points[MOST_POINTS];
    Border borders[MOST_PIECES];
    int32_t point_count, border_count, round_count, face_count;
    int32_t border_of[MOST_PIECES], next[MOST_PIECES]; /* of pieces: the next one on the same border */
    int8_t along[MOST_PIECES];
    int32_t ways[MOST_WAYS], first_way[MOST_POINTS], way_count[MOST_POINTS]; /* from each point */
    int32_t after[MOST_WAYS], round_of[MOST_WAYS];                         /* of ways */
    double angle[MOST_WAYS];
    int32_t walked[MOST_WAYS], first_walked[MOST_WAYS + 1]; /* the ways of each round */
    int32_t face_round[MOST_WAYS], excess[MOST_WAYS];       /* of faces */
} Layout;

static int32_t point_at(Layout *layout, const Vertex *at)
{
    for (int32_t i = 0; i < layout->point_count; i++)
        if (same_vertex(layout->points + i, at))
            return i;
    layout->points[layout->point_count] = *at;
    return layout->point_count++;
}

static int32_t border_between(Layout *layout, int32_t start, int32_t end)
{
    for (int32_t i = 0; i < layout->border_count; i++)
        if (layout->borders[i].start == start && layout->borders[i].end == end)
            return i;
    layout->borders[layout->border_count] = (Border){start, end, 0, NOTHING, NOTHING, OUTER, OUTER};
    return layout->border_count++;
}

static int lay_borders(Layout *layout, const Segment *pieces, const int32_t *nets, int32_t count)
{
    layout->point_count = layout->border_count = 0;
    for (int32_t i = 0; i < count; i++) {
        int along = compare_vertices(&pieces[i].start, &pieces[i].end);
        if (along == 0)
            return UNSURE;
        int32_t low = point_at(layout, along > 0 ? &pieces[i].start : &pieces[i].end);
        int32_t high = point_at(layout, along > 0 ? &pieces[i].end : &pieces[i].start);
        Border *border = layout->borders + (layout->border_of[i] = border_between(layout, low, high));
        layout->along[i] = (int8_t)along;
        layout->next[i] = NOTHING;
        border->net += along * nets[i];
        if (border->first == NOTHING)
            border->first = i;
        else
            layout->next[border->last] = i;
        border->last = i;
    }
    return FINE;
}

static inline int32_t from_point(const Layout *layout, int32_t way)
{
    const Border *border = layout->borders + way / 2;
    return way % 2 ? border->end : border->start;
}

/* List the ways from each point, border by border. */
static void list_ways(Layout *layout)
{
    int32_t sum = 0;
    memset(layout->way_count, 0, (size_t)layout->point_count * sizeof *layout->way_count);
    for (int32_t way = 0; way < 2 * layout->border_count; way++)
        layout->way_count[from_point(layout, way)]++;
    for (int32_t i = 0; i < layout->point_count; i++) {
        layout->first_way[i] = sum;
        sum += layout->way_count[i];
        layout->way_count[i] = 0;
    }
    for (int32_t way = 0; way < 2 * layout->border_count; way++) {
        int32_t point = from_point(layout, way);
        layout->ways[layout->first_way[point] + layout->way_count[point]++] = way;
    }
}

static void take_way(Layout *layout, int32_t way)
{
    int32_t point = from_point(layout, way), *ways = layout->ways + layout->first_way[point], i = 0;
    while (ways[i] != way)
        i++;
    for (layout->way_count[point]--; i < layout->way_count[point]; i++)
        ways[i] = ways[i + 1];
}

/* Take away what leads nowhere. */
static void prune(Layout *layout)
{
    for (int32_t i = 0; i < layout->point_count; i++)
        for (int32_t point = i; layout->way_count[point] == 1;) {
            int32_t way = layout->ways[layout->first_way[point]];
            point = from_point(layout, way ^ 1);
            take_way(layout, way);
            take_way(layout, way ^ 1);
        }
}

/* Say how to go on at a point, so that what lies on the left stays there. */
static void join_ways(Layout *layout, int32_t point)
{
    int32_t *ways = layout->ways + layout->first_way[point], count = layout->way_count[point];
    const Vertex *from = layout->points + point;
    for (int32_t i = 0; count > 2 && i < count; i++) {
        int32_t way = ways[i], j = i;
        const Vertex *to = layout->points + from_point(layout, way ^ 1);
        layout->angle[way] = atan2(to->y - from->y, to->x - from->x);
        for (; j > 0 && layout->angle[ways[j - 1]] > layout->angle[way]; j--)
            ways[j] = ways[j - 1];
        ways[j] = way;
    }
    for (int32_t i = 0; i < count; i++)
        layout->after[ways[i] ^ 1] = ways[i > 0 ? i - 1 : count - 1];
}

/* Walk around each face, it being on the left. */
static void walk(Layout *layout)
{
    int32_t walked = 0;
    memset(layout->round_of, 0xff, 2 * (size_t)layout->border_count * sizeof *layout->round_of);
    layout->round_count = 0;
    for (int32_t point = 0; point < layout->point_count; point++)
        for (int32_t i = 0; i < layout->way_count[point]; i++) {
            int32_t way = layout->ways[layout->first_way[point] + i] ^ 1;
            if (layout->round_of[way] != NOTHING)
                continue;
            layout->first_walked[layout->round_count] = walked;
            for (; layout->round_of[way] == NOTHING; way = layout->after[way]) {
                layout->round_of[way] = layout->round_count;
                layout->walked[walked++] = way;
            }
            layout->round_count++;
        }
    layout->first_walked[layout->round_count] = walked;
}

/* Walk around all faces, borders left out that have one face on both sides. */
static void walk_all(Layout *layout)
{
    int32_t bridges = 1;
    list_ways(layout);
    while (bridges) {
        bridges = 0;
        prune(layout);
        for (int32_t point = 0; point < layout->point_count; point++)
            join_ways(layout, point);
        walk(layout);
        for (int32_t way = 0; way < 2 * layout->border_count; way += 2)
            if (layout->round_of[way] != NOTHING && layout->round_of[way] == layout->round_of[way + 1]) {
                take_way(layout, way);
                take_way(layout, way + 1);
                bridges++;
            }
    }
}

static inline const Vertex *walked_point(const Layout *layout, int32_t i)
{
    return layout->points + from_point(layout, layout->walked[i]);
}

static double area_of(const Layout *layout, int32_t round)
{
    int32_t first = layout->first_walked[round];
    const Vertex *origin = walked_point(layout, first);
    double twice = 0.0;
    for (int32_t i = first; i + 1 < layout->first_walked[round + 1]; i++) {
        const Vertex *one = walked_point(layout, i), *two = walked_point(layout, i + 1);
        twice += (one->x - origin->x) * (two->y - origin->y) - (two->x - origin->x) * (one->y - origin->y);
    }
    return twice / 2;
}

static int passes_twice(const Layout *layout, int32_t round)
{
    int8_t seen[MOST_POINTS];
    memset(seen, 0, (size_t)layout->point_count);
    for (int32_t i = layout->first_walked[round]; i < layout->first_walked[round + 1]; i++)
        if (seen[from_point(layout, layout->walked[i])]++)
            return 1;
    return 0;
}

typedef struct {
    double west, south, east, north;
} Box;

static Box box_of(const Layout *layout, int32_t round)
{
    const Vertex *at = walked_point(layout, layout->first_walked[round]);
    Box box = {at->x, at->y, at->x, at->y};
    for (int32_t i = layout->first_walked[round]; i < layout->first_walked[round + 1]; i++) {
        at = walked_point(layout, i);
        box = (Box){lesser(box.west, at->x), lesser(box.south, at->y), greater(box.east, at->x),
                    greater(box.north, at->y)};
    }
    return box;
}

static inline int holds(const Box *box, const Box *other)
{
    return box->west <= other->west && box->south <= other->south && box->east >= other->east
           && box->north >= other->north;
}

/* Whether no outline may lie within another one. */
static int are_apart(const Box *outlines, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        for (int32_t j = 0; j < count; j++)
            if (i != j && holds(outlines + j, outlines + i))
                return 0;
    return 1;
}

/* Tell faces from outlines, and say at each border which faces lie beside it. */
static int find_faces(Layout *layout)
{
    Box outlines[MOST_WAYS];
    int32_t count = 0;
    layout->face_count = 0;
    for (int32_t round = 0; round < layout->round_count; round++) {
        double area = area_of(layout, round);
        if (fabs(area) < LEAST_AREA || (area > 0.0 && passes_twice(layout, round)))
            return UNSURE;
        if (!(area > 0.0)) {
            outlines[count++] = box_of(layout, round);
            continue;
        }
        for (int32_t i = layout->first_walked[round]; i < layout->first_walked[round + 1]; i++) {
            Border *border = layout->borders + layout->walked[i] / 2;
            *(layout->walked[i] % 2 ? &border->right : &border->left) = layout->face_count;
        }
        layout->face_round[layout->face_count++] = round;
    }
    return are_apart(outlines, count) ? FINE : UNSURE;
}

/* Count how often each face is covered, from the outside, where nothing is, over the borders. */
static int count_excess(Layout *layout)
{
    int32_t waiting[MOST_WAYS + 1], waits = 0, known = 0;
    int8_t is_known[MOST_WAYS] = {0};
    waiting[waits++] = OUTER;
    while (waits > 0) {
        int32_t face = waiting[--waits], excess = face == OUTER ? 0 : layout->excess[face];
        for (int32_t i = 0; i < layout->border_count; i++) {
            const Border *border = layout->borders + i;
            int32_t other = border->left == face ? border->right : border->left;
            if ((border->left != face && border->right != face) || other == OUTER || is_known[other])
                continue;
            is_known[other] = 1;
            layout->excess[other] = excess + (border->left == face ? -border->net : border->net);
            waiting[waits++] = other;
            known++;
        }
    }
    return known == layout->face_count ? FINE : UNSURE;
}

/* Lay out segments that are cut into pieces. */
static int lay_out(Layout *layout, const Segment *pieces, const int32_t *nets, int32_t count)
{
    if (lay_borders(layout, pieces, nets, count) != FINE)
        return UNSURE;
    walk_all(layout);
    return find_faces(layout) == FINE ? count_excess(layout) : UNSURE;
}

#endif
