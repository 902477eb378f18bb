/* Newton's iteration and the vectors of a step, as iteration.py. */
#include "core.h"
#include <math.h>
#include <string.h>

enum { CONVERGED = 0, SLOW = 1, NOT_FINITE = 2, OUTSIDE = 3 };

#define CHUNK 512 /* numbers of a vector that stay in the cache */
#define ITERATIONS 4
#define TOLERANCE 0.05
#define LEAST_RATE 0.05
#define NOISE 1e-4

static void evaluate_circuit(System *s) {
    for (integer v = 0; v < s->volumes; v++) s->r[v] = 0.0;
    for (integer k = 0; k < s->groups; k++) {
        Group *g = s->group + k;
        group_gather(g, group_mean(g, g->slope, g->spare), s->r);
    }
    s->call(s->value);
    memcpy(s->residual + (s->n - s->unknowns), s->circuit, s->unknowns * sizeof(double));
}

EXPORT void system_evaluate(System *s) {
    evaluate_circuit(s);
    for (integer k = 0; k < s->groups; k++) group_evaluate(s->group + k);
}

/* Factorises the particles and puts the matrix of the circuit together, in `lu`.  False if it is
 * not finite. */
EXPORT EACH_MACHINE int system_assemble(System *s, double alpha, double beta) {
    const integer n = s->unknowns, volumes = s->volumes;
    for (integer j = 0; j < 3 * volumes; j++) s->response[j] = 0.0;
    for (integer k = 0; k < s->groups; k++) {
        Group *g = s->group + k;
        group_factor(g, alpha, beta);
        for (integer d = 0; d < g->seen; d++)
            group_gather(g, g->response + d * g->particles, s->response + g->which[d] * volumes);
    }
    memcpy(s->by_r, s->g_r, n * volumes * sizeof(double));
    for (integer j = 0; j < n; j++) {
        const double kept = s->algebraic[j] ? 1.0 : beta;
        for (integer i = 0; i < n; i++)
            s->lu[j * n + i] = kept * s->g_z[j * n + i] + alpha * s->g_rate[j * n + i];
        for (int d = 0; d < 3; d++)
            for (integer v = 0; v < volumes; v++)
                s->by_z[(d * volumes + v) * n + j] = kept * s->drives[(d * n + j) * volumes + v];
    }
    for (integer v = 0; v < volumes; v++) {
        double *row = s->row;
        for (integer j = 0; j < n; j++) row[j] = 0.0;
        for (int d = 0; d < 3; d++) {
            const double response = s->response[d * volumes + v];
            const double *drive = s->by_z + (d * volumes + v) * n;
            for (integer j = 0; j < n; j++) row[j] += response * drive[j];
        }
        const double *column = s->by_r + v * n;
        for (integer j = 0; j < n; j++) {
            const double factor = row[j];
            double *restrict target = s->lu + j * n;
            if (factor != 0.0) /* a drive depends on few unknowns */
                for (integer i = 0; i < n; i++) target[i] += factor * column[i];
        }
    }
    double sum = 0.0; /* 0 times a number that is not finite is not a number */
    for (integer i = 0; i < n * n; i++) sum += 0.0 * s->lu[i];
    return sum == 0.0;
}

/* Gauss with partial pivoting, for a circuit of few unknowns.  False if singular. */
EXPORT EACH_MACHINE int system_factorise(System *s) {
    const integer n = s->unknowns;
    double *a = s->lu;
    for (integer k = 0; k < n; k++) {
        double *column = a + k * n;
        integer best = k;
        for (integer i = k + 1; i < n; i++)
            if (fabs(column[i]) > fabs(column[best])) best = i;
        s->pivots[k] = (int32_t)best;
        if (column[best] == 0.0) return 0;
        if (best != k)
            for (integer j = 0; j < n; j++) {
                const double kept = a[j * n + k];
                a[j * n + k] = a[j * n + best];
                a[j * n + best] = kept;
            }
        const double inverse = 1.0 / column[k];
        for (integer i = k + 1; i < n; i++) column[i] *= inverse;
        for (integer j = k + 1; j < n; j++) {
            double *restrict other = a + j * n;
            const double factor = other[k];
            if (factor != 0.0)
                for (integer i = k + 1; i < n; i++) other[i] -= factor * column[i];
        }
    }
    return 1;
}

