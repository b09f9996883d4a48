/* The compiled part of following edits as a Python module: the same answers as live.py and drawing.py. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "telling.h"

/* The same as in compiled.py: which calls a module understands. */
enum { CALLS = 1 };

/* Bring what a function has found into Python's words: None where it is not sure. */
static PyObject *told(int how, PyObject *found)
{
    if (PyErr_Occurred() || how == NO_MEMORY) {
        Py_XDECREF(found);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    if (how == FINE)
        return found;
    Py_XDECREF(found);
    Py_RETURN_NONE;
}

/* Make room for the edges of polygons, and more, and read the polygons. */
static int read_polygons(PyObject *polygons, int64_t more, Edges *edges)
{
    Py_ssize_t count = PyList_Size(polygons), length;
    int64_t room = more;
    char *bytes;
    memset(edges, 0, sizeof *edges);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *one = PyList_GetItem(polygons, i);
        if (one != Py_None && PyBytes_AsStringAndSize(one, &bytes, &length) == 0)
            room += length / (Py_ssize_t)sizeof(Vertex);
    }
    if (PyErr_Occurred() || make_room(edges, room) != FINE)
        return NO_MEMORY;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *one = PyList_GetItem(polygons, i);
        if (one == Py_None)
            continue;
        PyBytes_AsStringAndSize(one, &bytes, &length);
        Reader from = {(const uint8_t *)bytes, (const uint8_t *)bytes + length};
        if (read_polygon(&from, edges, (int32_t)i) != FINE)
            return UNSURE;
    }
    return FINE;
}

/* changed_edges(polygons, count) -> [(polygon, ends, (net, key)), ...] or None */
static PyObject *changed_edges(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    Edges edges = {0};
    Change *changes = NULL;
    PyObject *found = NULL;
    (void)module;
    if (count != 2)
        return PyErr_Format(PyExc_TypeError, "the number of arguments is wrong");
    long polygons = PyLong_AsLong(arguments[1]);
    if (!PyErr_Occurred() && (polygons < 0 || PyList_Size(arguments[0]) != 2 * polygons))
        return PyErr_Format(PyExc_ValueError, "the polygons are not two for each");
    int how = PyErr_Occurred() ? NO_MEMORY : read_polygons(arguments[0], 0, &edges);
    if (how == FINE) {
        changes = malloc(((size_t)edges.count + 1) * sizeof *changes);
        int64_t many = changes == NULL ? -1 : find_changes(&edges, (int32_t)polygons, changes);
        found = many < 0 ? NULL : PyList_New(0);
        how = many < 0 ? NO_MEMORY : FINE;
        for (int64_t i = 0; found != NULL && i < many; i++)
            tell(found, Py_BuildValue("iN(iK)", (int)changes[i].owner, ends_of(&edges, changes[i].edge),
                                      (int)changes[i].net, (unsigned long long)edges.keys[changes[i].edge]));
    }
    free(changes);
    free(edges.vertices);
    return told(how, found);
}

enum { POLYGONS, VERTICES, KEYS, SIGNS, FIRST, END, RUNS, OWNERS, LEFT, SNAP, USUAL, ALL };

typedef struct {
    Py_buffer views[RUNS];
    const int64_t *first, *end;
    int64_t vertices, runs;
} Runs;

/* Take the arrays of the parents' outlines, and see that they fit each other. */
static int take_runs(PyObject *const *arguments, Runs *runs)
{
    int held = VERTICES;
    for (; held < RUNS; held++)
        if (PyObject_GetBuffer(arguments[held], runs->views + held, PyBUF_SIMPLE) < 0)
            break;
    runs->first = runs->views[FIRST].buf;
    runs->end = runs->views[END].buf;
    if (held == RUNS) {
        runs->vertices = runs->views[VERTICES].len / (Py_ssize_t)sizeof(Vertex);
        runs->runs = runs->views[FIRST].len / (Py_ssize_t)sizeof(int64_t);
        if (runs->views[KEYS].len == runs->vertices * (Py_ssize_t)sizeof(uint64_t)
            && runs->views[SIGNS].len == runs->vertices && runs->views[END].len == runs->views[FIRST].len)
            return 0;
        PyErr_Format(PyExc_ValueError, "the arrays of the outlines do not fit each other");
    }
    while (held > VERTICES)
        PyBuffer_Release(runs->views + --held);
    return -1;
}

