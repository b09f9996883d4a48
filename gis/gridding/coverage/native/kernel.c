/* The compiled look-up as a Python module: the same answers as lookup.py and nearness.py, from the same tables. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "arrays.h"
#include "nearest.h"

enum { CELLS, BLOCKS, WORDS, VERTICES, SQUARES, BUFFERS };
enum { NEW, BEING_MADE, READY };

static const Wanted TABLES[BUFFERS] = {
    {"cells", &INTS, 0}, {"blocks", &BYTES, 0}, {"words", &INTS, 0}, {"vertices", &DOUBLES, 0}, {"squares", &FLAGS, 0},
};

typedef struct {
    PyObject_HEAD
    Tables tables;
    Py_buffer buffers[BUFFERS];
    int state;
} Kernel;

/* Lay the levels of squares over the cells; return how many squares that are. */
static int64_t lay_squares(Tables *tables, const uint8_t *held)
{
    Level *level = tables->levels;
    int64_t count = 0;
    *level = (Level){tables->columns, tables->rows, NULL};
    do {
        Level next = {((level->columns - 1) >> SQUARE_BITS) + 1, ((level->rows - 1) >> SQUARE_BITS) + 1,
                      held + count};
        *++level = next;
        count += (int64_t)next.columns * next.rows;
    } while (level->columns > 1 || level->rows > 1);
    tables->top = (int)(level - tables->levels);
    return count;
}

/* What is wrong with the arrays' shapes, or NULL. What is in them is trusted: files are hashed. */
static const char *misfit(Tables *tables, const Py_buffer *buffers)
{
    int64_t cells = (int64_t)tables->columns * tables->rows;
    for (int i = 0; i < BUFFERS; i++)
        if (buffers[i].ndim != (i == VERTICES ? 2 : 1))
            return "one dimension is wanted, of vertices two";
    if (buffers[CELLS].shape[0] != cells + 1)
        return "the cells do not fit the frame";
    if (buffers[SQUARES].shape[0] != lay_squares(tables, buffers[SQUARES].buf))
        return "the squares do not fit the frame";
    if (buffers[WORDS].shape[0] < BEHIND)
        return "the words have no room behind";
    if (buffers[VERTICES].shape[1] != 2)
        return "the vertices are no pairs";
    if ((uintptr_t)buffers[BLOCKS].buf % WORD)
        return "the blocks do not start at a word";
    return NULL;
}

static int make_kernel(Kernel *self, PyObject *arguments)
{
    PyObject *sources[BUFFERS];
    Tables *tables = &self->tables;
    long long columns, rows;
    if (!PyArg_ParseTuple(arguments, "(ddddLL)OOOOO", &tables->west, &tables->south, &tables->x_scale,
                          &tables->y_scale, &columns, &rows, sources + CELLS, sources + BLOCKS, sources + WORDS,
                          sources + VERTICES, sources + SQUARES))
        return -1;
    /* a cell, and what is outside of all, has a number of 32 bits */
    if (columns < 1 || rows < 1 || columns >= INT32_MAX || rows >= INT32_MAX || columns * rows >= INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "the frame has no cells, or more than can be numbered");
        return -1;
    }
    tables->columns = (int32_t)columns;
    tables->rows = (int32_t)rows;
    if (take_arrays(sources, TABLES, BUFFERS, self->buffers) < 0)
        return -1;
    const char *wrong = misfit(tables, self->buffers);
    if (wrong != NULL) {
        PyErr_SetString(PyExc_ValueError, wrong);
        release_arrays(self->buffers, BUFFERS);
        return -1;
    }
    tables->outside = tables->columns * tables->rows;
    tables->cells = self->buffers[CELLS].buf;
    tables->blocks = self->buffers[BLOCKS].buf;
    tables->words = self->buffers[WORDS].buf;
    tables->vertices = self->buffers[VERTICES].buf;
    return 0;
}

static int kernel_init(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    Kernel *self = (Kernel *)object;
    if (keywords != NULL && PyDict_Size(keywords) > 0) {
        PyErr_SetString(PyExc_TypeError, "a kernel takes no arguments by name");
        return -1;
    }
    if (self->state != NEW) { /* others may be reading the arrays it has */
        PyErr_SetString(PyExc_RuntimeError, "a kernel is made once");
        return -1;
    }
    self->state = BEING_MADE;
    self->state = make_kernel(self, arguments) < 0 ? NEW : READY;
    return self->state == READY ? 0 : -1;
}

