/* The compiled part of the chain of edges as a Python module: the same answers as edges.py, from the same arrays. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "match.h"

/* The same as in compiled.py: which calls a module understands. */
enum { CALLS = 1 };

/* Take the buffers of a call, `inputs` of them to read and the others to write. */
static int take(PyObject *const *arguments, Py_ssize_t count, int wanted, int inputs, Py_buffer *views)
{
    int held = 0;
    if (count != wanted) {
        PyErr_SetString(PyExc_TypeError, "the number of arrays is wrong");
        return -1;
    }
    for (; held < wanted; held++)
        if (PyObject_GetBuffer(arguments[held], views + held, held < inputs ? PyBUF_SIMPLE : PyBUF_WRITABLE) < 0)
            break;
    if (held == wanted)
        return 0;
    while (held > 0)
        PyBuffer_Release(views + --held);
    return -1;
}

static void give_back(Py_buffer *views, int held)
{
    while (held > 0)
        PyBuffer_Release(views + --held);
}

/* Whether the offsets of rings ascend within the vertices: what all loops below rest on. */
static int are_rings(const Py_buffer *vertices, const Py_buffer *offsets)
{
    const int64_t *starts = offsets->buf;
    Py_ssize_t rings = offsets->len / (Py_ssize_t)sizeof *starts - 1;
    Py_ssize_t count = vertices->len / (Py_ssize_t)sizeof(Vertex);
    if (rings < 0 || starts[0] != 0 || starts[rings] != count || count >= INT32_MAX)
        return 0;
    for (Py_ssize_t ring = 0; ring < rings; ring++)
        if (starts[ring + 1] <= starts[ring])
            return 0;
    return 1;
}

static int fits(const Py_buffer *view, Py_ssize_t count, size_t size)
{
    return view->len == count * (Py_ssize_t)size;
}

/* ring_edges(vertices, offsets, is_shell, salt, keys, signs, turns) */
static PyObject *ring_edges(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    enum { VERTICES, OFFSETS, SHELLS, SALT, KEYS, SIGNS, TURNS, ALL };
    Py_buffer views[ALL];
    (void)module;
    if (take(arguments, count, ALL, KEYS, views) < 0)
        return NULL;
    Py_ssize_t vertices = views[VERTICES].len / (Py_ssize_t)sizeof(Vertex);
    Py_ssize_t rings = views[OFFSETS].len / (Py_ssize_t)sizeof(int64_t) - 1;
    int good = are_rings(views, views + OFFSETS) && fits(views + SHELLS, rings, 1)
               && fits(views + SALT, 1, sizeof(uint64_t)) && fits(views + KEYS, vertices, sizeof(uint64_t))
               && fits(views + SIGNS, vertices, 1) && fits(views + TURNS, rings, 1);
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        const int64_t *offsets = views[OFFSETS].buf;
        const uint8_t *shells = views[SHELLS].buf;
        uint64_t salt = *(const uint64_t *)views[SALT].buf;
        for (Py_ssize_t i = 0; i < rings; i++) {
            const Vertex *ring = (const Vertex *)views[VERTICES].buf + offsets[i];
            int64_t edges = offsets[i + 1] - offsets[i] - 1;
            int8_t *signs = (int8_t *)views[SIGNS].buf + offsets[i];
            int turn = turn_of(ring, edges);
            edges_of_ring(ring, edges, salt, (uint64_t *)views[KEYS].buf + offsets[i], signs);
            if (turn == (shells[i] ? -1 : 1))
                for (int64_t j = 0; j < edges; j++)
                    signs[j] = (int8_t)-signs[j];
            ((int8_t *)views[TURNS].buf)[i] = (int8_t)turn;
        }
        Py_END_ALLOW_THREADS
    }
    give_back(views, ALL);
    if (!good)
        return PyErr_Format(PyExc_ValueError, "the arrays of the rings do not fit each other");
    Py_RETURN_NONE;
}

/* residual(vertices, keys, signs, edges, nets) -> how many */
static PyObject *residual(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    enum { VERTICES, KEYS, SIGNS, EDGES, NETS, ALL };
    Py_buffer views[ALL];
    int64_t found = -1;
    (void)module;
    if (take(arguments, count, ALL, EDGES, views) < 0)
        return NULL;
    Py_ssize_t vertices = views[VERTICES].len / (Py_ssize_t)sizeof(Vertex);
    int good = vertices < INT32_MAX && fits(views + KEYS, vertices, sizeof(uint64_t))
               && fits(views + SIGNS, vertices, 1) && fits(views + EDGES, vertices, sizeof(int32_t))
               && fits(views + NETS, vertices, sizeof(int32_t));
    good = good && (vertices == 0 || ((const int8_t *)views[SIGNS].buf)[vertices - 1] == 0);
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        found = find_residual(views[VERTICES].buf, views[KEYS].buf, views[SIGNS].buf, vertices, views[EDGES].buf,
                              views[NETS].buf);
        Py_END_ALLOW_THREADS
    }
    give_back(views, ALL);
    if (!good)
        return PyErr_Format(PyExc_ValueError, "the arrays of the edges do not fit each other");
    return found < 0 ? PyErr_NoMemory() : PyLong_FromLongLong(found);
}

/* surely_simple(vertices, offsets, answers) */
static PyObject *surely_simple(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    enum { VERTICES, OFFSETS, ANSWERS, ALL };
    Py_buffer views[ALL];
    Run *runs = NULL;
    (void)module;
    if (take(arguments, count, ALL, ANSWERS, views) < 0)
        return NULL;
    Py_ssize_t rings = views[OFFSETS].len / (Py_ssize_t)sizeof(int64_t) - 1;
    int good = are_rings(views, views + OFFSETS) && fits(views + ANSWERS, rings, 1);
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        const int64_t *offsets = views[OFFSETS].buf;
        int64_t largest = 0;
        for (Py_ssize_t i = 0; i < rings; i++)
            largest = offsets[i + 1] - offsets[i] > largest ? offsets[i + 1] - offsets[i] : largest;
        runs = malloc(((size_t)largest + 1) * sizeof *runs);
        for (Py_ssize_t i = 0; runs != NULL && i < rings; i++)
            ((uint8_t *)views[ANSWERS].buf)[i]
                = (uint8_t)is_surely_simple((const Vertex *)views[VERTICES].buf + offsets[i],
                                            (int32_t)(offsets[i + 1] - offsets[i] - 1), runs);
        Py_END_ALLOW_THREADS
    }
    give_back(views, ALL);
    if (!good)
        return PyErr_Format(PyExc_ValueError, "the arrays of the rings do not fit each other");
    if (runs == NULL)
        return PyErr_NoMemory();
    free(runs);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"ring_edges", (PyCFunction)(void (*)(void))ring_edges, METH_FASTCALL, NULL},
    {"residual", (PyCFunction)(void (*)(void))residual, METH_FASTCALL, NULL},
    {"surely_simple", (PyCFunction)(void (*)(void))surely_simple, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_chain", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__chain(void)
{
    PyObject *made = PyModule_Create(&definition);
    if (made != NULL && PyModule_AddIntConstant(made, "CALLS", CALLS) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    return made;
}