static void substitute_lu(const System *s, double *b) {
    const integer n = s->unknowns;
    for (integer i = 0; i < n; i++) {
        const integer j = s->pivots[i];
        const double kept = b[i];
        b[i] = b[j];
        b[j] = kept;
    }
    for (integer j = 0; j < n; j++) {
        const double *column = s->lu + j * n, value = b[j];
        for (integer i = j + 1; i < n; i++) b[i] -= column[i] * value;
    }
    for (integer j = n - 1; j >= 0; j--) {
        const double *column = s->lu + j * n;
        const double value = b[j] /= column[j];
        for (integer i = 0; i < j; i++) b[i] -= column[i] * value;
    }
}

/* The step of the circuit, and what particles that are eliminated make of it. */
EACH_MACHINE static void solve_circuit(System *s) {
    const integer n = s->unknowns, volumes = s->volumes;
    double *step = s->delta + (s->n - n);
    const double *residual = s->residual + (s->n - n);
    for (integer v = 0; v < volumes; v++) s->rho[v] = 0.0;
    for (integer k = 0; k < s->groups; k++)
        group_gather(s->group + k, s->group[k].spare, s->rho);
    for (integer i = 0; i < n; i++) step[i] = -residual[i];
    for (integer v = 0; v < volumes; v++) {
        const double *column = s->by_r + v * n, rho = s->rho[v];
        for (integer i = 0; i < n; i++) step[i] -= column[i] * rho;
    }
    substitute_lu(s, step);
    for (integer d = 0; d < 3 * volumes; d++) {
        const double *row = s->by_z + d * n;
        double sum = 0.0;
        for (integer i = 0; i < n; i++) sum += row[i] * step[i];
        s->changes[d] = sum;
    }
    for (integer k = 0; k < s->groups; k++) group_substitute(s->group + k, s->changes);
}

EXPORT void system_solve(System *s) {
    for (integer k = 0; k < s->groups; k++) group_eliminate(s->group + k);
    solve_circuit(s);
}

/* system_evaluate and system_solve. */
static void iterate(System *s) {
    evaluate_circuit(s);
    for (integer k = 0; k < s->groups; k++) group_iterate(s->group + k);
    solve_circuit(s);
}

EXPORT EACH_MACHINE int system_inside(const System *s, double low, double high) {
    int inside = 1;
    for (integer k = 0; k < s->groups; k++) {
        const Group *g = s->group + k;
        for (integer j = 0; j < g->fillings; j++) {
            const double *row = g->x + g->filling[j] * g->particles;
            int good = 1;
            for (integer p = 0; p < g->particles; p++) good &= (row[p] > low) & (row[p] < high);
            inside &= good;
        }
    }
    return inside;
}

/* Largest of the weighted root-mean-squares of the blocks; algebraic unknowns of the circuit count
 * by the share `solved`.  NaN wins. */
EXPORT EACH_MACHINE double vectors_norm(const Vectors *w, const double *vector, double solved) {
    double largest = 0.0;
    for (integer k = 0; k < w->blocks; k++) {
        double sum[4] = {0.0, 0.0, 0.0, 0.0};
        integer i = w->bound[k];
        const integer stop = w->bound[k + 1];
        for (; i + 4 <= stop; i += 4)
            for (int j = 0; j < 4; j++) {
                const double part = vector[i + j] * w->scale[i + j];
                sum[j] += part * part;
            }
        for (; i < stop; i++) {
            const double part = vector[i] * w->scale[i];
            sum[0] += part * part;
        }
        double total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        if (k == w->blocks - 1 && solved != 1.0) {
            total = 0.0;
            for (i = w->bound[k]; i < stop; i++) {
                const double share = w->algebraic[i - w->bound[k]] ? solved : 1.0;
                const double part = vector[i] * w->scale[i] * share;
                total += part * part;
            }
        }
        const double size = sqrt(total) * w->root[k];
        if (!(size <= largest)) largest = size;
    }
    return largest;
}

EXPORT EACH_MACHINE void vectors_weigh(const Vectors *w, integer n, const double *y) {
    for (integer i = 0; i < n; i++)
        w->scale[i] = w->counted[i] / (fabs(y[i]) * w->rtol + w->atol);
}

EACH_MACHINE static void move(System *s, double cj) {
    for (integer i = 0; i < s->n; i++) {
        s->y[i] += s->delta[i];
        s->slope[i] += cj * s->delta[i];
    }
}