static void give_back(Runs *runs)
{
    for (int held = VERTICES; held < RUNS; held++)
        PyBuffer_Release(runs->views + held);
}

/* Which run comes at a place in the list; -1 where there is none like it. */
static int64_t run_at(const Runs *runs, PyObject *list, Py_ssize_t place)
{
    int64_t run = PyLong_AsLongLong(PyList_GetItem(list, place));
    if (!PyErr_Occurred() && run >= 0 && run < runs->runs && runs->first[run] >= 0
        && runs->first[run] < runs->end[run] && runs->end[run] <= runs->vertices)
        return run;
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_ValueError, "there is no such run");
    return -1;
}

/* Read the polygons, and put the runs behind. */
static int read_near(PyObject *const *arguments, const Runs *runs, Edges *edges)
{
    Py_ssize_t count = PyList_Size(arguments[RUNS]);
    int64_t more = 0, run = 0;
    memset(edges, 0, sizeof *edges);
    if (count != PyList_Size(arguments[OWNERS]))
        PyErr_Format(PyExc_ValueError, "the runs and their owners do not fit each other");
    for (Py_ssize_t i = 0; !PyErr_Occurred() && i < count; i++)
        if ((run = run_at(runs, arguments[RUNS], i)) >= 0)
            more += runs->end[run] - runs->first[run];
    int how = PyErr_Occurred() ? NO_MEMORY : read_polygons(arguments[POLYGONS], more, edges);
    for (Py_ssize_t i = 0; how == FINE && i < count; i++) {
        if ((run = run_at(runs, arguments[RUNS], i)) < 0) /* no plain number, and by now another one */
            return NO_MEMORY;
        int64_t first = runs->first[run];
        how = add_run(edges, (const Vertex *)runs->views[VERTICES].buf + first,
                      (const uint64_t *)runs->views[KEYS].buf + first,
                      (const int8_t *)runs->views[SIGNS].buf + first, runs->end[run] - first,
                      (int32_t)PyLong_AsLong(PyList_GetItem(arguments[OWNERS], i)));
    }
    return PyErr_Occurred() ? NO_MEMORY : how;
}

/* draw(polygons, vertices, keys, signs, first, end, runs, owners, left, snap, usual)
   -> (empty, crowded, beside, cuts, passing) or None */
static PyObject *draw(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    Runs runs;
    Edges edges;
    Wanted *wanted;
    PyObject *found = NULL;
    int32_t many = 0;
    (void)module;
    if (count != ALL)
        return PyErr_Format(PyExc_TypeError, "the number of arguments is wrong");
    double snap = PyFloat_AsDouble(arguments[SNAP]);
    long usual = PyLong_AsLong(arguments[USUAL]);
    if (PyErr_Occurred() || (wanted = read_wanted(arguments[LEFT], &many)) == NULL)
        return NULL;
    if (take_runs(arguments, &runs) < 0) {
        free(wanted);
        return NULL;
    }
    int how = read_near(arguments, &runs, &edges);
    give_back(&runs);
    if (how == FINE)
        how = draw_edges(&edges, wanted, many, snap, (int32_t)usual, &found);
    free(wanted);
    free(edges.vertices);
    return told(how, found);
}

static PyMethodDef methods[] = {
    {"changed_edges", (PyCFunction)(void (*)(void))changed_edges, METH_FASTCALL, NULL},
    {"draw", (PyCFunction)(void (*)(void))draw, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_watch", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__watch(void)
{
    PyObject *made = PyModule_Create(&definition);
    if (made != NULL && PyModule_AddIntConstant(made, "CALLS", CALLS) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    return made;
}
