/* The list: pages by key, and what is searched for. */
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/catalogue/words.h"

#include "tests/unit/recorder/bench_postgres.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <stdio.h>

struct shelf {
    struct scratch scratch;
    struct catalogue *c;
    char found[64]; /* first bytes of the ids that were listed, as letters */
    bool more;
};

static void shelf_begin(struct shelf *s) {
    char path[PATH_MAX];
    memset(s, 0, sizeof(*s));
    scratch_begin(&s->scratch);
    snprintf(path, sizeof(path), "%s/catalogue.db", s->scratch.dir);
    s->c = bench_catalogue(path);
}

static void shelf_end(struct shelf *s) {
    catalogue_close(s->c);
    scratch_end(&s->scratch);
}

/* Recordings are called by a letter, the first byte of their ids. */
static void start(struct shelf *s, char letter, int64_t started, const char *tour,
                  const char *title) {
    struct entry e = {.type = ENTRY_START};
    struct id id = {{(uint8_t)letter}};
    snprintf(e.u.start.tour, sizeof(e.u.start.tour), "%s", tour);
    snprintf(e.u.start.title, sizeof(e.u.start.title), "%s", title);
    e.u.start.wall.us = started;
    EXPECT_EQ(catalogue_apply(s->c, &id, &e), OK);
}

static void person(struct shelf *s, char letter, uint64_t who, const char *name) {
    struct entry e = {.type = ENTRY_PARTICIPANT, .t = 1};
    struct id id = {{(uint8_t)letter}};
    e.u.person.participant = who;
    e.u.person.on = true;
    snprintf(e.u.person.name, sizeof(e.u.person.name), "%s", name);
    EXPECT_EQ(catalogue_apply(s->c, &id, &e), OK);
}

static enum err see(void *ctx, const struct recording_row *r) {
    struct shelf *s = ctx;
    size_t n = strlen(s->found);
    s->found[n] = (char)r->id.b[0];
    s->found[n + 1] = '\0';
    return OK;
}

static const char *find(struct shelf *s, struct recording_query q) {
    s->found[0] = '\0';
    q.limit = q.limit ? q.limit : 50;
    EXPECT_EQ(catalogue_recordings(s->c, &q, &s->more, see, s), OK);
    return s->found;
}

static struct recording_place place(char letter, int64_t started) {
    return (struct recording_place){{started}, {{(uint8_t)letter}}};
}

TEST_BOTH(list_is_newest_first_and_by_id_within_an_instant) {
    struct shelf s;
    shelf_begin(&s);
    EXPECT_STR(find(&s, (struct recording_query){0}), "");
    EXPECT(!s.more);
    start(&s, 'a', 1000, "t", "");
    start(&s, 'c', 3000, "t", "");
    start(&s, 'b', 3000, "t", "");
    start(&s, 'd', -5, "t", ""); /* before 1970, as it may be with a broken clock */
    EXPECT_STR(find(&s, (struct recording_query){0}), "cbad");
    EXPECT_STR(find(&s, (struct recording_query){.limit = 4}), "cbad");
    EXPECT(!s.more);
    EXPECT_STR(find(&s, (struct recording_query){.limit = 3}), "cba");
    EXPECT(s.more);
    shelf_end(&s);
}

TEST_BOTH(list_goes_on_behind_or_before_any_place) {
    struct shelf s;
    shelf_begin(&s);
    start(&s, 'a', 1000, "t", "");
    start(&s, 'b', 3000, "t", "");
    start(&s, 'c', 3000, "t", "");
    start(&s, 'd', 4000, "t", "");
    static const struct {
        char letter;
        int64_t started;
        const char *behind, *before;
    } table[] = {
        {'d', 4000, "cba", ""}, {'c', 3000, "ba", "d"},       {'b', 3000, "a", "dc"},
        {'a', 1000, "", "dcb"}, {'x', 3500, "cba", "d"}, /* removed since */
        {'b', 3000, "a", "dc"}, {'x', INT64_MAX, "dcba", ""}, {'x', INT64_MIN, "", "dcba"}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct recording_place at = place(table[i].letter, table[i].started);
        EXPECT_STR(find(&s, (struct recording_query){.after = &at}), table[i].behind);
        EXPECT_STR(find(&s, (struct recording_query){.after = &at, .before = true}),
                   table[i].before);
    }
    struct recording_place at = place('a', 1000);
    EXPECT_STR(find(&s, (struct recording_query){.after = &at, .before = true, .limit = 2}), "cb");
    EXPECT(s.more); /* the nearest ones, newest first */
    shelf_end(&s);
}