static int accept(System *s, double cj, double low, double high, integer *evaluations) {
    for (int k = 0; k < ITERATIONS; k++) {
        if (system_inside(s, low, high)) return CONVERGED;
        iterate(s);
        ++*evaluations;
        move(s, cj);
    }
    return system_inside(s, low, high) ? CONVERGED : OUTSIDE;
}

/* `rate`: the rate of convergence that was seen before, or negative; brought up to date. */
static int newton(System *s, const Vectors *w, double cj, double low, double high,
                  integer *evaluations, double *rate) {
    double before = 0.0;
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        iterate(s);
        ++*evaluations;
        const double size = vectors_norm(w, s->delta, 1.0);
        if (!isfinite(size)) return NOT_FINITE;
        move(s, cj);
        if (size <= NOISE) return accept(s, cj, low, high, evaluations);
        double now = -1.0;
        if (iteration == 0) {
            if (*rate >= 0.0) now = fmax(*rate, LEAST_RATE);
        } else {
            if (size > 0.9 * before) break;
            now = fmax(size / before, 0.9 * fmax(*rate, 0.0));
            *rate = now;
        }
        if (now >= 0.0) {
            const double left = size * now / (1.0 - now);
            if (left <= TOLERANCE) return accept(s, cj, low, high, evaluations);
            if (left * pow(now, ITERATIONS - 1 - iteration) > TOLERANCE) break;
        }
        before = size;
    }
    return SLOW;
}

/* Predicts, iterates, leaves the correction; `coefficients` (order + 1) are those of the slope. */
EXPORT EACH_MACHINE int vectors_attempt(System *s, const Vectors *w, integer order,
                                        const double *coefficients, double cj, double low,
                                        double high, integer *evaluations, double *rate) {
    const integer n = s->n;
    for (integer first = 0; first < n; first += CHUNK) {
        const integer last = first + CHUNK < n ? first + CHUNK : n;
        double *restrict predicted = w->predicted, *restrict slope = s->slope;
        for (integer i = first; i < last; i++) {
            predicted[i] = w->differences[i];
            slope[i] = 0.0;
        }
        for (integer k = 1; k <= order; k++) {
            const double *row = w->differences + k * n, factor = coefficients[k] * cj;
            for (integer i = first; i < last; i++) {
                predicted[i] += row[i];
                slope[i] += factor * row[i];
            }
        }
        for (integer i = first; i < last; i++) {
            s->y[i] = predicted[i];
            w->scale[i] = w->counted[i] / (fabs(predicted[i]) * w->rtol + w->atol);
        }
    }
    const int ended = newton(s, w, cj, low, high, evaluations, rate);
    for (integer i = 0; i < n; i++) w->correction[i] = s->y[i] - w->predicted[i];
    return ended;
}

/* Shifts the differences by an accepted step. */
EXPORT EACH_MACHINE void vectors_advance(const Vectors *w, integer n, integer order) {
    double *d = w->differences;
    for (integer first = 0; first < n; first += CHUNK) {
        const integer last = first + CHUNK < n ? first + CHUNK : n;
        for (integer i = first; i < last; i++) {
            d[(order + 2) * n + i] = w->correction[i] - d[(order + 1) * n + i];
            d[(order + 1) * n + i] = w->correction[i];
        }
        for (integer k = order; k >= 0; k--) {
            double *restrict row = d + k * n;
            const double *above = d + (k + 1) * n;
            for (integer i = first; i < last; i++) row[i] += above[i];
        }
    }
}

/* Differences for a step of another length: change (count, count) transposed times them. */
EXPORT EACH_MACHINE void vectors_rescale(const Vectors *w, integer n, integer count,
                                         const double *change) {
    double *d = w->differences;
    double kept[8][CHUNK];
    for (integer first = 0; first < n; first += CHUNK) {
        const integer size = first + CHUNK < n ? CHUNK : n - first;
        for (integer k = 0; k < count; k++)
            memcpy(kept[k], d + k * n + first, size * sizeof(double));
        for (integer k = 1; k < count; k++) { /* the first column of any change is a unit */
            double *restrict row = d + k * n + first;
            for (integer i = 0; i < size; i++) row[i] = 0.0;
            for (integer j = 1; j < count; j++) {
                const double factor = change[j * count + k];
                for (integer i = 0; i < size; i++) row[i] += factor * kept[j][i];
            }
        }
    }
}
