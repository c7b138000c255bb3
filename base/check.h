/* Invariants that are asserted in production too: a broken invariant is a bug of ours and stops
 * the process; bad input from the world never reaches one. */
#ifndef ORIEL_BASE_CHECK_H
#define ORIEL_BASE_CHECK_H

/* Print where and what to stderr, then abort(). Never returns. Thread: any. */
_Noreturn void check_failed(const char *expr, const char *file, int line);

#define CHECK(expr) ((expr) ? (void)0 : check_failed(#expr, __FILE__, __LINE__))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
