/* docs/protocol.md is the contract: its words are ours. */
#include "tests/unit/signaling/world.h"

#include <jansson.h>
#include <stdlib.h>

static char *document(void) {
    FILE *f = fopen(TEST_DATA "/../../docs/protocol.md", "rb");
    char *text = calloc(1, 65536);
    CHECK(f && text);
    size_t n = fread(text, 1, 65535, f);
    CHECK(n > 1000);
    fclose(f);
    return text;
}

TEST(every_code_is_documented) {
    char *text = document(), quoted[64];
    for (int c = CODE_OK + 1; c < CODE_COUNT; c++) {
        snprintf(quoted, sizeof(quoted), "`%s`", code_name((enum code)c));
        if (!strstr(text, quoted)) {
            test_fail(__FILE__, __LINE__, "docs/protocol.md does not tell %s", quoted);
        }
    }
    free(text);
}

/* The next JSON object that begins at or after *at, as a string of its own, or NULL. */
static char *next_example(const char **at) {
    const char *p = strstr(*at, "{\"type\":\"");
    if (!p) {
        return NULL;
    }
    size_t n = 0, depth = 0;
    bool string = false;
    do {
        char c = p[n++];
        string ^= c == '"';
        depth += !string && c == '{';
        depth -= !string && c == '}';
    } while (depth && p[n]);
    char *s = calloc(1, n + 1);
    CHECK(s);
    memcpy(s, p, n);
    *at = p + n;
    return s;
}

/* Examples leave out with "..." what is not at issue, and write ID for a number. */
static char *complete(const char *example) {
    char *out = calloc(1, 2 * strlen(example) + 1), *o = out;
    CHECK(out);
    for (const char *p = example; *p;) {
        if (strncmp(p, "{...}", 5) == 0) {
            o += sprintf(o, "{}");
            p += 5;
        } else if (strncmp(p, "[...]", 5) == 0) {
            o += sprintf(o, "[]");
            p += 5;
        } else if (strncmp(p, ",...}", 5) == 0) {
            o += sprintf(o, "}");
            p += 5;
        } else if (strncmp(p, ":ID", 3) == 0) {
            o += sprintf(o, ":1");
            p += 3;
        } else {
            *o++ = *p++;
        }
    }
    return out;
}

static bool is_request(const char *type) {
    static const char *const types[] = {"hello", "join", "resume", "restart", "leave", "end",
                                        "mute",  "pin",  "record", "consent", "ping"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcmp(types[i], type) == 0) {
            return true;
        }
    }
    return false;
}

/* A request of the document must get past its schema: whatever is wrong with it then is its
 * made-up token, offer or participant. */
static void try_request(const char *text) {
    static const char *const refusals[] = {"unknown_type",          "bad_json",
                                           "\"field\":\"kind\"",    "\"field\":\"muted\"",
                                           "\"field\":\"on\"",      "\"field\":\"recording\"",
                                           "\"field\":\"sources\"", "\"field\":\"slots\"",
                                           "\"field\":\"consent\""};
    struct world w;
    REQUIRE(world_open(&w, NULL));
    world_join(&w, 1, "agent|demo|ann|Ann", small_offer(), small_lines);
    EXPECT_GOT(&w, 1, "joined");
    world_send(&w, 1, text);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (world_got(&w, 1, refusals[i])) {
            test_fail(__FILE__, __LINE__, "%s: %s", refusals[i], text);
        }
    }
    world_close(&w);
}

TEST(the_documents_examples_are_accepted) {
    char *text = document(), *example;
    const char *at = text;
    size_t requests = 0, all = 0;
    while ((example = next_example(&at)) != NULL) {
        char *whole = complete(example);
        json_t *m = json_loads(whole, 0, NULL);
        const char *type = json_string_value(json_object_get(m, "type"));
        if (!type) {
            test_fail(__FILE__, __LINE__, "not JSON: %s", whole);
        } else if (is_request(type)) {
            requests++;
            try_request(whole);
        }
        all++;
        json_decref(m);
        free(whole);
        free(example);
    }
    EXPECT(requests >= 11 && all > 20);
    free(text);
}
