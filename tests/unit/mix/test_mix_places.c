/* More voices than places: who has one, and who gives it up to whom. */
#include "base/alloc.h"
#include "tests/unit/mix/world.h"

#define HEARD 0.18 /* amplitude; people hum with 0.2 */
#define DEAF 0.002

static void two_places(struct world *w) {
    world_init(w, &(struct mixes_config){.listeners = 2, .voices = 2, .delay = DELAY});
}

/* Muted in the browser, which goes on sending digital silence and says so. */
static struct speaker *mutes_herself(struct world *w, uint64_t participant, double frequency) {
    struct speaker *s = world_speaks(w, participant, frequency);
    s->v.amplitude = 0;
    s->says_silence = true;
    return s;
}

static double tone(const struct world *w, const struct ear *e, double frequency) {
    return world_tone(w, e, frequency, 500 * MS);
}

/* A host who is muted for a moment loses her place; she gets one when she is back, though somebody
 * speaks in each. */
TEST(mix_a_host_finds_a_place) {
    struct world w;
    two_places(&w);
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *host = world_speaks(&w, 1, 440);
    host->host = true;
    world_tell(&w, host, true);
    world_speaks(&w, 2, 1000);
    world_run(&w, 1 * US_PER_S);
    world_speaks(&w, 3, 1700);
    world_run(&w, 1 * US_PER_S);
    EXPECT(tone(&w, e, 440) > HEARD && tone(&w, e, 1000) > HEARD);
    world_tell(&w, host, false);
    world_run(&w, 1200 * MS);
    EXPECT(tone(&w, e, 1000) > HEARD && tone(&w, e, 1700) > HEARD);
    host->next = w.now;
    world_tell(&w, host, true);
    world_run(&w, 800 * MS);
    EXPECT(tone(&w, e, 440) > HEARD);
    EXPECT_EQ(mixes_counters(w.x).voices, 2);
    world_run(&w, 3 * US_PER_S);
    EXPECT(tone(&w, e, 440) > HEARD); /* for good */
    world_free(&w);
}

/* Whoever only sends silence gives her place to somebody who speaks, at once. */
TEST(mix_silence_holds_no_place) {
    struct world w;
    two_places(&w);
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *quiet = mutes_herself(&w, 1, 440);
    world_speaks(&w, 2, 1000);
    world_run(&w, 2 * US_PER_S);
    struct speaker *third = mutes_herself(&w, 3, 1700);
    world_run(&w, 2 * US_PER_S);
    third->v.amplitude = 0.2;
    third->says_silence = false;
    world_run(&w, 700 * MS);
    EXPECT(tone(&w, e, 1700) > HEARD);
    EXPECT(tone(&w, e, 1000) > HEARD);
    third->v.amplitude = 0;
    third->says_silence = true;
    world_run(&w, 2 * US_PER_S);
    quiet->v.amplitude = 0.2;
    quiet->says_silence = false;
    world_run(&w, 700 * MS);
    EXPECT(tone(&w, e, 440) > HEARD);
    EXPECT(tone(&w, e, 1000) > HEARD);
    world_free(&w);
}

/* A host keeps her place while she is silent; who speaks keeps his; and who comes and says nothing
 * takes none. */
TEST(mix_places_that_are_kept) {
    struct world w;
    two_places(&w);
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *host = world_speaks(&w, 1, 440);
    host->host = true;
    world_tell(&w, host, true);
    world_speaks(&w, 2, 1000);
    world_run(&w, 1 * US_PER_S);
    host->v.amplitude = 0;
    host->says_silence = true;
    world_run(&w, 3 * US_PER_S);
    mutes_herself(&w, 3, 600);
    world_speaks(&w, 4, 1700);
    world_run(&w, 3 * US_PER_S);
    EXPECT(tone(&w, e, 1000) > HEARD);
    EXPECT(tone(&w, e, 1700) < DEAF);
    host->v.amplitude = 0.2;
    host->says_silence = false;
    world_run(&w, 560 * MS + DELAY);
    EXPECT(tone(&w, e, 440) > 0.8 * HEARD);
    world_free(&w);
}

/* However often somebody is muted, a microphone that is open and sends nothing keeps its decoder.
 */
TEST(mix_who_is_muted_displaces_nobody) {
    struct world w;
    two_places(&w);
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *quiet = world_speaks(&w, 1, 440), *other = world_speaks(&w, 2, 1000);
    world_run(&w, 500 * MS);
    quiet->next = w.now + 60 * US_PER_S;
    for (int i = 0; i < 20; i++) {
        world_run(&w, 100 * MS);
        world_tell(&w, other, false);
        world_run(&w, 100 * MS);
        other->next = w.now;
        world_tell(&w, other, true);
    }
    world_run(&w, 500 * MS);
    mem_fail_at(0);
    quiet->next = w.now;
    quiet->ts += 48 * 4500;
    world_run(&w, 1 * US_PER_S);
    EXPECT(!mem_failed()); /* nothing was asked for */
    mem_fail_at(-1);
    world_run(&w, 2 * US_PER_S); /* her clock may have been moved */
    EXPECT(tone(&w, e, 440) > HEARD);
    world_free(&w);
}

/* As many as like may come and go without a place. */
TEST(mix_many_without_a_place) {
    struct world w;
    struct relay m = {.type = RELAY_STATE, .tour = TOUR};
    two_places(&w);
    world_listens(&w, 10, 0, 0);
    m.source.kind = SOURCE_MICROPHONE;
    m.source.codec = CODEC_OPUS;
    for (uint32_t i = 0; i < 300; i++) {
        m.id = 1000 + i;
        m.source.participant = m.source.order = 1000 + i;
        m.source.flows = 1;
        mixes_input(w.x, w.now, &m);
        m.source.flows = i % 3 > 0;
        mixes_input(w.x, w.now, &m);
        world_run(&w, 10 * MS);
    }
    EXPECT_EQ(mixes_counters(w.x).voices, 2);
    world_run(&w, 6 * US_PER_S);
    EXPECT_EQ(mixes_counters(w.x).voices, 0); /* nobody told of them again */
    world_free(&w);
}
