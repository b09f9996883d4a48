/* The compiled look-up: the same answers as lookup.py, from the same tables.

   Points are taken in blocks. Each pass over a block asks memory for what the next pass will read, so
   that waiting for one point is shared by hundreds. Compile without contraction of a * b + c and without
   reordering of floating-point operations: the error bounds below rest on plain IEEE arithmetic. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1, OPEN = -2 };
enum { OUTSIDE = 0, INSIDE = 1, ON = 2, UNKNOWN = 3 };
enum { PARITY = 1, LAST = 2, COVERS = 4, OTHERWISE = 8, ASK = 16, CLEAN = 32, RUNS_SHIFT = 8 };
enum { KIND_BITS = 3, WIDE = 5, WIDER = 2, UNIT = 32, WORD = 4 };
enum { FINEST = 4, SIDE = 1 << FINEST };
enum { BLOCK = 512, GROUP = 8 * BLOCK };

static const double SAFE_ERROR = 1e-15, SMALLEST_SUM = 1e-250;
static const double SMALLEST = 1e-140, LARGEST = 1e140;

#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch(address)
#define INLINE static inline __attribute__((always_inline))
#else
#define FETCH(address) ((void)(address))
#define INLINE static inline
#endif

/* Where the compiler can, the passes over plain arithmetic are compiled twice and chosen by the processor. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
#define VECTOR __attribute__((target_clones("avx2", "default")))
#else
#define VECTOR
#endif

typedef struct {
    double west, south, x_scale, y_scale;
    int32_t columns, rows, outside;
    const int32_t *cells, *words;
    const uint8_t *blocks;
    const double *vertices;
} Tables;

/* --- one point against one entry ------------------------------------------------------------------ */

/* a * b as a rounded product and what the rounding lost (Veltkamp, Dekker). */
INLINE double product(double a, double b, double *rest)
{
    const double splitter = 134217729.0;
    double wide = splitter * a, a_high = wide - (wide - a), a_low = a - a_high;
    double b_wide = splitter * b, b_high = b_wide - (b_wide - b), b_low = b - b_high;
    double rounded = a * b;
    *rest = ((a_high * b_high - rounded) + a_high * b_low + a_low * b_high) + a_low * b_low;
    return rounded;
}

/* Whether difference == a - b without loss, and may be multiplied without loss. */
INLINE int is_exact(double a, double b, double difference)
{
    double back = difference - a;
    double lost = (a - (difference - back)) - (b + back);
    double size = fabs(difference);
    return lost == 0 && (size == 0 || (size > SMALLEST && size < LARGEST));
}

/* Whether the difference of two products, whose sizes add up to `size`, has the sign it seems to have. */
INLINE int is_certain(double difference, double size)
{
    return (fabs(difference) > SAFE_ERROR * size) & (size > SMALLEST_SUM);
}

/* The exact sign of one x other seen from the point, or UNKNOWN. */
static int exact_sign(const double *one, const double *other, double x, double y)
{
    double x1 = one[0] - x, y1 = one[1] - y, x2 = other[0] - x, y2 = other[1] - y;
    if (!(is_exact(one[0], x, x1) && is_exact(one[1], y, y1) && is_exact(other[0], x, x2) &&
          is_exact(other[1], y, y2)))
        return UNKNOWN;
    double left_rest, right_rest;
    double left = product(x1, y2, &left_rest), right = product(x2, y1, &right_rest);
    if (left != right)
        return left < right ? -1 : 1;
    return (left_rest > right_rest) - (left_rest < right_rest);
}

