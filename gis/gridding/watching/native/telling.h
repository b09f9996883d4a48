/* Edges from Python and for Python, and what is found when some are drawn. */

#ifndef TELLING_H
#define TELLING_H

#include "copies.h"
#include "faces.h"

/* Put something just made at the end of a list; an error stays to be found. */
static void tell(PyObject *list, PyObject *made)
{
    if (made != NULL)
        PyList_Append(list, made);
    Py_XDECREF(made);
}

static PyObject *ends_of(const Edges *edges, int64_t edge)
{
    const Vertex *low = low_end(edges, edge), *high = high_end(edges, edge);
    return Py_BuildValue("dddd", low->x, low->y, high->x, high->y);
}

/* Read one edge and what is left of it. */
static int read_one(PyObject *ends, PyObject *its, Wanted *one)
{
    Vertex *start = &one->ends.start, *end = &one->ends.end;
    unsigned long long key;
    int net;
    if (!PyTuple_Check(ends) || !PyTuple_Check(its)) {
        PyErr_Format(PyExc_TypeError, "edges and what is left of them are tuples");
        return -1;
    }
    if (!PyArg_ParseTuple(ends, "dddd", &start->x, &start->y, &end->x, &end->y)
        || !PyArg_ParseTuple(its, "iK", &net, &key))
        return -1;
    one->key = key;
    one->net = net;
    one->segment = NOTHING;
    return 0;
}

/* Read edges and what is left of each: {(x, y, x, y): (net, key)}. */
static Wanted *read_wanted(PyObject *left, int32_t *count)
{
    PyObject *ends, *its;
    Py_ssize_t place = 0, size = PyDict_Size(left);
    int how = 0;
    if (size < 0 || size >= INT32_MAX / 4)
        return NULL;
    Wanted *wanted = malloc(((size_t)size + 1) * sizeof *wanted), *one = wanted;
    if (wanted == NULL)
        return (Wanted *)PyErr_NoMemory();
    /* what only turns into a number may change the dictionary meanwhile */
    for (; how == 0 && one < wanted + size && PyDict_Next(left, &place, &ends, &its); one++) {
        Py_INCREF(ends);
        Py_INCREF(its);
        how = read_one(ends, its, one);
        Py_DECREF(ends);
        Py_DECREF(its);
    }
    *count = (int32_t)(one - wanted);
    if (how == 0)
        return wanted;
    free(wanted);
    return NULL;
}

/* A face as well-known binary: a polygon of one ring, which ends where it starts. */
static PyObject *face_as_bytes(const Layout *layout, int32_t face)
{
    int32_t round = layout->face_round[face], first = layout->first_walked[round];
    uint32_t count = (uint32_t)(layout->first_walked[round + 1] - first), numbers[] = {POLYGON, 1, count + 1};
    const uint16_t one = 1;
    size_t head = 1 + sizeof numbers, size = head + (count + 1) * sizeof(Vertex);
    PyObject *made = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    char *bytes = made == NULL ? NULL : PyBytes_AsString(made);
    if (bytes == NULL)
        return NULL;
    bytes[0] = *(const char *)&one; /* the machine's own order */
    memcpy(bytes + 1, numbers, sizeof numbers);
    for (uint32_t i = 0; i <= count; i++)
        memcpy(bytes + head + i * sizeof(Vertex), walked_point(layout, first + (int32_t)(i % count)), sizeof(Vertex));
    return made;
}

static void tell_beside(PyObject *list, const Layout *layout, const Found *found, const int32_t *source,
                        const int32_t *number)
{
    for (int32_t i = 0; i < layout->border_count; i++) {
        const Border *border = layout->borders + i;
        const Vertex *start = layout->points + border->start, *end = layout->points + border->end;
        double length = length_of(end->x - start->x, end->y - start->y);
        for (int32_t piece = border->first; piece != NOTHING; piece = layout->next[piece])
            for (int32_t j = found->first[source[piece]]; j != NOTHING; j = found->copies[j].next) {
                int32_t face = found->copies[j].side * layout->along[piece] > 0 ? border->right : border->left;
                if (face != OUTER && number[face] != NOTHING)
                    tell(list, Py_BuildValue("iid", (int)number[face], (int)found->copies[j].owner, length));
            }
    }
}

