/* The compiled look-up as a Python module: the same answers as lookup.py and nearness.py, from the same tables. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "nearest.h"

enum { CELLS, BLOCKS, WORDS, VERTICES, SQUARES, BUFFERS };

typedef struct {
    PyObject_HEAD
    Tables tables;
    Py_buffer buffers[BUFFERS];
    int held;
} Kernel;

/* Lay the levels of squares over the cells; return how many squares that are. */
static Py_ssize_t lay_squares(Tables *tables, const uint8_t *held)
{
    Level *level = tables->levels;
    Py_ssize_t count = 0;
    *level = (Level){tables->columns, tables->rows, NULL};
    do {
        Level next = {((level->columns - 1) >> SQUARE_BITS) + 1, ((level->rows - 1) >> SQUARE_BITS) + 1,
                      held + count};
        *++level = next;
        count += (Py_ssize_t)next.columns * next.rows;
    } while (level->columns > 1 || level->rows > 1);
    tables->top = (int)(level - tables->levels);
    return count;
}

static int kernel_init(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    Kernel *self = (Kernel *)object;
    PyObject *sources[BUFFERS];
    Tables *tables = &self->tables;
    (void)keywords;
    if (self->held || !PyArg_ParseTuple(arguments, "(ddddii)OOOOO", &tables->west, &tables->south,
                                        &tables->x_scale, &tables->y_scale, &tables->columns,
                                        &tables->rows, sources, sources + 1, sources + 2, sources + 3,
                                        sources + 4))
        return -1;
    for (; self->held < BUFFERS; self->held++)
        if (PyObject_GetBuffer(sources[self->held], self->buffers + self->held, PyBUF_SIMPLE) < 0)
            return -1;
    tables->outside = tables->columns * tables->rows;
    if (self->buffers[CELLS].len != ((Py_ssize_t)tables->outside + 1) * (Py_ssize_t)sizeof(int32_t)) {
        PyErr_SetString(PyExc_ValueError, "the cells do not fit the frame");
        return -1;
    }
    if (lay_squares(tables, self->buffers[SQUARES].buf) != self->buffers[SQUARES].len) {
        PyErr_SetString(PyExc_ValueError, "the squares do not fit the frame");
        return -1;
    }
    tables->cells = self->buffers[CELLS].buf;
    tables->blocks = self->buffers[BLOCKS].buf;
    tables->words = self->buffers[WORDS].buf;
    tables->vertices = self->buffers[VERTICES].buf;
    return 0;
}

static void kernel_dealloc(PyObject *object)
{
    Kernel *self = (Kernel *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    while (self->held > 0)
        PyBuffer_Release(self->buffers + --self->held);
    release(object);
    Py_DECREF(type);
}

static int take_point(PyObject *const *arguments, Py_ssize_t count, double *x, double *y)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "x and y are wanted");
        return -1;
    }
    *x = PyFloat_AsDouble(arguments[0]);
    *y = PyFloat_AsDouble(arguments[1]);
    return PyErr_Occurred() ? -1 : 0;
}

static int32_t find_one(const Tables *tables, double x, double y, uint8_t *on_outline)
{
    int32_t value, left;
    *on_outline = 0;
    if (values_of_block(tables, &x, &y, 1, &value, &left, 0))
        value = first_of(tables, tables->words + (-2 - (int64_t)value), x, y, on_outline);
    return value;
}

static PyObject *kernel_one(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    double x, y;
    uint8_t on_outline;
    if (take_point(arguments, count, &x, &y) < 0)
        return NULL;
    return PyLong_FromLong(find_one(&((Kernel *)object)->tables, x, y, &on_outline));
}

/* Take the buffers of equally many numbers: `inputs` of doubles to read, the others of `sizes` to write. */
static int take_columns(PyObject *const *arguments, Py_ssize_t count, int inputs, int columns,
                        const Py_ssize_t *sizes, Py_buffer *views)
{
    int held = 0;
    if (count != columns) {
        PyErr_SetString(PyExc_TypeError, "the number of arrays is wrong");
        return -1;
    }
    for (; held < columns; held++) {
        Py_ssize_t size = held < inputs ? (Py_ssize_t)sizeof(double) : sizes[held - inputs];
        if (PyObject_GetBuffer(arguments[held], views + held, held < inputs ? PyBUF_SIMPLE : PyBUF_WRITABLE) < 0)
            break;
        if (views[held].len / size != views[0].len / (Py_ssize_t)sizeof(double)) {
            PyBuffer_Release(views + held);
            PyErr_SetString(PyExc_ValueError, "the arrays differ in length");
            break;
        }
    }
    if (held == columns)
        return 0;
    while (held > 0)
        PyBuffer_Release(views + --held);
    return -1;
}