/* The same as `test_entry`, edge by edge with every case in its place. */
static int test_carefully(const Tables *tables, const int32_t *entry, double x, double y)
{
    int parity = entry[1] & PARITY;
    const int32_t *run = entry + 2, *end = run + 2 * (entry[1] >> RUNS_SHIFT);
    for (; run < end; run += 2) {
        const double *vertex = tables->vertices + 2 * (size_t)run[0];
        const double *last = vertex + 2 * (size_t)run[1];
        for (; vertex < last; vertex += 2) {
            double x1 = vertex[0] - x, y1 = vertex[1] - y, x2 = vertex[2] - x, y2 = vertex[3] - y;
            if ((y1 > 0) != (y2 > 0)) {
                double left = x1 * y2, right = x2 * y1, size = fabs(left) + fabs(right);
                int sign = left < right ? -1 : 1;
                if (!is_certain(left - right, size))
                    sign = exact_sign(vertex, vertex + 2, x, y);
                if (sign == UNKNOWN || sign == 0)
                    return sign == 0 ? ON : UNKNOWN;
                parity ^= (sign < 0) != (y1 > 0);
            } else if ((x1 == 0 && y1 == 0) || (x2 == 0 && y2 == 0)) {
                return ON;
            } else if (y1 == 0 && y2 == 0 && (x1 > 0) != (x2 > 0)) {
                return ON;
            }
        }
    }
    return parity;
}

/* Take one edge into account: whether it is crossed west of the point, and whether that is not certain. */
INLINE void take_edge(const double *vertex, double x, double y, int counts, int *parity, int *unsure)
{
    double x1 = vertex[0] - x, y1 = vertex[1] - y, x2 = vertex[2] - x, y2 = vertex[3] - y;
    double left = x1 * y2, right = x2 * y1, turn = left - right;
    int straddles = (y1 > 0) ^ (y2 > 0), touches = (y1 == 0) | (y2 == 0);
    int certain = is_certain(turn, fabs(left) + fabs(right));
    *parity ^= counts & straddles & ((turn < 0) ^ (y1 > 0));
    *unsure |= (straddles & (certain ^ 1)) | ((straddles ^ 1) & touches);
}

/* Where a point lies against an entry: OUTSIDE, INSIDE, ON its outline, or UNKNOWN.

   Little here branches on where the point is: what is not certain is only noted, and looked at again. */
INLINE int test_entry(const Tables *tables, const int32_t *entry, double x, double y)
{
    int32_t head = entry[1];
    if (head & (COVERS | ASK))
        return head & COVERS ? INSIDE : UNKNOWN;
    int parity = head & PARITY, unsure = 0;
    const int32_t *run = entry + 2, *end = run + 2 * (head >> RUNS_SHIFT);
    for (; run < end; run += 2) {
        const double *vertex = tables->vertices + 2 * (size_t)run[0];
        const double *last = vertex + 2 * (size_t)run[1];
        for (; vertex < last; vertex += 2)
            take_edge(vertex, x, y, 1, &parity, &unsure);
    }
    return unsure ? test_carefully(tables, entry, x, y) : parity;
}

/* Whether a record parts two polygons by one run of edges, as most do. */
INLINE int is_simple(const int32_t *entry)
{
    const int32_t all = CLEAN | COVERS | ASK | LAST | OTHERWISE | ~((1 << RUNS_SHIFT) - 1);
    return ((entry[1] & all) == (CLEAN | 1 << RUNS_SHIFT)) & ((entry[4 + 1] & OTHERWISE) != 0);
}

/* Which of the two polygons of a simple record has the point: most runs are of one or two edges. */
INLINE int32_t first_of_simple(const Tables *tables, const int32_t *entry, double x, double y,
                               uint8_t *on_outline)
{
    const double *vertex = tables->vertices + 2 * (size_t)entry[2];
    int32_t edges = entry[3];
    int sign = entry[1] & PARITY, unsure = 0;
    take_edge(vertex, x, y, 1, &sign, &unsure);
    take_edge(vertex + 2 * (edges > 1), x, y, edges > 1, &sign, &unsure);
    for (int32_t i = 2; i < edges; i++)
        take_edge(vertex + 2 * i, x, y, 1, &sign, &unsure);
    if (unsure) {
        sign = test_carefully(tables, entry, x, y);
        *on_outline = sign == ON;
        if (sign == UNKNOWN)
            return OPEN;
    }
    return sign ? entry[0] : entry[4];
}

