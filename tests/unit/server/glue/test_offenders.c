#include "server/glue/offenders.h"
#include "tests/unit/test.h"

#include <stdlib.h>

static struct signaling_who who(const char *tour, unsigned n) {
    struct signaling_who w = {0};
    snprintf(w.tour, sizeof(w.tour), "%s", tour);
    snprintf(w.participant, sizeof(w.participant), "p%u", n);
    return w;
}

TEST(offenders_are_named_and_counted) {
    static struct offenders o;
    struct signaling_who a = who("villa", 7), b = who("villa", 8);
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

/* Whoever scrapes once a minute sees everybody who is named; nobody hides in a crowd of others. */
TEST(a_crowd_of_offenders_neither_grows_the_table_nor_washes_it_out) {
    static struct offenders o;
    us_t t = 10; /* the machine has just started */
    for (unsigned i = 0; i < 3 * OFFENDERS_MAX; i++, t += US_PER_S / 4) {
        struct signaling_who w = who("t", i);
        EXPECT_EQ(offenders_note(&o, t, &w, OFFENCE_RTP), i < OFFENDERS_MAX);
    }
    EXPECT_EQ(o.total[OFFENCE_RTP], 3 * OFFENDERS_MAX);
    EXPECT_EQ(o.unnamed, 2 * OFFENDERS_MAX);
    struct signaling_who first = who("t", 0), second = who("t", 1), late = who("t", 1000);
    EXPECT(!offenders_note(&o, t, &first, OFFENCE_RTP)); /* it goes on: it stays */
    t = 10 + US_PER_S / 4 + OFFENDERS_HOLD;              /* second was quiet for so long */
    EXPECT(!offenders_note(&o, t - 1, &late, OFFENCE_NACK));
    EXPECT(offenders_note(&o, t, &late, OFFENCE_NACK));
    EXPECT(!offenders_note(&o, t, &first, OFFENCE_RTP));
    EXPECT(!offenders_note(&o, t, &second, OFFENCE_RTP));
    struct buffer text = {0};
    offenders_metrics(&o, &text);
    char *shown = buffer_take(&text);
    REQUIRE(shown);
    EXPECT(strstr(shown, "offences_unnamed_total 130\n"));
    EXPECT(strstr(shown, "{kind=\"rtp\",tour=\"t\",participant=\"p0\"} 3\n"));
    EXPECT(strstr(shown, "{kind=\"nack\",tour=\"t\",participant=\"p1000\"} 1\n"));
    EXPECT(!strstr(shown, "participant=\"p1\""));
    mem_free(shown);
}
