/* The compiled building of windows as a Python module: the same arrays as blocks.py makes, from the same edges. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "../../native/arrays.h"
#include "blocks.h"

enum { U1, V1, U2, V2, VERTEX, POLYGON, BEFORE, AFTER, POSITIONS, VERTICES, ARRAYS };

static const Wanted WANTED[ARRAYS] = {
    {"u1", &DOUBLES, 0},    {"v1", &DOUBLES, 0},     {"u2", &DOUBLES, 0},     {"v2", &DOUBLES, 0},
    {"vertex", &LONGS, 0},  {"polygon", &LONGS, 0},  {"before", &LONGS, 0},   {"after", &LONGS, 0},
    {"positions", &LONGS, 0}, {"vertices", &DOUBLES, 0},
};

/* Cells from the corner of the raster beyond which no edge ends. */
static const double FAREST = 1 << 25;
/* With more edges than these others may go on in Python meanwhile; the few of an edit are not worth the change. */
enum { MANY_EDGES = 4096 };

/* Whether numbers are from 0 to before the end, and ascend if they are to. */
static int are_below(const int64_t *numbers, int32_t count, int64_t end, int ascend)
{
    for (int32_t i = 0; i < count; i++)
        if (numbers[i] < 0 || numbers[i] >= end || (ascend && i > 0 && numbers[i] < numbers[i - 1]))
            return 0;
    return 1;
}

static int are_near(const double *places, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        if (!(fabs(places[i]) < FAREST))
            return 0;
    return 1;
}

/* What is wrong with the edges, or NULL. */
static const char *misfit(Edges *edges, const Py_buffer *views)
{
    Py_ssize_t count = views[VERTEX].len / 8, vertices = views[VERTICES].len / 16;
    for (int i = U1; i <= AFTER; i++)
        if (views[i].len / 8 != count || views[i].ndim != 1)
            return "as many numbers as edges are wanted";
    if (views[VERTICES].ndim != 2 || views[VERTICES].shape[1] != 2)
        return "the vertices are no pairs";
    if (count > INT32_MAX / 2 || views[POSITIONS].len / 8 > INT32_MAX)
        return "there are too many edges";
    edges->count = (int32_t)count;
    edges->u1 = views[U1].buf, edges->v1 = views[V1].buf;
    edges->u2 = views[U2].buf, edges->v2 = views[V2].buf;
    edges->vertex = views[VERTEX].buf, edges->polygon = views[POLYGON].buf;
    edges->before = views[BEFORE].buf, edges->after = views[AFTER].buf;
    edges->positions = views[POSITIONS].buf, edges->vertices = views[VERTICES].buf;
    for (int i = U1; i <= V2; i++)
        if (!are_near(views[i].buf, edges->count))
            return "an edge ends far from the raster";
    if (!are_below(edges->vertex, edges->count, vertices - 1, 0) ||
        !are_below(edges->polygon, edges->count, views[POSITIONS].len / 8, 1) ||
        !are_below(edges->before, edges->count, count, 0) || !are_below(edges->after, edges->count, count, 0))
        return "an edge refers to what is not there, or is not in its polygon's place";
    return NULL;
}

/* Draw the window and divide its cells, again and finer where that is wanted. */
static int draw(Building *building)
{
    int deepest;
    building->cells = building->columns * building->rows;
    for (;;) {
        if (!draw_edges(building) || !divide(building, &deepest))
            return 0;
        if (deepest <= building->depth)
            return 1;
        end_building(building);
        building->depth = deepest;
    }
}

static int build_all(Building *building)
{
    return draw(building) && paint(building) && sample(building) && find_twins(building) && gather(building) &&
           write_records(building) && write_blocks(building);
}

/* The arrays as bytes: cells, blocks, words. */
static PyObject *bytes_of(const Building *building)
{
    /* there may be no record: then the list has no memory */
    const char *words = building->words.count ? (const char *)building->words.at : "";
    return Py_BuildValue("(y#y#y#)", (const char *)building->cell_values,
                         (Py_ssize_t)((size_t)building->cells * sizeof(int32_t)), (const char *)building->blocks,
                         (Py_ssize_t)building->block_bytes, words,
                         (Py_ssize_t)(building->words.count * sizeof(int32_t)));
}

static PyObject *build_window(PyObject *module, PyObject *arguments)
{
    Building building = {0};
    Building *given = &building;
    PyObject *arrays[ARRAYS], *made = NULL;
    Py_buffer views[ARRAYS];
    long long first_word, first_unit;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "(iiiiii)LLOOOOOOOOOO", &given->first_column, &given->first_row, &given->columns,
                          &given->rows, &given->depth, &given->deepest, &first_word, &first_unit, arrays + U1,
                          arrays + V1, arrays + U2, arrays + V2, arrays + VERTEX, arrays + POLYGON, arrays + BEFORE,
                          arrays + AFTER, arrays + POSITIONS, arrays + VERTICES))
        return NULL;
    building.first_word = first_word, building.first_unit = first_unit;
    if (!is_drawable(&building))
        return PyErr_Format(PyExc_ValueError, "the window has no cells, or more than can be drawn");
    if (take_arrays(arrays, WANTED, ARRAYS, views) < 0)
        return NULL;
    const char *wrong = misfit(&building.edges, views);
    if (wrong != NULL) {
        PyErr_SetString(PyExc_ValueError, wrong);
    } else {
        int complete;
        if (building.edges.count > MANY_EDGES) {
            Py_BEGIN_ALLOW_THREADS
            complete = build_all(&building);
            Py_END_ALLOW_THREADS
        } else {
            complete = build_all(&building);
        }
        made = complete ? bytes_of(&building) : PyErr_NoMemory();
        end_building(&building);
    }
    release_arrays(views, ARRAYS);
    return made;
}

static PyMethodDef methods[] = {
    {"build_window", build_window, METH_VARARGS,
     "build_window(window, first_word, first_unit, u1, v1, u2, v2, vertex, polygon, before, after, positions, "
     "vertices): the bytes of cells, blocks and words."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_build", .m_doc = "The compiled building of windows.", .m_size = 0,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__build(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddIntConstant(made, "LAYOUT", LAYOUT) < 0)
        Py_CLEAR(made);
    return made;
}