/* The first polygon of a record that the point meets; goes on to the end where another outline may pass. */
INLINE int32_t first_of(const Tables *tables, const int32_t *entry, double x, double y, uint8_t *on_outline)
{
    int32_t found = NONE;
    *on_outline = 0;
    for (;;) {
        int32_t head = entry[1];
        if (head & OTHERWISE && found == NONE)
            return entry[0];
        int sign = test_entry(tables, entry, x, y);
        if (sign == UNKNOWN)
            return OPEN;
        if (sign != OUTSIDE) {
            if (found == NONE)
                found = entry[0];
            *on_outline |= sign == ON;
            if (head & CLEAN)
                return found;
        }
        if (head & LAST)
            return found;
        entry += 2 + 2 * (head >> RUNS_SHIFT);
    }
}

/* --- many points ---------------------------------------------------------------------------------- */

/* The cell of each point, and its fine cell in that as row << FINEST | column. */
VECTOR static void place_points(const Tables *tables, const double *x, const double *y, int count,
                              int32_t *cell, int32_t *fine)
{
    const double west = tables->west, south = tables->south;
    const double x_scale = tables->x_scale, y_scale = tables->y_scale;
    const double columns = tables->columns, rows = tables->rows;
    const int32_t width = tables->columns, outside = tables->outside;
    for (int i = 0; i < count; i++) {
        double u = (x[i] - west) * x_scale, v = (y[i] - south) * y_scale;
        int in = (u >= 0) & (u < columns) & (v >= 0) & (v < rows); /* false for NaN */
        int32_t column = (int32_t)(in ? u * SIDE : 0), row = (int32_t)(in ? v * SIDE : 0);
        int32_t whole = (row >> FINEST) * width + (column >> FINEST);
        cell[i] = in ? whole : outside;
        fine[i] = (row & (SIDE - 1)) << FINEST | (column & (SIDE - 1));
    }
}

/* A block: its codes, two in a byte if it is narrow, and the palette of the values they stand for. */
typedef struct {
    const uint8_t *codes;
    const int32_t *palette;
    int level, narrow;
} Block;

INLINE Block block_of(const Tables *tables, int32_t value)
{
    uint32_t reference = (uint32_t)(-2 - value), kind = reference & ((1 << KIND_BITS) - 1);
    int narrow = kind < WIDE, level = (int)kind - (narrow ? 0 : WIDER);
    const uint8_t *codes = tables->blocks + (size_t)(reference >> KIND_BITS) * UNIT;
    size_t size = ((size_t)1 << (2 * level)) >> narrow;
    return (Block){codes, (const int32_t *)(const void *)(codes + (size < WORD ? WORD : size)), level, narrow};
}

/* The number of a fine cell in its block, row by row, from its place in the finest division. */
INLINE uint32_t number_in(const Block *block, int32_t fine)
{
    int shift = FINEST - block->level;
    return (uint32_t)((fine >> (FINEST + shift)) << block->level | (fine & (SIDE - 1)) >> shift);
}

/* What stands in the fine cell of each point of a block: a position, NONE, or a record as -2 - word.

   Lists the points with a record, counted from `start`, and returns how many there are. */
