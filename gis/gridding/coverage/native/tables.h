/* The tables of a coverage index, laid out as `layout.py` says, and what all look-ups need. */

#ifndef TABLES_H
#define TABLES_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LAYOUT = 2 }; /* as in layout.py, or the kernel is refused */
enum { NONE = -1, OPEN = -2 };
enum { OUTSIDE = 0, INSIDE = 1, ON = 2, UNKNOWN = 3 };
enum { PARITY = 1, LAST = 2, COVERS = 4, OTHERWISE = 8, ASK = 16, CLEAN = 32, RUNS_SHIFT = 8 };
enum { KIND_BITS = 3, WIDE = 5, WIDER = 2, UNIT = 32, WORD = 4, BEHIND = 8 };
enum { FINEST = 4, SIDE = 1 << FINEST };
enum { BLOCK = 512, GROUP = 8 * BLOCK };
enum { SQUARE_BITS = 3, MOST_LEVELS = 12 };

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

/* Squares of one size: which of them hold a divided cell, row by row. */
typedef struct {
    int32_t columns, rows;
    const uint8_t *held;
} Level;

typedef struct {
    double west, south, x_scale, y_scale;
    int32_t columns, rows, outside;
    const int32_t *cells, *words;
    const uint8_t *blocks;
    const double *vertices;
    Level levels[MOST_LEVELS]; /* the first one, of the cells, is not used; the last one has one square */
    int top;
} Tables;

#endif
