/* Stands between a program and OpenBLAS (LD_PRELOAD), and changes each number that comes back by up to one part in 10^15:
   more than another processor's rounding, and each PERTURB=seed in another way. What a chapter shows must not notice.
   Built and used by tests/portable.sh; the library knows nothing of it. The change depends on the number and the seed alone,
   not on the order of threads. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static double nudged(double value) {
    static uint64_t seed;
    if (!seed) {
        const char *text = getenv("PERTURB");
        seed = 2 * strtoull(text ? text : "1", NULL, 10) + 1;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits ^ seed * 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
    bits ^= bits >> 31;
    return value * (1 + 1e-15 * (2 * (double)(bits >> 11) / 9007199254740992.0 - 1));
}

static void nudge(double *a, int rows, int columns, int stride) {
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < rows; i++) a[i + (long)j * stride] = nudged(a[i + (long)j * stride]);
}

static void nudge_vector(double *v, int n, int step) {
    for (int i = 0; i < n; i++) v[(long)i * abs(step)] = nudged(v[(long)i * abs(step)]);
}

/* The function of this name that stands behind this one. */
#define REAL(name, ...) ((void (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111 };

double cblas_ddot(int n, const double *x, int dx, const double *y, int dy) {
    return nudged(((double (*)(int, const double *, int, const double *, int))dlsym(RTLD_NEXT, "cblas_ddot"))(n, x, dx, y, dy));
}

void cblas_dgemv(int order, int transpose, int m, int n, double alpha, const double *a, int lda, const double *x, int dx,
                 double beta, double *y, int dy) {
    REAL("cblas_dgemv", int, int, int, int, double, const double *, int, const double *, int, double, double *, int)
    (order, transpose, m, n, alpha, a, lda, x, dx, beta, y, dy);
    nudge_vector(y, transpose == NO_TRANSPOSE ? m : n, dy);
}

void cblas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb,
                 double beta, double *c, int ldc) {
    REAL("cblas_dgemm", int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int)
    (order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    if (order == ROW_MAJOR) nudge(c, n, m, ldc);
    else nudge(c, m, n, ldc);
}

/* LAPACK: column-major, every argument a pointer. */
typedef char *C;
typedef int *I;
typedef double *D;

void dpotrf_(C uplo, I n, D a, I lda, I info) {
    REAL("dpotrf_", C, I, D, I, I)(uplo, n, a, lda, info);
    nudge(a, *n, *n, *lda);
}
void dpotri_(C uplo, I n, D a, I lda, I info) {
    REAL("dpotri_", C, I, D, I, I)(uplo, n, a, lda, info);
    nudge(a, *n, *n, *lda);
}
void dpotrs_(C uplo, I n, I nrhs, D a, I lda, D b, I ldb, I info) {
    REAL("dpotrs_", C, I, I, D, I, D, I, I)(uplo, n, nrhs, a, lda, b, ldb, info);
    nudge(b, *n, *nrhs, *ldb);
}
void dgetrf_(I m, I n, D a, I lda, I pivots, I info) {
    REAL("dgetrf_", I, I, D, I, I, I)(m, n, a, lda, pivots, info);
    nudge(a, *m, *n, *lda);
}
void dgetrs_(C trans, I n, I nrhs, D a, I lda, I pivots, D b, I ldb, I info) {
    REAL("dgetrs_", C, I, I, D, I, I, D, I, I)(trans, n, nrhs, a, lda, pivots, b, ldb, info);
    nudge(b, *n, *nrhs, *ldb);
}
void dtrtrs_(C uplo, C trans, C diag, I n, I nrhs, D a, I lda, D b, I ldb, I info) {
    REAL("dtrtrs_", C, C, C, I, I, D, I, D, I, I)(uplo, trans, diag, n, nrhs, a, lda, b, ldb, info);
    nudge(b, *n, *nrhs, *ldb);
}
void dgeqrf_(I m, I n, D a, I lda, D tau, D work, I lwork, I info) {
    REAL("dgeqrf_", I, I, D, I, D, D, I, I)(m, n, a, lda, tau, work, lwork, info);
    if (*lwork != -1) nudge(a, *m, *n, *lda);
}
void dorgqr_(I m, I n, I k, D a, I lda, D tau, D work, I lwork, I info) {
    REAL("dorgqr_", I, I, I, D, I, D, D, I, I)(m, n, k, a, lda, tau, work, lwork, info);
    if (*lwork != -1) nudge(a, *m, *n, *lda);
}
void dgelqf_(I m, I n, D a, I lda, D tau, D work, I lwork, I info) {
    REAL("dgelqf_", I, I, D, I, D, D, I, I)(m, n, a, lda, tau, work, lwork, info);
    if (*lwork != -1) nudge(a, *m, *n, *lda);
}
void dorglq_(I m, I n, I k, D a, I lda, D tau, D work, I lwork, I info) {
    REAL("dorglq_", I, I, I, D, I, D, D, I, I)(m, n, k, a, lda, tau, work, lwork, info);
    if (*lwork != -1) nudge(a, *m, *n, *lda);
}
void dsyev_(C jobz, C uplo, I n, D a, I lda, D w, D work, I lwork, I info) {
    REAL("dsyev_", C, C, I, D, I, D, D, I, I)(jobz, uplo, n, a, lda, w, work, lwork, info);
    if (*lwork == -1) return;
    nudge_vector(w, *n, 1);
    if (*jobz == 'V') nudge(a, *n, *n, *lda);
}
void dgesdd_(C jobz, I m, I n, D a, I lda, D s, D u, I ldu, D vt, I ldvt, D work, I lwork, I iwork, I info) {
    REAL("dgesdd_", C, I, I, D, I, D, D, I, D, I, D, I, I, I)(jobz, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork, info);
    if (*lwork == -1) return;
    int least = *m < *n ? *m : *n;
    nudge_vector(s, least, 1);
    if (*jobz == 'N') return;
    nudge(u, *m, *jobz == 'A' ? *m : least, *ldu);
    nudge(vt, *jobz == 'A' ? *n : least, *n, *ldvt);
}
void dgeev_(C left, C right, I n, D a, I lda, D wr, D wi, D vl, I ldvl, D vr, I ldvr, D work, I lwork, I info) {
    REAL("dgeev_", C, C, I, D, I, D, D, D, I, D, I, D, I, I)(left, right, n, a, lda, wr, wi, vl, ldvl, vr, ldvr, work, lwork, info);
    if (*lwork == -1) return;
    nudge_vector(wr, *n, 1);
    nudge_vector(wi, *n, 1);
}
