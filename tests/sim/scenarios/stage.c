/* Which source fills which slot. */
#include "tests/sim/scenarios/scenarios.h"

void scenario_screen_takes_the_stage(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    run_connected(w);
    world_run_for(w, US_PER_S);
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    browser_publish(a, SOURCE_SCREEN, true);
    world_run_for(w, US_PER_S);
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_SCREEN);
    expect_shows(w, browser_slot(b, SLOT_GALLERY, 0), a, SOURCE_CAMERA);
    browser_publish(a, SOURCE_SCREEN, false);
    world_run_for(w, 6500 * US_PER_MS); /* its silence is noticed after 5 s */
    expect_shows(w, browser_slot(b, SLOT_STAGE, 0), a, SOURCE_CAMERA);
    SIM_EXPECT(w, browser_slot(b, SLOT_STAGE, 0)->switches == 2);
    expect_shows(w, browser_slot(b, SLOT_AUDIO, 0), a, SOURCE_MICROPHONE);
    expect_nothing_lost(w);
}

static struct browser_options a_speaker(struct world *w) {
    struct browser_options o = an_agent(w);
    o.host = o.screen = false;
    return o;
}

void scenario_speaker_changes(struct world *w) {
    struct browser_options o = a_speaker(w), buyer = a_buyer(w);
    struct browser *p[2] = {world_join(w, &o), world_join(w, &o)};
    struct browser *v = world_join(w, &buyer);
    run_connected(w);
    for (unsigned turn = 0; turn < 3; turn++) {
        struct browser *speaks = p[turn % 2], *listens = p[(turn + 1) % 2];
        browser_speak(speaks, true);
        browser_speak(listens, false);
        world_run_for(w, 2500 * US_PER_MS);
        SIM_EXPECT(w, w->speaker == speaks->params.participant);
        expect_shows(w, browser_slot(v, SLOT_STAGE, 0), speaks, SOURCE_CAMERA);
        expect_shows(w, browser_slot(v, SLOT_AUDIO, 0), speaks, SOURCE_MICROPHONE);
        expect_shows(w, browser_slot(v, SLOT_GALLERY, 0), listens, SOURCE_CAMERA);
    }
    SIM_EXPECT(w, browser_slot(v, SLOT_STAGE, 0)->switches >= 2);
    expect_nothing_lost(w);
}

void scenario_pin_keeps_the_stage(struct world *w) {
    struct browser_options o = a_speaker(w), buyer = a_buyer(w);
    struct browser *p[2] = {world_join(w, &o), world_join(w, &o)};
    struct browser *v = world_join(w, &buyer), *other = world_join(w, &buyer);
    run_connected(w);
    world_pin(w, v, p[1]);
    browser_speak(p[0], true);
    world_run_for(w, 2500 * US_PER_MS);
    expect_shows(w, browser_slot(v, SLOT_STAGE, 0), p[1], SOURCE_CAMERA);
    expect_shows(w, browser_slot(v, SLOT_AUDIO, 0), p[1], SOURCE_MICROPHONE);
    expect_shows(w, browser_slot(other, SLOT_STAGE, 0), p[0], SOURCE_CAMERA);
    world_pin(w, v, NULL);
    world_run_for(w, 1500 * US_PER_MS);
    expect_shows(w, browser_slot(v, SLOT_STAGE, 0), p[0], SOURCE_CAMERA);
    expect_nothing_lost(w);
}

void scenario_gallery_shows_the_others(struct world *w) {
    struct browser_options o = a_speaker(w), buyer = a_buyer(w);
    struct browser *p[3];
    for (unsigned i = 0; i < 3; i++) {
        p[i] = world_join(w, &o);
    }
    struct browser *v = world_join(w, &buyer);
    run_connected(w);
    world_run_for(w, 2 * US_PER_S);
    unsigned seen = 0;
    for (unsigned i = 0; i < v->n_plays; i++) {
        if (v->plays[i]->video && w->now - v->plays[i]->last_frame < 300 * US_PER_MS) {
            seen |= 1U << (play_shows(v->plays[i]) - 100);
        }
    }
    SIM_EXPECT(w, seen == 7);
    /* Nobody sees himself, and everybody sees the two others. */
    for (unsigned i = 0; i < 3; i++) {
        SIM_EXPECT(w, browser_slot(p[i], SLOT_STAGE, 0)->frames > 10);
        SIM_EXPECT(w, browser_slot(p[i], SLOT_GALLERY, 0)->frames > 10);
        SIM_EXPECT(w, browser_slot(p[i], SLOT_GALLERY, 1)->packets == 0);
    }
    world_leave(w, p[0]);
    world_run_for(w, 1500 * US_PER_MS);
    SIM_EXPECT(w, play_shows(browser_slot(v, SLOT_STAGE, 0)) != p[0]->params.participant);
    expect_nothing_lost(w);
}

void scenario_mute_stops_media(struct world *w) {
    struct browser_options agent = an_agent(w), buyer = a_buyer(w);
    struct browser *a = world_join(w, &agent);
    struct browser *b = world_join(w, &buyer);
    enum source_kind kind = world_below(w, 2) ? SOURCE_CAMERA : SOURCE_MICROPHONE;
    enum slot_kind slot = kind == SOURCE_CAMERA ? SLOT_STAGE : SLOT_AUDIO;
    run_connected(w);
    world_tap(w, true);
    world_run_for(w, US_PER_S);
    expect_shows(w, browser_slot(b, slot, 0), a, kind);
    const struct play *p = browser_slot(b, slot, 0);
    world_mute(w, a, kind, true);
    const struct tap_source *tapped = tap_source_of(w, (uint16_t)a->params.participant, kind);
    SIM_EXPECT(w, tapped && !tapped->on);
    world_run_for(w, 60 * US_PER_MS); /* what is on the wire arrives */
    uint64_t packets = p->packets;
    world_run_for(w, US_PER_S);
    SIM_EXPECT(w, p->packets == packets);
    SIM_EXPECT(w, world_events(w, MEDIA_SOURCE_OFF, a->params.peer) >= 1);
    world_mute(w, a, kind, false);
    world_run_for(w, 1700 * US_PER_MS);
    expect_shows(w, browser_slot(b, slot, 0), a, kind);
    expect_nothing_lost(w);
}