TEST_BOTH(list_is_narrowed_before_it_is_cut) {
    struct shelf s;
    enum recording_state damaged = RECORDING_DAMAGED, open = RECORDING_OPEN;
    shelf_begin(&s);
    for (char c = 'a'; c <= 'h'; c++) {
        start(&s, c, c * 1000, c % 2 ? "odd" : "even", "");
    }
    struct id e = {{'e'}};
    EXPECT_EQ(catalogue_state(s.c, &e, RECORDING_DAMAGED), OK);
    EXPECT_STR(find(&s, (struct recording_query){.tour = "odd", .limit = 3}), "gec");
    EXPECT(s.more);
    struct recording_place at = place('c', 'c' * 1000);
    EXPECT_STR(find(&s, (struct recording_query){.tour = "odd", .after = &at}), "a");
    EXPECT_STR(find(&s, (struct recording_query){.tour = "od"}), "");
    EXPECT_STR(find(&s, (struct recording_query){.tour = "o%"}), "");
    EXPECT_STR(find(&s, (struct recording_query){.tour = ""}), "hgfedcba");
    EXPECT_STR(find(&s, (struct recording_query){.state = &damaged}), "e");
    EXPECT_STR(find(&s, (struct recording_query){.state = &open, .tour = "odd"}), "gca");
    EXPECT_STR(find(&s, (struct recording_query){.from = {'c' * 1000}, .to = {'e' * 1000}}), "dc");
    EXPECT_STR(find(&s, (struct recording_query){.from = {'g' * 1000 + 1}}), "h");
    shelf_end(&s);
}

