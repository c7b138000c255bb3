#include "tests/unit/test.h"

#include <stdarg.h>

static struct test *first, **last = &first;
static int failures; /* of the running test */

void test_register(struct test *t) {
    *last = t;
    last = &t->next;
}

void test_fail(const char *file, int line, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    failures++;
    printf("# %s:%d: ", file, line);
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
}

/* Enough for any test here; a body that still allocates then loops by mistake. */
#define ALLOC_RUNS_MAX 100000

static void run_with_failures(const struct test *t) {
    for (long n = 0; failures == 0; n++) {
        if (n == ALLOC_RUNS_MAX) {
            test_fail(t->file, 0, "no run without a failing allocation after %ld", n);
            return;
        }
        mem_fail_at(n);
        t->run();
        bool reached = mem_failed();
        mem_fail_at(-1);
        if (failures != 0) {
            printf("# with allocation %ld failing\n", n);
        }
        if (!reached) {
            return;
        }
    }
}

int main(int argc, char **argv) {
    int passed = 0, failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct test *t = first; t; t = t->next) {
        if (argc > 1 && !strstr(t->name, argv[1])) {
            continue;
        }
        failures = 0;
        if (t->alloc_failures) {
            run_with_failures(t);
        } else {
            t->run();
        }
        printf("%s %s\n", failures ? "not ok" : "ok", t->name);
        failures ? failed++ : passed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