static int values_of_block(const Tables *tables, const double *x, const double *y, int count, int32_t *value,
                           int32_t *records, int start)
{
    int32_t cell[BLOCK], fine[BLOCK], left[BLOCK];
    const uint8_t *byte[BLOCK];
    const int32_t *palette[BLOCK];
    uint8_t mask[BLOCK], shift[BLOCK];
    int divided = 0;
    place_points(tables, x, y, count, cell, fine);
    for (int i = 0; i < count; i++)
        FETCH(tables->cells + cell[i]);
    for (int i = 0; i < count; i++) {
        value[i] = tables->cells[cell[i]];
        left[divided] = i;
        divided += value[i] < NONE;
    }
    for (int i = 0; i < divided; i++) {
        Block block = block_of(tables, value[left[i]]);
        uint32_t number = number_in(&block, fine[left[i]]);
        byte[i] = block.codes + (number >> block.narrow);
        shift[i] = (uint8_t)((number & (uint32_t)block.narrow) << 2);
        mask[i] = (uint8_t)(0xFF >> (block.narrow << 2));
        palette[i] = block.palette;
        FETCH(byte[i]);
        FETCH(palette[i]);
    }
    int found = 0;
    for (int i = 0; i < divided; i++) {
        int32_t here = palette[i][*byte[i] >> shift[i] & mask[i]];
        value[left[i]] = here;
        records[found] = start + left[i];
        found += here < NONE;
    }
    return found;
}

static Py_ssize_t first_of_many(const Tables *tables, const double *x, const double *y, Py_ssize_t count,
                                int32_t *position, uint8_t *on_outline)
{
    Py_ssize_t open = 0;
    for (Py_ssize_t start = 0; start < count; start += GROUP) {
        int here = count - start < GROUP ? (int)(count - start) : GROUP;
        const double *px = x + start, *py = y + start;
        int32_t *answer = position + start;
        uint8_t *outline = on_outline + start;
        int32_t left[GROUP];
        int records = 0;
        for (int i = 0; i < here; i += BLOCK)
            records += values_of_block(tables, px + i, py + i, here - i < BLOCK ? here - i : BLOCK, answer + i,
                                       left + records, i);
        memset(outline, 0, (size_t)here);
        for (int i = 0; i < records; i++) {
            const int32_t *record = tables->words + (-2 - (int64_t)answer[left[i]]);
            FETCH(record);
            FETCH(record + 5);
        }
        for (int i = 0; i < records; i++) {
            const double *vertex = tables->vertices + 2 * (size_t)tables->words[-(int64_t)answer[left[i]]];
            FETCH(vertex);
            FETCH(vertex + 5);
        }
        for (int i = 0; i < records; i++) {
            int k = left[i];
            const int32_t *record = tables->words + (-2 - (int64_t)answer[k]);
            answer[k] = is_simple(record) ? first_of_simple(tables, record, px[k], py[k], outline + k)
                                          : first_of(tables, record, px[k], py[k], outline + k);
            open += answer[k] == OPEN;
        }
    }
    return open;
}

/* --- outlines near a point ------------------------------------------------------------------------ */

/* A polygon near a point: the nearest place of its outline, and how far that is. */
typedef struct {
    double x, y, distance_m;
} Foot;

typedef struct {
    const Tables *tables;
    double x, y, x_m, y_m, radius_m; /* metres a unit of x and y at the point */
    int32_t *polygons;
    Foot *feet;
    Py_ssize_t room, count;
    int only_whether; /* end with the first that is found */
} Search;

static int make_room(Search *search)
{
    Py_ssize_t room = 2 * search->room + 16;
    int32_t *polygons = realloc(search->polygons, (size_t)room * sizeof *polygons);
    Foot *feet = realloc(search->feet, (size_t)room * sizeof *feet);
    search->polygons = polygons ? polygons : search->polygons;
    search->feet = feet ? feet : search->feet;
    if (polygons && feet)
        search->room = room;
    return polygons && feet;
}