static void tell_cut(PyObject *list, const Layout *layout, const Found *found, const int32_t *source,
                     const Vertex *cut, double off, int32_t border)
{
    for (int32_t piece = layout->borders[border].first; piece != NOTHING; piece = layout->next[piece])
        for (int32_t j = found->first[source[piece]]; j != NOTHING; j = found->copies[j].next)
            tell(list, Py_BuildValue("dddi", cut->x, cut->y, off, (int)found->copies[j].owner));
}

static void tell_cuts(PyObject *list, const Layout *layout, const Found *found, const Segment *pieces,
                      const int32_t *source, int32_t count)
{
    for (int32_t i = 0; i + 1 < count; i++) {
        int32_t before = layout->border_of[i], after = layout->border_of[i + 1];
        const Vertex *cut = &pieces[i].end, *start = &found->segments[source[i]].start,
                     *end = &found->segments[source[i]].end;
        if (source[i] != source[i + 1] || layout->borders[before].net || layout->borders[after].net)
            continue;
        double x = end->x - start->x, y = end->y - start->y;
        double off = fabs(x * (cut->y - start->y) - y * (cut->x - start->x)) / length_of(x, y);
        tell_cut(list, layout, found, source, cut, off, before);
        tell_cut(list, layout, found, source, cut, off, after);
    }
}

/* List the edges that cancel and whose boxes meet that of a face. */
static void tell_passing(PyObject *list, const Edges *edges, const Found *found, int number, const Box *box)
{
    for (int64_t i = 0; i < edges->count; i++) {
        if (edges->signs[i] == 0 || found->is_copy[i])
            continue;
        const Vertex *one = edges->vertices + i, *other = one + 1;
        if (greater(one->x, other->x) > box->west && greater(one->y, other->y) > box->south
            && lesser(one->x, other->x) < box->east && lesser(one->y, other->y) < box->north)
            tell(list, Py_BuildValue("iNK", number, ends_of(edges, i), (unsigned long long)edges->keys[i]));
    }
}

static PyObject *tell_all(const Layout *layout, const Edges *edges, const Found *found, const Segment *pieces,
                          const int32_t *source, int32_t count, int32_t usual)
{
    PyObject *lists[5];
    int32_t number[MOST_WAYS], empty = 0, crowded = 0;
    for (int i = 0; i < 5; i++)
        if ((lists[i] = PyList_New(0)) == NULL)
            return NULL;
    for (int32_t face = 0; face < layout->face_count; face++) {
        number[face] = layout->excess[face] < usual ? empty++ : NOTHING;
        if (layout->excess[face] == usual)
            continue;
        tell(lists[layout->excess[face] > usual], face_as_bytes(layout, face));
        if (layout->excess[face] > usual) {
            Box box = box_of(layout, layout->face_round[face]);
            tell_passing(lists[4], edges, found, crowded++, &box);
        }
    }
    tell_beside(lists[2], layout, found, source, number);
    tell_cuts(lists[3], layout, found, pieces, source, count);
    return Py_BuildValue("NNNNN", lists[0], lists[1], lists[2], lists[3], lists[4]);
}

static int draw_edges(const Edges *edges, Wanted *wanted, int32_t many, double snap, int32_t usual, PyObject **told)
{
    Found found;
    Cuts cuts;
    Layout layout;
    Segment pieces[MOST_PIECES];
    int32_t source[MOST_PIECES], nets[MOST_PIECES], count = 0;
    int how = find_copies(edges, wanted, many, &found);
    cuts.most = MOST_PIECES - found.count;
    if (how == FINE)
        how = find_cuts(found.segments, found.count, snap, &cuts);
    if (how == FINE) {
        count = cut_segments(found.segments, found.count, &cuts, pieces, source);
        cuts.most = 0;
        how = count > found.count ? find_cuts(pieces, count, snap, &cuts) : FINE;
    }
    for (int32_t i = 0; i < count; i++)
        nets[i] = found.nets[source[i]];
    if (how == FINE)
        how = lay_out(&layout, pieces, nets, count);
    if (how == FINE)
        *told = tell_all(&layout, edges, &found, pieces, source, count, usual);
    free_copies(&found);
    return how;
}

#endif