static void kernel_dealloc(PyObject *object)
{
    Kernel *self = (Kernel *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    if (self->state == READY)
        release_arrays(self->buffers, BUFFERS);
    release(object);
    Py_DECREF(type);
}

/* The tables of a kernel that was made, not only allocated. */
static const Tables *tables_of(PyObject *object)
{
    Kernel *self = (Kernel *)object;
    if (self->state == READY)
        return &self->tables;
    PyErr_SetString(PyExc_RuntimeError, "the kernel was not made: __init__ did not run, or failed");
    return NULL;
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
    const Tables *tables = tables_of(object);
    double x, y;
    uint8_t on_outline;
    if (tables == NULL || take_point(arguments, count, &x, &y) < 0)
        return NULL;
    return PyLong_FromLong(find_one(tables, x, y, &on_outline));
}

static PyObject *kernel_first(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    enum { X, Y, POSITION, ON_OUTLINE, COLUMNS };
    static const Wanted wanted[COLUMNS] = {
        {"x", &DOUBLES, 0}, {"y", &DOUBLES, 0}, {"position", &INTS, 1}, {"on_outline", &FLAGS, 1}};
    const Tables *tables = tables_of(object);
    Py_buffer views[COLUMNS];
    Py_ssize_t open;
    if (tables == NULL || take_columns(arguments, count, wanted, COLUMNS, views) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    open = first_of_many(tables, views[X].buf, views[Y].buf, views[X].len / views[X].itemsize, views[POSITION].buf,
                         views[ON_OUTLINE].buf);
    Py_END_ALLOW_THREADS
    release_arrays(views, COLUMNS);
    return PyLong_FromSsize_t(open);
}

static PyObject *kernel_values(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    enum { X, Y, VALUE, COLUMNS };
    static const Wanted wanted[COLUMNS] = {{"x", &DOUBLES, 0}, {"y", &DOUBLES, 0}, {"value", &INTS, 1}};
    const Tables *tables = tables_of(object);
    Py_buffer views[COLUMNS];
    if (tables == NULL || take_columns(arguments, count, wanted, COLUMNS, views) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    Py_ssize_t points = views[X].len / views[X].itemsize;
    for (Py_ssize_t start = 0; start < points; start += BLOCK) {
        int here = points - start < BLOCK ? (int)(points - start) : BLOCK;
        int32_t left[BLOCK];
        values_of_block(tables, (double *)views[X].buf + start, (double *)views[Y].buf + start, here,
                        (int32_t *)views[VALUE].buf + start, left, 0);
    }
    Py_END_ALLOW_THREADS
    release_arrays(views, COLUMNS);
    Py_RETURN_NONE;
}

static PyObject *kernel_all(PyObject *object, PyObject *const *arguments, Py_ssize_t count)
{
    const Tables *tables = tables_of(object);
    double x, y;
    int32_t value, left;
    if (tables == NULL || take_point(arguments, count, &x, &y) < 0)
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
    static const Wanted wanted[COLUMNS] = {{"x", &DOUBLES, 0},   {"y", &DOUBLES, 0},        {"x_m", &DOUBLES, 0},
                                           {"y_m", &DOUBLES, 0}, {"radius_m", &DOUBLES, 0}, {"answer", &FLAGS, 1}};
    Search search = {.tables = tables_of(object), .only_whether = 1};
    Py_buffer views[COLUMNS];
    if (search.tables == NULL || take_columns(arguments, count, wanted, COLUMNS, views) < 0)
        return NULL;
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
    release_arrays(views, COLUMNS);
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
    Search search = {.tables = tables_of(object)};
    double radius_m;
    if (search.tables == NULL ||
        !PyArg_ParseTuple(arguments, "ddddd", &search.x, &search.y, &search.x_m, &search.y_m, &radius_m))
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
    Search search = {.tables = tables_of(object), .nearest = 1};
    double most_m;
    if (search.tables == NULL ||
        !PyArg_ParseTuple(arguments, "ddddd", &search.x, &search.y, &search.x_m, &search.y_m, &most_m))
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
    const Tables *tables = tables_of(object);
    double x, y;
    int32_t value;
    uint8_t on_outline;
    if (tables == NULL || take_point(arguments, count, &x, &y) < 0)
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
