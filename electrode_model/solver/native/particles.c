/* The particles of a group: residual, factorisation and elimination, a block of them at a time. */
#include "core.h"

static integer smaller(integer a, integer b) { return a < b ? a : b; }

/* Weighted mean over the rows of each particle, at `mean` or where it stands already. */
EACH_MACHINE const double *group_mean(const Group *g, const double *values, double *mean) {
    const integer size = g->particles;
    if (g->n == 1 && g->weights[0] == 1.0) return values;
    for (integer first = 0; first < size; first += g->width) {
        const integer last = smaller(first + g->width, size);
        for (integer p = first; p < last; p++) mean[p] = 0.0;
        for (integer i = 0; i < g->n; i++) {
            const double weight = g->weights[i];
            const double *row = values + i * size;
            if (weight != 0.0)
                for (integer p = first; p < last; p++) mean[p] += weight * row[p];
        }
    }
    return mean;
}

/* Adds the share-weighted sums over the particles of each volume. */
EACH_MACHINE void group_gather(const Group *g, const double *values, double *out) {
    for (integer k = 0; k < g->runs; k++) {
        double sum[4] = {0.0, 0.0, 0.0, 0.0};
        integer p = g->run_start[k];
        const integer stop = g->run_start[k + 1];
        for (; p + 4 <= stop; p += 4)
            for (int j = 0; j < 4; j++) sum[j] += g->share[p + j] * values[p + j];
        for (; p < stop; p++) sum[0] += g->share[p] * values[p];
        out[g->run_volume[k]] += (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
}

/* Hands the values of a volume, every `step`th from `values` on, to its particles in a block. */
EACH_MACHINE static void spread(const Group *g, const double *values, integer step, double *out,
                   integer first, integer last) {
    integer low = 0, high = g->runs;
    while (high - low > 1) { /* the run that holds `first` */
        const integer middle = (low + high) / 2;
        if (g->run_start[middle] <= first) low = middle; else high = middle;
    }
    integer p = first;
    for (integer k = low; p < last; k++) {
        const double value = values[g->run_volume[k] * step];
        const integer stop = smaller(g->run_start[k + 1], last);
        for (; p < stop; p++) out[p] = value;
    }
}

/* What depends on the drives alone, for the particles of a block. */
EACH_MACHINE static void drives(const Group *g, integer first, integer last) {
    for (integer k = 0; k < g->drives; k++)
        spread(g, g->values + k, g->drives, g->hoisted + k * g->width - first, first, last);
}

EACH_MACHINE static void evaluate(Group *g, integer first, integer last) {
    const integer size = g->particles;
    drives(g, first, last);
    tape_run(&g->evaluate, first, last - first);
    for (integer i = 0; i < g->n; i++) {
        const double mass = g->mass[i];
        const double *slope = g->slope + i * size, *rate = g->rate + i * g->width - first;
        double *residual = g->residual + i * size;
        if (mass == 1.0)
            for (integer p = first; p < last; p++) residual[p] = slope[p] - rate[p];
        else
            for (integer p = first; p < last; p++) residual[p] = mass * slope[p] - rate[p];
    }
}

static void follow_mean(Group *g) {
    if (!g->coupled) return;
    const double *mean = group_mean(g, g->x, g->c_bar);
    if (mean != g->c_bar)
        for (integer p = 0; p < g->particles; p++) g->c_bar[p] = mean[p];
}

void group_evaluate(Group *g) {
    follow_mean(g);
    for (integer first = 0; first < g->particles; first += g->width)
        evaluate(g, first, smaller(first + g->width, g->particles));
}

EXPORT void group_linearize(Group *g) {
    for (integer first = 0; first < g->particles; first += g->width) {
        const integer last = smaller(first + g->width, g->particles);
        drives(g, first, last);
        tape_run(&g->differentiate, first, last - first);
    }
}

/* Gauss without pivoting along the grid, as _Eliminated of banded.py; pivots are kept inverted. */
EACH_MACHINE static void factorise(Group *g, integer first, integer last) {
    const integer n = g->n, size = g->particles, lower = g->lower, upper = g->upper;
    double *a = g->matrix;
#define AT(d, i) (a + ((d) * n + (i)) * size)
    for (integer i = 0; i < n; i++) {
        double *restrict pivot = AT(lower, i);
        for (integer p = first; p < last; p++) pivot[p] = 1.0 / pivot[p];
        for (integer below = 1; below <= smaller(lower, n - 1 - i); below++) {
            double *restrict ratio = AT(lower - below, i + below);
            for (integer p = first; p < last; p++) ratio[p] *= pivot[p];
            for (integer right = 1; right <= smaller(upper, n - 1 - i); right++) {
                const double *along = AT(lower + right, i);
                double *restrict target = AT(lower + right - below, i + below);
                for (integer p = first; p < last; p++) target[p] -= ratio[p] * along[p];
            }
        }
    }
    for (integer right = 1; right <= upper; right++)
        for (integer i = 0; i < n; i++) {
            const double *pivot = AT(lower, i);
            double *restrict row = AT(lower + right, i);
            for (integer p = first; p < last; p++) row[p] *= pivot[p];
        }
}

/* `b`: row i of a particle's right side begins at b + i * stride. */
EACH_MACHINE static void solve(const Group *g, double *b, integer stride, integer first,
                               integer last) {
    const integer n = g->n, size = g->particles, lower = g->lower, upper = g->upper;
    const double *a = g->matrix;
    for (integer i = 1; i < n; i++) {
        double *restrict row = b + i * stride;
        for (integer below = 1; below <= smaller(lower, i); below++) {
            const double *ratio = AT(lower - below, i), *other = b + (i - below) * stride;
            for (integer p = first; p < last; p++) row[p] -= ratio[p] * other[p];
        }
    }
    for (integer i = n - 1; i >= 0; i--) {
        double *restrict row = b + i * stride;
        const double *pivot = AT(lower, i);
        for (integer p = first; p < last; p++) row[p] *= pivot[p];
        for (integer right = 1; right <= smaller(upper, n - 1 - i); right++) {
            const double *along = AT(lower + right, i), *other = b + (i + right) * stride;
            for (integer p = first; p < last; p++) row[p] -= along[p] * other[p];
        }
    }
#undef AT
}

/* Factorises for a step in which differential rows move by `beta`, slopes by `alpha`. */
EXPORT EACH_MACHINE void group_factor(Group *g, double alpha, double beta) {
    const integer n = g->n, size = g->particles, columns = g->seen + g->coupled;
    const integer lower = g->lower, bands = g->lower + g->upper + 1;
    for (integer first = 0; first < size; first += g->width) {
        const integer last = smaller(first + g->width, size);
        for (integer d = 0; d < bands; d++)
            for (integer i = 0; i < n; i++) {
                const integer j = i + d - lower;
                const double kept = (j < 0 || j >= n || g->mass[j] != 1.0) ? 1.0 : beta;
                const double *from = g->bands + (d * n + i) * size;
                double *restrict to = g->matrix + (d * n + i) * size;
                const double more = d == lower ? alpha * g->mass[i] : 0.0;
                for (integer p = first; p < last; p++) to[p] = more - kept * from[p];
            }
        factorise(g, first, last);
        for (integer k = 0; k < columns; k++) {
            for (integer i = 0; i < n; i++) {
                const double *from = g->by_drive[k] + i * size;
                double *to = g->columns + (i * columns + k) * size;
                for (integer p = first; p < last; p++) to[p] = from[p];
            }
            solve(g, g->columns + k * size, columns * size, first, last);
        }
        if (g->coupled) { /* c_bar follows the rows: one more unknown, eliminated */
            const double *own = g->columns + (columns - 1) * size;
            double *den = g->denominator;
            for (integer p = first; p < last; p++) den[p] = 0.0;
            for (integer i = 0; i < n; i++)
                for (integer p = first; p < last; p++)
                    den[p] += g->weights[i] * own[i * columns * size + p];
            for (integer p = first; p < last; p++) den[p] = 1.0 / (1.0 - beta * den[p]);
            for (integer k = 0; k < columns - 1; k++) {
                double *column = g->columns + k * size, *mean = g->spare;
                for (integer p = first; p < last; p++) mean[p] = 0.0;
                for (integer i = 0; i < n; i++)
                    for (integer p = first; p < last; p++)
                        mean[p] += g->weights[i] * column[i * columns * size + p];
                for (integer p = first; p < last; p++) mean[p] *= beta * den[p];
                for (integer i = 0; i < n; i++)
                    for (integer p = first; p < last; p++)
                        column[i * columns * size + p] += own[i * columns * size + p] * mean[p];
            }
        }
        for (integer k = 0; k < g->seen; k++) {
            double *response = g->response + k * size;
            for (integer p = first; p < last; p++) response[p] = 0.0;
            for (integer i = 0; i < n; i++) {
                const double weight = alpha * g->weights[i];
                const double *column = g->columns + (i * columns + k) * size;
                if (weight != 0.0)
                    for (integer p = first; p < last; p++) response[p] += weight * column[p];
            }
        }
    }
    g->alpha = alpha;
    g->beta = beta;
}

EACH_MACHINE static void eliminate(Group *g, integer first, integer last) {
    const integer n = g->n, size = g->particles, columns = g->seen + g->coupled;
    double *mean = g->spare;
    for (integer i = 0; i < n; i++)
        for (integer p = first; p < last; p++)
            g->delta[i * size + p] = -g->residual[i * size + p];
    solve(g, g->delta, size, first, last);
    for (int pass = g->coupled ? 0 : 1; pass < 2; pass++) {
        for (integer p = first; p < last; p++) mean[p] = 0.0;
        for (integer i = 0; i < n; i++) {
            const double weight = g->weights[i];
            const double *row = g->delta + i * size;
            if (weight != 0.0)
                for (integer p = first; p < last; p++) mean[p] += weight * row[p];
        }
        if (pass == 0) {
            const double *own = g->columns + (columns - 1) * size;
            for (integer p = first; p < last; p++) mean[p] *= g->beta * g->denominator[p];
            for (integer i = 0; i < n; i++)
                for (integer p = first; p < last; p++)
                    g->delta[i * size + p] += own[i * columns * size + p] * mean[p];
        }
    }
    for (integer p = first; p < last; p++) mean[p] *= g->alpha;
}

/* The step at fixed drives in `delta`, that of the mean slopes in `spare`. */
void group_eliminate(Group *g) {
    for (integer first = 0; first < g->particles; first += g->width)
        eliminate(g, first, smaller(first + g->width, g->particles));
}

/* group_evaluate and group_eliminate, a block at a time while it is in the cache. */
void group_iterate(Group *g) {
    follow_mean(g);
    for (integer first = 0; first < g->particles; first += g->width) {
        const integer last = smaller(first + g->width, g->particles);
        evaluate(g, first, last);
        eliminate(g, first, last);
    }
}

/* Adds the response to the step of the drives in each volume, (3, volumes). */
EACH_MACHINE void group_substitute(Group *g, const double *changes) {
    const integer n = g->n, size = g->particles, columns = g->seen + g->coupled;
    for (integer first = 0; first < size; first += g->width) {
        const integer last = smaller(first + g->width, size);
        for (integer k = 0; k < g->seen; k++) {
            double *step = g->spare;
            spread(g, changes + g->which[k] * g->volumes, 1, step, first, last);
            for (integer i = 0; i < n; i++) {
                const double *column = g->columns + (i * columns + k) * size;
                double *restrict row = g->delta + i * size;
                for (integer p = first; p < last; p++) row[p] += column[p] * step[p];
            }
        }
    }
}
