#include "tests/unit/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test *first, **last = &first;
static int failures; /* of the running test */
static bool takes_memory;

void test_register(struct test *t) {
    *last = t;
    last = &t->next;
}

bool test_takes_memory(void) {
    return takes_memory && !mem_failed();
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

static _Noreturn void run_child(void (*f)(void *ctx), void *ctx, const int pipe[2]) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    dup2(pipe[1], STDERR_FILENO);
    close(pipe[0]);
    close(pipe[1]);
    f(ctx);
    _exit(0);
}

bool test_aborts(void (*f)(void *ctx), void *ctx, const char *says) {
    char said[512];
    int ends[2], status = 0;
    size_t n = 0;
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        run_child(f, ctx, ends);
    }
    close(ends[1]);
    for (ssize_t more; (more = read(ends[0], said + n, sizeof(said) - 1 - n)) > 0;) {
        n += (size_t)more;
    }
    said[n] = '\0';
    close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return false;
    }
    bool aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(said, says);
    if (!aborted) {
        test_fail(__FILE__, __LINE__, "ended with status %d, saying: %s", status, said);
    }
    return aborted;
}

struct thread_call {
    void (*f)(void *ctx);
    void *ctx;
};

static void *thread_main(void *p) {
    const struct thread_call *call = p;
    call->f(call->ctx);
    return NULL;
}

static void run_thread(void *call) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, thread_main, call) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

bool test_aborts_in_thread(void (*f)(void *ctx), void *ctx, const char *says) {
    return test_aborts(run_thread, &(struct thread_call){f, ctx}, says);
}

/* Enough for any test here; a body that still allocates then loops by mistake. */
#define ALLOC_RUNS_MAX 100000

static void run_with_failures(const struct test *t) {
    takes_memory = true;
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

/* Which tests are run: all, those whose names hold a pattern, or with --part K/N every Nth from the
 * Kth on, so that the N parts together are all. */
struct choice {
    const char *pattern;
    unsigned part, parts;
};

static bool choose(struct choice *c, int argc, char **argv) {
    *c = (struct choice){.pattern = argc > 1 ? argv[1] : "", .part = 1, .parts = 1};
    if (strcmp(c->pattern, "--part") != 0) {
        return true;
    }
    c->pattern = "";
    return argc == 3 && sscanf(argv[2], "%u/%u", &c->part, &c->parts) == 2 && c->part >= 1 &&
           c->part <= c->parts;
}

int main(int argc, char **argv) {
    int passed = 0, failed = 0;
    struct choice choice;
    unsigned n = 0;
    if (!choose(&choice, argc, argv)) {
        fprintf(stderr, "usage: %s [PATTERN | --part K/N]\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct test *t = first; t; t = t->next) {
        if (n++ % choice.parts != choice.part - 1 || !strstr(t->name, choice.pattern)) {
            continue;
        }
        failures = 0;
        if (t->alloc_failures) {
            run_with_failures(t);
            takes_memory = false;
        } else {
            t->run();
        }
        printf("%s %s\n", failures ? "not ok" : "ok", t->name);
        failures ? failed++ : passed++;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
