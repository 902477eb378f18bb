/* Runs the instructions of tape.py for a block of particles. */
#include "core.h"

#if defined(__linux__)
#include <features.h>
#endif

/* The vector versions of glibc (2.22 and later); its own header declares them under -ffast-math
 * only, which would lose NaN. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((simd("notinbranch"))) double exp(double);
__attribute__((simd("notinbranch"))) double log(double);
__attribute__((simd("notinbranch"))) double pow(double, double);
#endif
#include <math.h>

#define ROW(operand, r) \
    ((operand).p + ((operand).moves ? first : 0) + \
     ((operand).rows ? (operand).rows[r] : (r)) * (operand).stride)

#define UNARY(code_, expression) UNARY_LANES(code_, expression, count)
#define UNARY_LANES(code_, expression, count) \
    case code_: \
        for (integer r = 0; r < rows; r++) { \
            const double *a = ROW(op->a, r); \
            double *restrict out = ROW(op->out, r); \
            if (op->a.each) \
                for (integer p = 0; p < count; p++) { const double x = a[p]; out[p] = expression; } \
            else { \
                const double x = a[0]; \
                const double value = expression; \
                for (integer p = 0; p < count; p++) out[p] = value; \
            } \
        } \
        break;

#define BINARY(code_, expression) BINARY_LANES(code_, expression, count)
#define BINARY_LANES(code_, expression, count) \
    case code_: \
        for (integer r = 0; r < rows; r++) { \
            const double *a = ROW(op->a, r), *b = ROW(op->b, r); \
            double *restrict out = ROW(op->out, r); \
            if (op->a.each && op->b.each) \
                for (integer p = 0; p < count; p++) { \
                    const double x = a[p], y = b[p]; out[p] = expression; \
                } \
            else if (op->a.each) { \
                const double y = b[0]; \
                for (integer p = 0; p < count; p++) { const double x = a[p]; out[p] = expression; } \
            } else if (op->b.each) { \
                const double x = a[0]; \
                for (integer p = 0; p < count; p++) { const double y = b[p]; out[p] = expression; } \
            } else { \
                const double x = a[0], y = b[0]; \
                const double value = expression; \
                for (integer p = 0; p < count; p++) out[p] = value; \
            } \
        } \
        break;

/* Vector versions of these differ from the scalar ones by rounding.  Equal particles must stay equal,
 * so the last few of a block are computed in whole vectors as well: operands and results are rows of
 * the work (operations.py), which has room for them. */
#define IN_VECTORS(kind, code_, expression) kind##_LANES(code_, expression, lanes)

static double sign(double x) { return x > 0 ? 1.0 : (x < 0 ? -1.0 : x); }

/* as NumPy's: a NaN wins */
static double least(double x, double y) { return (x < y || x != x) ? x : y; }
static double most(double x, double y) { return (x > y || x != x) ? x : y; }

/* The numbers of the operations are the order of the tables in tape.py; unary ones from 20 on. */
#define OPERATIONS \
            BINARY(0, x + y)                \
            BINARY(1, x - y)                \
            BINARY(2, x * y)                \
            BINARY(3, x / y)                \
            IN_VECTORS(BINARY, 4, pow(x, y)) \
            IN_VECTORS(BINARY, 5, pow(x, y)) \
            BINARY(6, (double)(x < y))      \
            BINARY(7, (double)(x <= y))     \
            BINARY(8, (double)(x == y))     \
            BINARY(9, (double)(x != y))     \
            BINARY(10, least(x, y))         \
            BINARY(11, most(x, y))          \
            BINARY(12, atan2(x, y))         \
            BINARY(13, copysign(x, y))      \
            BINARY(14, (x != 0 ? y : 0.0))  \
            UNARY(20, x)                    \
            UNARY(21, -x)                   \
            IN_VECTORS(UNARY, 22, exp(x))   \
            IN_VECTORS(UNARY, 23, log(x))   \
            UNARY(24, sqrt(x))              \
            UNARY(25, x * x)                \
            UNARY(26, 1.0 / x)              \
            UNARY(27, sin(x))               \
            UNARY(28, cos(x))               \
            UNARY(29, tan(x))               \
            UNARY(30, sinh(x))              \
            UNARY(31, cosh(x))              \
            UNARY(32, tanh(x))              \
            UNARY(33, asin(x))              \
            UNARY(34, acos(x))              \
            UNARY(35, atan(x))              \
            UNARY(36, asinh(x))             \
            UNARY(37, acosh(x))             \
            UNARY(38, atanh(x))             \
            UNARY(39, fabs(x))              \
            UNARY(40, sign(x))              \
            UNARY(41, floor(x))             \
            UNARY(42, ceil(x))              \
            UNARY(43, (double)(x == 0))     \
            UNARY(44, log1p(x))             \
            UNARY(45, expm1(x))             \
            UNARY(46, erf(x))

EACH_MACHINE void tape_run(const Tape *tape, integer first, integer count) {
    const integer lanes = (count + 7) / 8 * 8;
    for (integer k = 0; k < tape->count; k++) {
        const Operation *op = tape->operations + k;
        const integer rows = op->rows;
        switch (op->code) { OPERATIONS }
    }
}

#undef UNARY
#undef BINARY
#undef IN_VECTORS
#define IN_VECTORS(kind, code_, expression) kind(code_, expression)

/* One particle, or a circuit: what is many are the rows. */
#define PLACE(operand, r) \
    ((operand).p[((operand).rows ? (operand).rows[r] : (r)) * (operand).stride])
#define EVEN(operand) (!(operand).rows && (operand).stride == 1)
#define SAME(operand) (!(operand).rows && (operand).stride == 0)

#define UNARY(code_, expression) \
    case code_: \
        if (EVEN(op->a) && EVEN(op->out)) { \
            const double *a = op->a.p; \
            double *restrict out = op->out.p; \
            for (integer r = 0; r < rows; r++) { const double x = a[r]; out[r] = expression; } \
        } else \
            for (integer r = 0; r < rows; r++) { \
                const double x = PLACE(op->a, r); PLACE(op->out, r) = expression; \
            } \
        break;

#define BINARY(code_, expression) \
    case code_: \
        if (EVEN(op->out) && EVEN(op->a) && EVEN(op->b)) { \
            const double *a = op->a.p, *b = op->b.p; \
            double *restrict out = op->out.p; \
            for (integer r = 0; r < rows; r++) { \
                const double x = a[r], y = b[r]; out[r] = expression; \
            } \
        } else if (EVEN(op->out) && EVEN(op->a) && SAME(op->b)) { \
            const double *a = op->a.p, y = op->b.p[0]; \
            double *restrict out = op->out.p; \
            for (integer r = 0; r < rows; r++) { const double x = a[r]; out[r] = expression; } \
        } else if (EVEN(op->out) && SAME(op->a) && EVEN(op->b)) { \
            const double *b = op->b.p, x = op->a.p[0]; \
            double *restrict out = op->out.p; \
            for (integer r = 0; r < rows; r++) { const double y = b[r]; out[r] = expression; } \
        } else \
            for (integer r = 0; r < rows; r++) { \
                const double x = PLACE(op->a, r), y = PLACE(op->b, r); \
                PLACE(op->out, r) = expression; \
            } \
        break;

EXPORT EACH_MACHINE void tape_single(void *given) {
    const Tape *tape = given;
    for (integer k = 0; k < tape->count; k++) {
        const Operation *op = tape->operations + k;
        const integer rows = op->rows;
        switch (op->code) { OPERATIONS }
    }
}