static PyObject *kernel_first(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    const Py_ssize_t sizes[2] = {sizeof(int32_t), sizeof(uint8_t)};
    Py_buffer views[4];
    Py_ssize_t open;
    if (take_columns(arguments, count, 2, 4, sizes, views) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    open = first_of_many(&((Kernel *)object)->tables, views[0].buf, views[1].buf,
                         views[0].len / (Py_ssize_t)sizeof(double), views[2].buf, views[3].buf);
    Py_END_ALLOW_THREADS
    for (int i = 0; i < 4; i++)
        PyBuffer_Release(views + i);
    return PyLong_FromSsize_t(open);
}

static PyObject *kernel_values(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    const Py_ssize_t sizes[1] = {sizeof(int32_t)};
    Py_buffer views[3];
    if (take_columns(arguments, count, 2, 3, sizes, views) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    Py_ssize_t points = views[0].len / (Py_ssize_t)sizeof(double);
    for (Py_ssize_t start = 0; start < points; start += BLOCK) {
        int here = points - start < BLOCK ? (int)(points - start) : BLOCK;
        int32_t left[BLOCK];
        values_of_block(&((Kernel *)object)->tables, (double *)views[0].buf + start,
                        (double *)views[1].buf + start, here, (int32_t *)views[2].buf + start, left, 0);
    }
    Py_END_ALLOW_THREADS
    for (int i = 0; i < 3; i++)
        PyBuffer_Release(views + i);
    Py_RETURN_NONE;
}

static PyObject *kernel_all(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    const Tables *tables = &((Kernel *)object)->tables;
    double x, y;
    int32_t value, left;
    if (take_point(arguments, count, &x, &y) < 0)
        return NULL;
    values_of_block(tables, &x, &y, 1, &value, &left, 0);
    if (value >= NONE)
        return value == NONE ? PyList_New(0) : Py_BuildValue("[i]", (int)value);
    PyObject *met = PyList_New(0);
    for (const int32_t *entry = tables->words + (-2 - (int64_t)value); met != NULL;
         entry += 2 + 2 * (entry[1] >> RUNS_SHIFT)) {
        int sign = test_entry(tables, entry, x, y);
        if (sign == UNKNOWN) {
            Py_DECREF(met);
            Py_RETURN_NONE;
        }
        if (sign != OUTSIDE) {
            PyObject *position = PyLong_FromLong(entry[0]);
            if (position == NULL || PyList_Append(met, position) < 0)
                Py_CLEAR(met);
            Py_XDECREF(position);
        }
        if (entry[1] & LAST)
            break;
    }
    return met;
}

static PyObject *kernel_within(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    enum { X, Y, X_M, Y_M, RADIUS, ANSWER, COLUMNS };
    const Py_ssize_t sizes[1] = {sizeof(uint8_t)};
    Py_buffer views[COLUMNS];
    if (take_columns(arguments, count, ANSWER, COLUMNS, sizes, views) < 0)
        return NULL;
    Search search = {.tables = &((Kernel *)object)->tables, .only_whether = 1};
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < views[ANSWER].len; i++) {
        search.x = ((double *)views[X].buf)[i];
        search.y = ((double *)views[Y].buf)[i];
        search.x_m = ((double *)views[X_M].buf)[i];
        search.y_m = ((double *)views[Y_M].buf)[i];
        start_search(&search, ((double *)views[RADIUS].buf)[i]);
        ((uint8_t *)views[ANSWER].buf)[i] = !search_around(&search);
    }
    Py_END_ALLOW_THREADS
    for (int i = 0; i < COLUMNS; i++)
        PyBuffer_Release(views + i);
    Py_RETURN_NONE;
}

/* A list of what was found, and the memory given back. */
static PyObject *found_by(Search *search, int complete)
{
    PyObject *found = complete ? PyList_New(0) : PyErr_NoMemory();
    for (size_t i = 0; found != NULL && i < search->count; i++) {
        Foot foot = search->feet[i];
        if (foot.distance_m > search->radius_m)
            continue;
        PyObject *one = Py_BuildValue("(iddd)", (int)foot.polygon, foot.x, foot.y, foot.distance_m);
        if (one == NULL || PyList_Append(found, one) < 0)
            Py_CLEAR(found);
        Py_XDECREF(one);
    }
    end_search(search);
    return found;
}

static PyObject *kernel_near(PyObject *object, PyObject *arguments)
{
    Search search = {.tables = &((Kernel *)object)->tables};
    double radius_m;
    if (!PyArg_ParseTuple(arguments, "ddddd", &search.x, &search.y, &search.x_m, &search.y_m, &radius_m))
        return NULL;
    int complete;
    start_search(&search, radius_m);
    if (is_beyond(box_around(&search), 1)) {
        Py_BEGIN_ALLOW_THREADS
        complete = search_around(&search);
        Py_END_ALLOW_THREADS
    } else {
        complete = search_around(&search);
    }
    return found_by(&search, complete);
}

static PyObject *kernel_nearest(PyObject *object, PyObject *arguments)
{
    Search search = {.tables = &((Kernel *)object)->tables, .nearest = 1};
    double most_m;
    if (!PyArg_ParseTuple(arguments, "ddddd", &search.x, &search.y, &search.x_m, &search.y_m, &most_m))
        return NULL;
    int complete = search_close_by(&search, most_m);
    if (complete == NOT_CLOSE) {
        Py_BEGIN_ALLOW_THREADS
        complete = search_everywhere(&search, most_m);
        Py_END_ALLOW_THREADS
    }
    return found_by(&search, complete != FAILED);
}

static PyObject *kernel_at(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    const Tables *tables = &((Kernel *)object)->tables;
    double x, y;
    int32_t value;
    uint8_t on_outline;
    if (take_point(arguments, count, &x, &y) < 0)
        return NULL;
    value = find_one(tables, x, y, &on_outline);
    return Py_BuildValue("(iO)", (int)value, on_outline ? Py_True : Py_False);
}

static PyMethodDef methods[] = {
    {"one", (PyCFunction)(void (*)(void))kernel_one, METH_FASTCALL,
     "one(x, y): the position of the first polygon the point meets, -1 for none, -2 if GEOS must be asked."},
    {"first", (PyCFunction)(void (*)(void))kernel_first, METH_FASTCALL,
     "first(x, y, position, on_outline): answer arrays; return for how many points GEOS must be asked."},
    {"values", (PyCFunction)(void (*)(void))kernel_values, METH_FASTCALL,
     "values(x, y, value): what stands in each point's fine cell."},
    {"all", (PyCFunction)(void (*)(void))kernel_all, METH_FASTCALL,
     "all(x, y): the positions of all polygons the point meets, lowest id first; None if GEOS must be asked."},
    {"within", (PyCFunction)(void (*)(void))kernel_within, METH_FASTCALL,
     "within(x, y, x_m, y_m, radius_m, answer): whether some outline is within the radius of each point."},
    {"near", kernel_near, METH_VARARGS,
     "near(x, y, x_m, y_m, radius_m): a list of all polygons whose outlines are within the radius, each with "
     "x, y and distance of its nearest place."},
    {"nearest", kernel_nearest, METH_VARARGS,
     "nearest(x, y, x_m, y_m, most_m): likewise those that may be the nearest along the geodesic."},
    {"at", (PyCFunction)(void (*)(void))kernel_at, METH_FASTCALL,
     "at(x, y): what `one` says, and whether the point lies on an outline of that record."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Kernel(frame, cells, blocks, words, vertices, squares): look-ups in the tables of an index."},
    {Py_tp_init, kernel_init},
    {Py_tp_dealloc, kernel_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "gis.gridding.coverage._kernel.Kernel",
    .basicsize = sizeof(Kernel),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "_kernel", .m_doc = "The compiled look-up of coverage indexes.", .m_size = 0,
};

PyMODINIT_FUNC PyInit__kernel(void)
{
    PyObject *made = PyModule_Create(&module), *type = PyType_FromSpec(&spec);
    if (made == NULL || type == NULL || PyModule_AddObjectRef(made, "Kernel", type) < 0 ||
        PyModule_AddIntConstant(made, "LAYOUT", LAYOUT) < 0) {
        Py_XDECREF(made);
        Py_XDECREF(type);
        return NULL;
    }
    Py_DECREF(type);
    return made;
}
