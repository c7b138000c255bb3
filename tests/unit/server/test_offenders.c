#include "server/offenders.h"
#include "tests/unit/test.h"

#include <stdlib.h>

static struct sig_who who(const char *tour, unsigned n) {
    struct sig_who w = {0};
    snprintf(w.tour, sizeof(w.tour), "%s", tour);
    snprintf(w.participant, sizeof(w.participant), "p%u", n);
    return w;
}

TEST(offenders_are_named_and_counted) {
    static struct offenders o;
    struct sig_who a = who("villa", 7), b = who("villa", 8);
    struct buffer t = {0};
    EXPECT(offenders_note(&o, 1, &a, OFFENCE_RATE));
    EXPECT(!offenders_note(&o, 2, &a, OFFENCE_RATE));
    EXPECT(offenders_note(&o, 3, &a, OFFENCE_NACK));
    EXPECT(offenders_note(&o, 4, &b, OFFENCE_RATE));
    offenders_metrics(&o, &t);
    char *text = buffer_take(&t);
    REQUIRE(text);
    EXPECT(strstr(text, "offences_total{kind=\"rate\"} 3\n"));
    EXPECT(strstr(text, "{kind=\"rate\",tour=\"villa\",participant=\"p7\"} 2\n"));
    EXPECT(strstr(text, "{kind=\"nack\",tour=\"villa\",participant=\"p7\"} 1\n"));
    EXPECT(strstr(text, "{kind=\"rate\",tour=\"villa\",participant=\"p8\"} 1\n"));
    mem_free(text);
}

TEST(a_crowd_of_offenders_does_not_grow_the_table) {
    static struct offenders o;
    for (unsigned i = 0; i < 3 * OFFENDERS_MAX; i++) {
        struct sig_who w = who("t", i), first = who("t", 0);
        EXPECT(offenders_note(&o, 10 + 2 * i, &w, OFFENCE_RTP) == true);
        (void)offenders_note(&o, 11 + 2 * i, &first, OFFENCE_NACK);
    }
    EXPECT_EQ(o.total[OFFENCE_RTP], 3 * OFFENDERS_MAX);
    struct sig_who first = who("t", 0), last = who("t", 3 * OFFENDERS_MAX - 1);
    EXPECT(!offenders_note(&o, 9999, &first, OFFENCE_NACK)); /* it goes on: it stays */
    EXPECT(!offenders_note(&o, 9999, &last, OFFENCE_RTP));
}
