/* The inner loops of the solver, compiled: the same algorithm as system.py, group.py, banded.py and
 * iteration.py, on the same arrays.  Everything here is plain C99; electrode_model/solver/core.py
 * fills the structures (their layout is repeated there: see layout.c) and calls the functions
 * through ctypes.
 */
#ifndef ELECTRODE_MODEL_CORE_H
#define ELECTRODE_MODEL_CORE_H

#include <stdint.h>

typedef int64_t integer;

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

/* Vector units differ from machine to machine: GCC on Linux makes one version for each and chooses
 * when the library is loaded.  By what a processor can do: a clone for a kind of processor, such as
 * "arch=haswell", is not chosen on those of another maker. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define EACH_MACHINE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define EACH_MACHINE
#endif

/* Rows of an array: row r begins at p + (rows ? rows[r] : r) * stride. */
typedef struct {
    double *p;
    const integer *rows;
    integer stride;
    integer each;   /* 1: a value for each particle, 0: one for all */
    integer moves;  /* 1: an array of all particles, 0: the work of a block, or constants */
} Operand;

typedef struct {
    integer code;
    integer rows;
    Operand a, b, out;
} Operation;

typedef struct {
    integer count;
    const Operation *operations;
} Tape;

typedef struct {
    integer n, particles, volumes;  /* rows of a particle; volumes of the circuit */
    integer lower, upper;           /* bandwidths */
    integer seen, coupled;          /* drives that matter; whether c_bar does */
    integer drives;                 /* hoisted expressions of the drives */
    integer width;                  /* particles of a block */
    integer runs;                   /* stretches of particles in one volume */
    integer fillings;               /* rows that are fillings */
    const integer *run_start;       /* (runs + 1) */
    const integer *run_volume;      /* (runs) */
    const integer *filling;         /* (fillings) */
    const integer *which;           /* (seen) drives, as numbered in by_z */
    const double *mass, *weights;   /* (n) */
    const double *share;            /* (particles) */
    double *x, *slope, *residual, *delta; /* (n, particles) */
    double *c_bar;                  /* (particles) */
    double *hoisted;                /* (drives, width) of a block */
    const double *values;           /* (volumes, drives): what the circuit computes */
    double *rate;                   /* (n, width) of a block */
    const double *bands;            /* (lower + upper + 1, n, particles) */
    double *matrix;                 /* the same, factorised */
    const double *const *by_drive;  /* (seen + coupled) of (n, particles) */
    double *columns;                /* (n, seen + coupled, particles) matrix^-1 by_drive */
    double *spare;                  /* (particles) */
    double *denominator;            /* (particles) */
    double *response;               /* (seen, particles) */
    Tape evaluate, differentiate;
    double alpha, beta;
} Group;

typedef struct {
    integer n, groups, volumes, unknowns;  /* unknowns of the circuit */
    Group *group;
    void (*call)(void *);      /* CasADi's entry to a prepared function */
    void *value;               /* the circuit's residual and the groups' drives */
    double *y, *slope, *residual, *delta;  /* (n) */
    double *r;                 /* (volumes) */
    const double *circuit;     /* (unknowns) the circuit's residual */
    const double *g_z, *g_rate; /* (unknowns, unknowns) by columns: Jacobian of the circuit */
    const double *g_r;         /* (unknowns, volumes) by columns */
    const double *drives;      /* three of (volumes, unknowns) by columns */
    const integer *algebraic;  /* (unknowns) */
    double *response;          /* (drives, volumes) of r */
    double *by_r;              /* (volumes, unknowns) */
    double *by_z;              /* (drives, volumes, unknowns) */
    double *row;               /* (unknowns) */
    double *lu;                /* (unknowns, unknowns) by columns */
    int32_t *pivots;           /* (unknowns) from 0 */
    double *rho;               /* (volumes) */
    double *changes;           /* (3, volumes) */
} System;

typedef struct {
    integer blocks;
    const integer *bound;      /* (blocks + 1) parts of the unknowns in the norm */
    const double *root;        /* (blocks) */
    const double *counted;     /* (n) */
    const integer *algebraic;  /* (unknowns of the circuit) */
    double rtol, atol;
    double *differences;       /* (8, n) */
    double *predicted, *scale, *correction; /* (n) */
} Vectors;

void tape_run(const Tape *tape, integer first, integer count);
void group_evaluate(Group *g);
void group_factor(Group *g, double alpha, double beta);
const double *group_mean(const Group *g, const double *values, double *mean);
void group_gather(const Group *g, const double *values, double *out);
void group_eliminate(Group *g);
void group_iterate(Group *g);
void group_substitute(Group *g, const double *changes);
void system_evaluate(System *s);
void system_solve(System *s);

#endif
