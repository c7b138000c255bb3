/* What a query asks of the recordings: which words are none. */
#include "server/api/query.h"
#include "tests/unit/test.h"

#include <string.h>

/* A request with these arguments, as HTTP keeps them. */
static struct request asked(const char *args, size_t n) {
    struct request r = {.method = HTTP_GET};
    buffer_put(&r.query, args, n);
    return r;
}
#define ASKED(args) asked(args, sizeof(args))

TEST(query_of_a_list) {
    struct request r = ASKED("limit=20\0tour=demo\0q=front door\0nobodys=\xff\0tour=other");
    struct read_list l;
    memset(&l, 'x', sizeof(l));
    EXPECT(query_list(&r, &l));
    EXPECT(l.limit == 20);
    EXPECT_STR(l.tour, "other"); /* the last says */
    EXPECT_STR(l.text, "front door");
    EXPECT_STR(l.after, "");
    EXPECT_STR(l.to, "");
    buffer_free(&r.query);
}

TEST(query_without_arguments) {
    struct request r = {.method = HTTP_GET};
    struct read_list l;
    char text[8] = "x";
    EXPECT(query_list(&r, &l) && l.limit == 0 && !*l.tour);
    EXPECT(query_text(&r, "sub", text, sizeof(text)) && !*text);
}

TEST(query_words_that_are_none) {
    static const char *const bad[] = {"limit=-1", "limit=1x", "limit=12345678",
                                      "state=0123456789abcdef", "q=a\nb"};
    struct read_list l;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct request r = asked(bad[i], strlen(bad[i]) + 1);
        EXPECT(!query_list(&r, &l));
        buffer_free(&r.query);
    }
    struct request r = ASKED("limit=1");
    r.bad_query = true;
    EXPECT(!query_list(&r, &l) && !query_limit(&r, &l.limit));
    buffer_free(&r.query);
}

TEST(query_text_has_a_bound) {
    struct request r = ASKED("sub=abcd");
    char text[5];
    EXPECT(query_text(&r, "sub", text, sizeof(text)));
    EXPECT_STR(text, "abcd");
    EXPECT(!query_text(&r, "sub", text, 4));
    buffer_free(&r.query);
}