/* Keep the nearest place of one edge if it is within the radius; return whether to go on. */
static int take_foot(Search *search, int32_t polygon, const double *vertex)
{
    double x1 = (vertex[0] - search->x) * search->x_m, y1 = (vertex[1] - search->y) * search->y_m;
    double dx = (vertex[2] - vertex[0]) * search->x_m, dy = (vertex[3] - vertex[1]) * search->y_m;
    double length = dx * dx + dy * dy, share = length > 0 ? -(x1 * dx + y1 * dy) / length : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    double x = x1 + share * dx, y = y1 + share * dy, distance_m = sqrt(x * x + y * y);
    Py_ssize_t place = 0;
    if (!(distance_m <= search->radius_m))
        return 1;
    while (place < search->count && search->polygons[place] != polygon)
        place++;
    if (place == search->count) {
        search->count++;
        if (search->only_whether || (place == search->room && !make_room(search)))
            return 0;
        search->polygons[place] = polygon;
        search->feet[place].distance_m = INFINITY;
    }
    if (distance_m < search->feet[place].distance_m)
        search->feet[place] = (Foot){search->x + x / search->x_m, search->y + y / search->y_m, distance_m};
    return 1;
}

/* Whether an entry is the other side of the edges of the one before. */
INLINE int has_shared_edges(const int32_t *entry)
{
    return (entry[1] & OTHERWISE) && entry[1] >> RUNS_SHIFT == 0;
}