TEST_BOTH(list_finds_words_and_their_beginnings) {
    struct shelf s;
    shelf_begin(&s);
    start(&s, 'a', 1, "villa-12", "Haus am See, 3. Stock");
    start(&s, 'b', 2, "loft",
          "Stra\xc3\x9f"
          "e \xc3\x96rtlich");
    start(&s, 'c', 3, "loft", "100% o'clock; DROP TABLE words");
    person(&s, 'a', 1, "Anna M\xc3\xbcller");
    person(&s, 'b', 1, "Bob");
    person(&s, 'b', 2, "\xce\x91\xce\xbd\xce\xbd\xce\xb1"); /* Anna in Greek */
    static const struct {
        const char *text, *person, *found;
    } table[] = {
        {"haus", NULL, "a"},
        {"HAUS see", NULL, "a"},
        {"aus", NULL, ""},
        {"ha", NULL, "a"},
        {"haus loft", NULL, ""},
        {"loft", NULL, "cb"},
        {"villa 12", NULL, "a"},
        {"12-villa", NULL, "a"},
        {"3", NULL, "a"},
        {"\xc3\xb6rt", NULL, "b"},
        {"\xc3\x96RT", NULL, "b"},
        {"ort", NULL, ""},
        {"100%", NULL, "c"},
        {"1%", NULL, "ca"},
        {"o'clock", NULL, "c"},
        {"'; DROP", NULL, "c"},
        {"\"", NULL, "cba"},
        {"bob", NULL, "b"},
        {NULL, "bob", "b"},
        {NULL, "loft", ""},
        {NULL, "m\xc3\x9cll", "a"},
        {"loft", "bob", "b"},
        {"loft", "anna", ""},
        {"haus", "anna m\xc3\xbcller", "a"},
        {NULL, "\xce\xb1\xce\xbd", "b"},
        {"", "", "cba"},
        {"\xff\xfe", NULL, "cba"},
        {"a b c d e f g h i j", NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const char *found =
            find(&s, (struct recording_query){.text = table[i].text, .person = table[i].person});
        if (strcmp(found, table[i].found) != 0) {
            test_fail(__FILE__, __LINE__, "%zu: \"%s\" instead of \"%s\"", i, found,
                      table[i].found);
        }
    }
    struct id a = {{'a'}};
    EXPECT_EQ(catalogue_forget(s.c, &a), OK);
    EXPECT_STR(find(&s, (struct recording_query){.person = "anna"}), "");
    struct db_rows *left =
        db_query(s.c->db, "SELECT COUNT(*) FROM words WHERE recording=?", "d", &a);
    EXPECT_EQ(db_next(left), OK);
    EXPECT_EQ(db_int(left, 0), 0);
    db_done(left);
    shelf_end(&s);
}

/* A word that most recordings have is looked up in another way: it must find the same. */
TEST_BOTH(list_finds_common_words_too) {
    struct shelf s;
    shelf_begin(&s);
    EXPECT_EQ(catalogue_begin(s.c), OK);
    for (unsigned i = 0; i < 2100; i++) {
        struct entry e = {.type = ENTRY_START};
        struct id id = {
            {i % 700 == 0 ? (uint8_t)('a' + i / 700) : '-', (uint8_t)(i >> 8), (uint8_t)i}};
        e.u.start.wall.us = 1000 + i;
        snprintf(e.u.start.tour, sizeof(e.u.start.tour), "house %s", i % 700 ? "" : "rare");
        EXPECT_EQ(catalogue_apply(s.c, &id, &e), OK);
    }
    EXPECT_EQ(catalogue_commit(s.c), OK);
    start(&s, 'z', 1, "loft", "rare");
    EXPECT_STR(find(&s, (struct recording_query){.text = "house rare"}), "cba");
    EXPECT_STR(find(&s, (struct recording_query){.text = "hou rare", .limit = 2}), "cb");
    EXPECT(s.more);
    EXPECT_STR(find(&s, (struct recording_query){.text = "rare loft"}), "z");
    EXPECT_STR(find(&s, (struct recording_query){.person = "house"}), "");
    EXPECT_STR(find(&s, (struct recording_query){.text = "house", .limit = 3}), "---");
    struct recording_place at = place('b', 1002);
    EXPECT_STR(find(&s, (struct recording_query){.text = "house", .after = &at, .limit = 9}),
               "--a");
    EXPECT_STR(
        find(&s,
             (struct recording_query){.text = "house", .after = &at, .before = true, .limit = 2}),
        "--");
    shelf_end(&s);
}

/* The words of a text, each with a bar behind it. */
static const char *words(const char *text, char out[512]) {
    char word[WORD_MAX];
    size_t n = 0;
    out[0] = '\0';
    while (words_next(&text, word)) {
        n += (size_t)snprintf(out + n, 512 - n, "%s|", word);
    }
    return out;
}

TEST(words_are_folded_and_parted) {
    static const struct {
        const char *text, *words;
    } table[] = {
        {"", ""},
        {" ,.-", ""},
        {"One two", "one|two|"},
        {"\xc3\x80\xc3\x9e\xc3\x9f\xc3\xb7\xc3\xbf", "\xc3\xa0\xc3\xbe\xc3\x9f|\xc3\xbf|"},
        {"\xc4\x8c\xc4\x8d\xc5\xbd\xc5\xb8", "\xc4\x8d\xc4\x8d\xc5\xbe\xc3\xbf|"},
        {"\xe1\xba\x9e", "\xc3\x9f|"},
        {"\xce\x86\xce\xa9\xcf\x82", "\xce\xac\xcf\x89\xcf\x83|"},
        {"\xd0\x81\xd0\x90\xd0\xaf", "\xd1\x91\xd0\xb0\xd1\x8f|"},
        {"\xe5\xae\xb6\xe3\x80\x82\xf0\x9f\x8f\xa0", "\xe5\xae\xb6|\xf0\x9f\x8f\xa0|"},
        {"a\xe2\x80\x94"
         "b\xc2\xa0"
         "c",
         "a|b|c|"},
        {"x\xff"
         "y\xc3",
         "x|y|"},
        {"x\xe2\x82", "x|"},
        {"x\xf0\x9f"
         "y",
         "x|y|"},
    };
    char out[512];
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        EXPECT_STR(words(table[i].text, out), table[i].words);
    }
    char longest[ENTRY_TEXT_MAX], cut[WORD_MAX + 1];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    memset(cut, 'x', WORD_MAX - 1);
    cut[WORD_MAX - 1] = '|';
    cut[WORD_MAX] = '\0';
    EXPECT_STR(words(longest, out), cut);
}

/* What one request may ask for at most: as many words as there may be in both texts, and all else
 * that narrows. It is answered, whatever it is. */
TEST_BOTH(list_answers_everything_asked_at_once) {
    struct shelf s;
    static const enum recording_state state = RECORDING_OPEN;
    static const char many[] = "b c d e f g h i j k l m n o p q r s t u v w x y z";
    struct recording_place at = place('a', 1000);
    shelf_begin(&s);
    start(&s, 'a', 1000, "t", many);
    person(&s, 'a', 1, many);
    struct recording_query q = {
        .tour = "t", .text = many, .person = many, .state = &state, .from = {500}, .to = {2000}};
    EXPECT_STR(find(&s, q), "a");
    q.after = &at;
    EXPECT_STR(find(&s, q), "");
    q.before = true;
    EXPECT_STR(find(&s, q), "");
    start(&s, 'z', 1500, "t", many);
    person(&s, 'z', 1, many);
    EXPECT_STR(find(&s, q), "z");
    shelf_end(&s);
}
