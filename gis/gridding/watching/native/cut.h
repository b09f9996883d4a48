/* Cut segments where they meet, or say that it is not sure where; the same as tracing.py, number by number. */

#ifndef CUT_H
#define CUT_H

#include "outlines.h"

/* As _DOUBT and _MOST_PIECES of tracing.py. */
static const double DOUBT = 4.0;
enum { MOST_PIECES = 500 };

typedef struct {
    Vertex start, end;
} Segment;

typedef struct {
    Vertex at;
    int32_t segment;
} Cut;

typedef struct {
    Cut all[MOST_PIECES];
    int32_t count, most;
} Cuts;

typedef struct {
    double west, east, south, north;
    int32_t number;
} Extent;

static inline double length_of(double x, double y) { return sqrt(x * x + y * y); }
static inline double lesser(double one, double other) { return one < other ? one : other; }
static inline double greater(double one, double other) { return one > other ? one : other; }

static int compare_extents(const void *one, const void *other)
{
    const Extent *a = one, *b = other;
    if (a->west != b->west)
        return a->west < b->west ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* Count the ends that two segments have in common; -1 where it is not sure. */
static int common_ends(const Segment *one, const Segment *two, double snap)
{
    const Vertex *ends[] = {&one->start, &one->end}, *others[] = {&two->start, &two->end};
    double wide = DOUBT * snap;
    int common = 0;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            double x = ends[i]->x - others[j]->x, y = ends[i]->y - others[j]->y;
            if (fabs(x) > wide || fabs(y) > wide)
                continue;
            if (same_vertex(ends[i], others[j]))
                common++;
            else if (length_of(x, y) <= wide)
                return -1;
        }
    return common;
}

/* Whether a point lies on a segment, between its ends; -1 where it is not sure. */
static int is_on(const Vertex *point, const Segment *segment, double snap)
{
    double along_x = segment->end.x - segment->start.x, along_y = segment->end.y - segment->start.y;
    double from_x = point->x - segment->start.x, from_y = point->y - segment->start.y;
    double length = length_of(along_x, along_y), along = from_x * along_x + from_y * along_y, aside;
    if (length <= DOUBT * snap)
        return -1;
    if (!(0.0 < along && along < length * length))
        return 0;
    aside = fabs(along_x * from_y - along_y * from_x) / length;
    if (snap < aside && aside <= DOUBT * snap)
        return -1;
    return aside <= snap;
}

static inline double side(const Vertex *start, const Vertex *end, const Vertex *point)
{
    return (end->x - start->x) * (point->y - start->y) - (end->y - start->y) * (point->x - start->x);
}

static int crossing(const Segment *one, const Segment *two, Vertex *place)
{
    const Vertex *a = &one->start, *b = &one->end, *c = &two->start, *d = &two->end;
    double from_a = side(c, d, a), from_b = side(c, d, b), share;
    if (!(side(a, b, c) * side(a, b, d) < 0.0 && from_a * from_b < 0.0))
        return 0;
    share = from_a / (from_a - from_b);
    place->x = a->x + share * (b->x - a->x);
    place->y = a->y + share * (b->y - a->y);
    return 1;
}

static int cut_at(Cuts *cuts, int32_t segment, const Vertex *at)
{
    for (int32_t i = 0; i < cuts->count; i++)
        if (cuts->all[i].segment == segment && same_vertex(&cuts->all[i].at, at))
            return FINE;
    if (cuts->count >= cuts->most)
        return UNSURE;
    cuts->all[cuts->count++] = (Cut){*at, segment};
    return FINE;
}

/* Cut one segment where an end of another lies on it; say how many do, -1 where it is not sure. */
static int cut_at_ends(const Segment *segment, int32_t number, const Segment *other, double snap, Cuts *cuts)
{
    const Vertex *ends[] = {&other->start, &other->end};
    int found = 0;
    for (int i = 0; i < 2; i++) {
        int on = 0;
        if (!same_vertex(ends[i], &segment->start) && !same_vertex(ends[i], &segment->end))
            on = is_on(ends[i], segment, snap);
        if (on < 0 || (on > 0 && cut_at(cuts, number, ends[i]) != FINE))
            return -1;
        found += on;
    }
    return found;
}

/* Find where two segments cut each other. */
static int meet(const Segment *segments, int32_t one, int32_t two, double snap, Cuts *cuts)
{
    const Segment *a = segments + one, *b = segments + two;
    int common = common_ends(a, b, snap), on_a, on_b;
    Vertex place;
    if (common < 0)
        return UNSURE;
    if (common > 1)
        return FINE;
    on_a = cut_at_ends(a, one, b, snap, cuts);
    on_b = cut_at_ends(b, two, a, snap, cuts);
    if (on_a < 0 || on_b < 0)
        return UNSURE;
    if (on_a || on_b || common || !crossing(a, b, &place))
        return FINE;
    return cut_at(cuts, one, &place) == FINE && cut_at(cuts, two, &place) == FINE ? FINE : UNSURE;
}

/* Find where segments, no more than MOST_PIECES, are to be cut. */
static int find_cuts(const Segment *segments, int32_t count, double snap, Cuts *cuts)
{
    Extent boxes[MOST_PIECES];
    double wide = DOUBT * snap;
    cuts->count = 0;
    for (int32_t i = 0; i < count; i++) {
        const Vertex *a = &segments[i].start, *b = &segments[i].end;
        boxes[i] = (Extent){lesser(a->x, b->x), greater(a->x, b->x), lesser(a->y, b->y), greater(a->y, b->y), i};
    }
    qsort(boxes, (size_t)count, sizeof *boxes, compare_extents);
    for (int32_t i = 0; i < count; i++)
        for (int32_t j = i + 1; j < count; j++) {
            int32_t one = boxes[i].number, two = boxes[j].number;
            if (boxes[j].west > boxes[i].east + wide)
                break;
            if (boxes[j].south > boxes[i].north + wide || boxes[j].north < boxes[i].south - wide)
                continue;
            if (meet(segments, one < two ? one : two, one < two ? two : one, snap, cuts) != FINE)
                return UNSURE;
        }
    return FINE;
}

/* Write the pieces of segments, each from where it starts to where it ends; `sources` tells the segment. */
static int32_t cut_segments(const Segment *segments, int32_t count, const Cuts *cuts, Segment *pieces,
                            int32_t *sources)
{
    int32_t made = 0;
    for (int32_t i = 0; i < count; i++) {
        const Segment *whole = segments + i;
        double far[MOST_PIECES], x = whole->end.x - whole->start.x, y = whole->end.y - whole->start.y;
        int32_t first = made;
        pieces[made] = *whole;
        sources[made++] = i;
        for (int32_t j = 0; j < cuts->count; j++) {
            Vertex at = cuts->all[j].at;
            int32_t k = made;
            if (cuts->all[j].segment != i)
                continue;
            double here = (at.x - whole->start.x) * x + (at.y - whole->start.y) * y;
            for (; k > first + 1 && far[k - first - 1] > here; k--) { /* by how far along it lies */
                pieces[k].start = pieces[k - 1].start;
                far[k - first] = far[k - first - 1];
            }
            pieces[k].start = at;
            far[k - first] = here;
            sources[made++] = i;
        }
        for (int32_t k = first; k < made; k++)
            pieces[k].end = k + 1 < made ? pieces[k + 1].start : whole->end;
    }
    return made;
}

#endif
