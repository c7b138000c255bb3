/* A test program in three words: TEST(name) { EXPECT(cond); }. Each test prints "ok NAME" or
 * "not ok NAME" with the failed expectations before it; the program's last line is
 * "N passed, N failed" and its exit status is 0 only when nothing failed.
 *   test_x            run all        test_x PATTERN   run those whose name contains PATTERN
 * TEST_ALLOC(name) runs the body again and again with allocation 0, 1, 2 ... failing (base/alloc.h)
 * until a run gets through without reaching the failing one: the body must clean up and return on
 * any error, and may only EXPECT success while !mem_failed(). */
#ifndef ORIEL_TESTS_UNIT_TEST_H
#define ORIEL_TESTS_UNIT_TEST_H

#include "base/alloc.h"
#include "base/check.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct test {
    const char *name, *file;
    void (*run)(void);
    bool alloc_failures;
    struct test *next;
};

/* An allocation is still to fail in the running test. */
bool test_takes_memory(void);
void test_register(struct test *t);
/* Note a failed expectation of the running test. */
void test_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Run f(ctx) in a process of its own: true when it breaks an invariant (base/check.h) whose message
 * contains `says`; false when it returns. Any other end fails the test. */
bool test_aborts(void (*f)(void *ctx), void *ctx, const char *says);
/* The same, with f in a second thread of that process. */
bool test_aborts_in_thread(void (*f)(void *ctx), void *ctx, const char *says);

#define TEST_DEFINE(id, allocs)                                                    \
    static void test_##id(void);                                                   \
    static struct test test_entry_##id = {#id, __FILE__, test_##id, allocs, NULL}; \
    __attribute__((constructor)) static void test_reg_##id(void) {                 \
        test_register(&test_entry_##id);                                           \
    }                                                                              \
    static void test_##id(void)

#define TEST(id) TEST_DEFINE(id, false)
#define TEST_ALLOC(id) TEST_DEFINE(id, true)

#define EXPECT(cond)                                    \
    do {                                                \
        if (!(cond)) {                                  \
            test_fail(__FILE__, __LINE__, "%s", #cond); \
        }                                               \
    } while (0)
/* Integers of any width. */
#define EXPECT_EQ(a, b)                                                                \
    do {                                                                               \
        long long ea_ = (long long)(a), eb_ = (long long)(b);                          \
        if (ea_ != eb_) {                                                              \
            test_fail(__FILE__, __LINE__, "%s == %s: %lld != %lld", #a, #b, ea_, eb_); \
        }                                                                              \
    } while (0)
#define EXPECT_STR(a, b)                                                        \
    do {                                                                        \
        const char *ea_ = (a), *eb_ = (b);                                      \
        if (!ea_ || !eb_ || strcmp(ea_, eb_) != 0) {                            \
            test_fail(__FILE__, __LINE__, "%s == %s: \"%s\" != \"%s\"", #a, #b, \
                      ea_ ? ea_ : "(null)", eb_ ? eb_ : "(null)");              \
        }                                                                       \
    } while (0)
/* As EXPECT, and leave the test at once when it fails. */
#define REQUIRE(cond)                                   \
    do {                                                \
        if (!(cond)) {                                  \
            test_fail(__FILE__, __LINE__, "%s", #cond); \
            return;                                     \
        }                                               \
    } while (0)

#endif
