/* Forward sensitivities along the steps, as sensitivity.py. */
#include "core.h"

/* Sensitivities to `count` parameters at the end of a step.  Their backward differences `d`
 * (8, count, n) are shifted; `psi` (order + 1) are the coefficients of the slope, `steps` (count)
 * by how much a parameter is larger in `near` (count).  The residual of `s` belongs to its point. */
EXPORT EACH_MACHINE void sensitivities_advance(System *s, integer count, System *const *near,
                                               const double *steps, integer order, double cj,
                                               const double *psi, double *d) {
    const integer n = s->n, row = count * n;
    for (integer k = 0; k < count; k++) {
        System *other = near[k];
        const double step = steps[k], scale = 1.0 / step;
        double *own = d + k * n;
        for (integer i = 0; i < n; i++) {
            double known = -own[i]; /* of the slope, over cj: all but the new value */
            for (integer j = 1; j <= order; j++) known += (psi[j] - 1.0) * own[j * row + i];
            other->y[i] = s->y[i];
            other->slope[i] = s->slope[i] + step * cj * known;
        }
        system_evaluate(other);
        for (integer i = 0; i < n; i++) {
            const double residual = s->residual[i];
            other->delta[i] = residual; /* kept */
            s->residual[i] = (other->residual[i] - residual) * scale;
        }
        system_solve(s);
        for (integer i = 0; i < n; i++) {
            s->residual[i] = other->delta[i];
            double correction = s->delta[i];
            for (integer j = 0; j <= order; j++) correction -= own[j * row + i];
            own[(order + 2) * row + i] = correction - own[(order + 1) * row + i];
            own[(order + 1) * row + i] = correction;
            for (integer j = order; j >= 0; j--) own[j * row + i] += own[(j + 1) * row + i];
        }
    }
}