static int search_record(Search *search, const int32_t *entry)
{
    const int32_t *before = entry;
    for (;; before = entry, entry += 2 + 2 * (entry[1] >> RUNS_SHIFT)) {
        const int32_t *with = has_shared_edges(entry) ? before : entry;
        const int32_t *run = with + 2, *end = run + 2 * (with[1] >> RUNS_SHIFT);
        for (; run < end; run += 2)
            for (int32_t i = 0; i < run[1]; i++)
                if (!take_foot(search, entry[0], search->tables->vertices + 2 * ((size_t)run[0] + (size_t)i)))
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

INLINE int32_t clipped(double place, int32_t count)
{
    return place >= count ? count - 1 : place > 0 ? (int32_t)place : 0; /* NaN, of no raster at all, is 0 */
}

/* Search all cells within the radius; return whether that came to its end. */
static int search_around(Search *search)
{
    const Tables *tables = search->tables;
    double dx = search->radius_m / search->x_m, dy = search->radius_m / search->y_m;
    int32_t first_column = clipped((search->x - dx - tables->west) * tables->x_scale, tables->columns);
    int32_t last_column = clipped((search->x + dx - tables->west) * tables->x_scale, tables->columns);
    int32_t first_row = clipped((search->y - dy - tables->south) * tables->y_scale, tables->rows);
    int32_t last_row = clipped((search->y + dy - tables->south) * tables->y_scale, tables->rows);
    for (int32_t row = first_row; row <= last_row; row++)
        for (int32_t column = first_column; column <= last_column; column++) {
            int32_t value = tables->cells[(size_t)row * (size_t)tables->columns + (size_t)column];
            if (value < NONE && !search_cell(search, value))
                return 0;
        }
    return 1;
}

/* How far a point is from the raster, in metres. */
static double away_m(const Search *search)
{
    const Tables *tables = search->tables;
    double u = (search->x - tables->west) * tables->x_scale, v = (search->y - tables->south) * tables->y_scale;
    double dx = u < 0 ? -u : u > tables->columns ? u - tables->columns : 0;
    double dy = v < 0 ? -v : v > tables->rows ? v - tables->rows : 0;
    return hypot(dx / tables->x_scale * search->x_m, dy / tables->y_scale * search->y_m);
}

/* Search farther and farther until something is found, or nothing is within `most_m`. */
static int search_nearest(Search *search, double most_m)
{
    double away = away_m(search), step = 2 * search->x_m / search->tables->x_scale;
    int complete = 1;
    for (search->radius_m = 0; complete && search->count == 0 && search->radius_m < most_m; step *= 2) {
        search->radius_m = away + step < most_m ? away + step : most_m;
        complete = search_around(search);
    }
    return complete;
}

/* --- Python --------------------------------------------------------------------------------------- */

enum { CELLS, BLOCKS, WORDS, VERTICES, BUFFERS };

typedef struct {
    PyObject_HEAD
    Tables tables;
    Py_buffer buffers[BUFFERS];
    int held;
} Kernel;

static int kernel_init(PyObject *object, PyObject *arguments, PyObject *keywords)
{
    Kernel *self = (Kernel *)object;
    PyObject *sources[BUFFERS];
    Tables *tables = &self->tables;
    (void)keywords;
    if (self->held || !PyArg_ParseTuple(arguments, "(ddddii)OOOO", &tables->west, &tables->south,
                                        &tables->x_scale, &tables->y_scale, &tables->columns,
                                        &tables->rows, sources, sources + 1, sources + 2, sources + 3))
        return -1;
    for (; self->held < BUFFERS; self->held++)
        if (PyObject_GetBuffer(sources[self->held], self->buffers + self->held, PyBUF_SIMPLE) < 0)
            return -1;
    tables->outside = tables->columns * tables->rows;
    if (self->buffers[CELLS].len != ((Py_ssize_t)tables->outside + 1) * (Py_ssize_t)sizeof(int32_t)) {
        PyErr_SetString(PyExc_ValueError, "the cells do not fit the frame");
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
    int sign = OUTSIDE;
    for (const int32_t *entry = tables->words + (-2 - (int64_t)value); met != NULL;
         entry += 2 + 2 * (entry[1] >> RUNS_SHIFT)) {
        if (has_shared_edges(entry))
            sign = sign == ON ? ON : sign == OUTSIDE ? INSIDE : OUTSIDE;
        else
            sign = test_entry(tables, entry, x, y);
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
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < views[ANSWER].len; i++) {
        Search search = {.tables = &((Kernel *)object)->tables};
        search.x = ((double *)views[X].buf)[i];
        search.y = ((double *)views[Y].buf)[i];
        search.x_m = ((double *)views[X_M].buf)[i];
        search.y_m = ((double *)views[Y_M].buf)[i];
        search.radius_m = ((double *)views[RADIUS].buf)[i];
        search.only_whether = 1;
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
    for (Py_ssize_t i = 0; found != NULL && i < search->count; i++) {
        Foot foot = search->feet[i];
        PyObject *one = Py_BuildValue("(iddd)", (int)search->polygons[i], foot.x, foot.y, foot.distance_m);
        if (one == NULL || PyList_Append(found, one) < 0)
            Py_CLEAR(found);
        Py_XDECREF(one);
    }
    free(search->polygons);
    free(search->feet);
    return found;
}

static PyObject *kernel_near(PyObject *object, PyObject *arguments)
{
    Search search = {.tables = &((Kernel *)object)->tables};
    if (!PyArg_ParseTuple(arguments, "ddddd", &search.x, &search.y, &search.x_m, &search.y_m, &search.radius_m))
        return NULL;
    int complete = search_around(&search);
    return found_by(&search, complete);
}

static PyObject *kernel_nearest(PyObject *object, PyObject *arguments)
{
    Search search = {.tables = &((Kernel *)object)->tables};
    double most_m;
    if (!PyArg_ParseTuple(arguments, "ddddd", &search.x, &search.y, &search.x_m, &search.y_m, &most_m))
        return NULL;
    int complete = search_nearest(&search, most_m);
    return found_by(&search, complete);
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
     "nearest(x, y, x_m, y_m, most_m): likewise, but only those within a radius that just holds some."},
    {"at", (PyCFunction)(void (*)(void))kernel_at, METH_FASTCALL,
     "at(x, y): what `one` says, and whether the point lies on an outline of that record."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Kernel(frame, cells, blocks, words, vertices): look-ups in the tables of an index."},
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
    if (made == NULL || type == NULL || PyModule_AddObjectRef(made, "Kernel", type) < 0) {
        Py_XDECREF(made);
        Py_XDECREF(type);
        return NULL;
    }
    Py_DECREF(type);
    return made;
}
