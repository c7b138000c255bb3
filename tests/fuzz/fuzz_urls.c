/* libs: server_api */
/* What HTTP reads of paths, queries and headers: one text, taken for each of them. */
#include "server/api/query.h"
#include "server/http/accept.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check(bool ok) {
    if (!ok) {
        abort();
    }
}

static void paths(const char *text) {
    static const char *const patterns[] = {"/", "/assets/*", "/v1/{a}/{b}", "/v1/{a}/{b}/x/{c}"};
    struct url_args args;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (url_match(patterns[i], text, &args)) {
            for (unsigned k = 0; k < args.n; k++) {
                check(*args.v[k] && strlen(args.v[k]) <= URL_ARG_MAX);
            }
        }
    }
}

static void headers(const char *text) {
    uint64_t first = 0, last = 0;
    uint32_t number = 0;
    char out[32];
    const char *token = url_bearer(text);
    check(!token || (token > text && token <= text + strlen(text)));
    for (uint64_t size = 0; size < 3; size++) {
        check(url_range(text, size, &first, &last) != URL_RANGE_ONE ||
              (first <= last && last < size));
    }
    check(!url_cookie(text, "a", out, sizeof(out)) || strlen(out) < sizeof(out));
    check(!url_origin(text, out, sizeof(out)) || strlen(out) < sizeof(out));
    check(!url_number(text, &number) || number <= 999999999);
    (void)url_same_host(text, "a.example");
    (void)url_etag_listed(text, "\"a\"");
    (void)url_list_has(text, "oriel.v1");
}

/* Whatever is said: nothing is chosen that there is not, and who refuses nothing gets something. */
static void accepted(const char *text) {
    for (unsigned available = 0; available < 1u << CODING_COUNT; available++) {
        enum coding c = accept_coding(text, available);
        check(c == CODING_COUNT || available & 1u << c);
        check(c < CODING_COUNT || !(available & 1u << CODING_IDENTITY) || strchr(text, '0'));
    }
    check(!accept_names(text, "text/html") || strlen(text) >= strlen("text/html"));
    struct languages_accepted l = accept_languages(text);
    check(l.n <= LANGUAGES_ACCEPTED_MAX);
    for (size_t i = 0; i < l.n; i++) {
        size_t n = strspn(l.names[i], "abcdefghijklmnopqrstuvwxyz");
        check(n >= 2 && n <= 3 && l.names[i][n] == '\0');
    }
}

/* Arguments end with NULs, as those of a request do. */
static void query(const char *text, size_t n) {
    struct request r = {.method = HTTP_GET};
    struct read_list l;
    buffer_put(&r.query, text, n);
    if (!r.query.bad && query_list(&r, &l)) {
        check(l.limit <= 9999999 && strlen(l.tour) < sizeof(l.tour));
    }
    buffer_free(&r.query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    paths(text);
    headers(text);
    accepted(text);
    query(text, size + 1);
    free(text);
    return 0;
}
