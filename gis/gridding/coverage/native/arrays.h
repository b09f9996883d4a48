/* The arrays a Kernel is given: what they hold, how many, and that they lie in one piece. */

#ifndef ARRAYS_H
#define ARRAYS_H

#include <Python.h>

/* What an array holds: the letter of its format, as the struct module has it, and in words. */
typedef struct {
    char letter;
    Py_ssize_t size;
    const char *words;
} Kind;

static const Kind BYTES = {'B', 1, "uint8"}, FLAGS = {'?', 1, "bool"};
static const Kind INTS = {'i', 4, "int32"}, LONGS = {'l', 8, "int64"}, DOUBLES = {'d', 8, "float64"};

/* An array that is wanted. */
typedef struct {
    const char *name;
    const Kind *kind;
    int is_written;
} Wanted;

/* Take the buffer of an array; on error hold nothing. */
static int take_array(PyObject *object, const Wanted *wanted, Py_buffer *view)
{
    const Kind *kind = wanted->kind;
    const char *name = wanted->name;
    if (PyObject_GetBuffer(object, view, PyBUF_STRIDES | PyBUF_FORMAT) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_MemoryError))
            PyErr_Format(PyExc_TypeError, "%s: an array of %s is wanted", name, kind->words);
        return -1;
    }
    if (view->format == NULL || view->format[0] != kind->letter || view->format[1] != 0 || view->itemsize != kind->size)
        PyErr_Format(PyExc_TypeError, "%s: an array of %s is wanted", name, kind->words);
    else if (!PyBuffer_IsContiguous(view, 'C'))
        PyErr_Format(PyExc_ValueError, "%s: the array must lie in one piece, row by row", name);
    else if (wanted->is_written && view->readonly)
        PyErr_Format(PyExc_ValueError, "%s: the array cannot be written", name);
    else if ((uintptr_t)view->buf % (uintptr_t)kind->size)
        PyErr_Format(PyExc_ValueError, "%s: the array does not start where one of its kind may", name);
    else
        return 0;
    PyBuffer_Release(view);
    return -1;
}

static void release_arrays(Py_buffer *views, int count)
{
    while (count > 0)
        PyBuffer_Release(views + --count);
}

/* Take several; on error hold none. */
static int take_arrays(PyObject *const *objects, const Wanted *wanted, int count, Py_buffer *views)
{
    for (int held = 0; held < count; held++)
        if (take_array(objects[held], wanted + held, views + held) < 0) {
            release_arrays(views, held);
            return -1;
        }
    return 0;
}

/* Take arrays of as many numbers each. */
static inline int take_columns(PyObject *const *objects, Py_ssize_t given, const Wanted *wanted, int count,
                               Py_buffer *views)
{
    if (given != count) {
        PyErr_Format(PyExc_TypeError, "%d arrays are wanted, not %zd", count, given);
        return -1;
    }
    if (take_arrays(objects, wanted, count, views) < 0)
        return -1;
    for (int i = 1; i < count; i++)
        if (views[i].len / views[i].itemsize != views[0].len / views[0].itemsize) {
            PyErr_Format(PyExc_ValueError, "%s: as many numbers as in %s are wanted", wanted[i].name, wanted->name);
            release_arrays(views, count);
            return -1;
        }
    return 0;
}

#endif
