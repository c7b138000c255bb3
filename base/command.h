/* What signaling has the engines of workers do: filled by signaling, carried by the rim without a
 * look inside, obeyed by media (engine_command, over one table by type). A plain struct; each type
 * says which fields it reads, the others are 0. Thread: any. */
#ifndef ORIEL_BASE_COMMAND_H
#define ORIEL_BASE_COMMAND_H

#include "base/err.h"
#include "base/session.h"

/* X(symbol, name) - name is for logs and tests. Any may be answered with ERR_UNKNOWN (there is no
 * such tour or peer) and, where it says so, with others; then nothing has changed. */
#define COMMAND_LIST(X)                                                                           \
    /* tour. It must exist before its peers. ERR_FULL, ERR_EXISTS, ERR_NOMEM. */                  \
    X(COMMAND_TOUR_ADD, "tour_add")                                                               \
    /* tour. Removes its peers too, without events for them. */                                   \
    X(COMMAND_TOUR_REMOVE, "tour_remove")                                                         \
    /* tour, home, workers. A tour of many viewers is on several workers. Each has the tour and   \
     * some of its peers; home is the one that ranks voices and taps. May change at any time,     \
     * workers only come. ERR_RANGE. */                                                           \
    X(COMMAND_TOUR_SPAN, "tour_span")                                                             \
    /* tour, on. Start or stop tapping it; sources of participants without record_consent are not \
     * tapped. On start every live consenting source yields TAP_SOURCE_ON and is asked for a key  \
     * frame. */                                                                                  \
    X(COMMAND_TOUR_TAP, "tour_tap")                                                               \
    /* tour, on. Its voices are mixed for some of its viewers (session_params.mix), here or on    \
     * other workers: RELAY_MIX is told of its microphones, and what it tells of is shown to      \
     * them; or no more. Every worker of the tour is told so. */                                  \
    X(COMMAND_TOUR_MIX, "tour_mix")                                                               \
    /* params (and peer, for who carries it). ERR_FULL, ERR_EXISTS (peer or local ufrag),         \
     * ERR_RANGE (params), ERR_NOMEM. */                                                          \
    X(COMMAND_PEER_ADD, "peer_add")                                                               \
    /* peer. RTCP BYE is sent for its slots, and it is forgotten; no event. */                    \
    X(COMMAND_PEER_REMOVE, "peer_remove")                                                         \
    /* peer, ice. ICE restart (RFC 8445 section 9). Checks with the credentials before are        \
     * answered, and the old address stays selected, until a pair that was nominated with the new \
     * ones is proven. Keys, sequence numbers and slots go on. ERR_RANGE; ERR_EXISTS (local       \
     * ufrag). */                                                                                 \
    X(COMMAND_PEER_RESTART, "peer_restart")                                                       \
    /* peer, on. Consent to record given or withdrawn during the tour. */                         \
    X(COMMAND_PEER_CONSENT, "peer_consent")                                                       \
    /* peer, participant. Who hears the mix (session_params.mix) hears it from now on without     \
     * this participant, 0 = nobody. */                                                           \
    X(COMMAND_PEER_WITHOUT, "peer_without")                                                       \
    /* peer, kind, on. Intent: a source the participant has muted (or a host has) is not routed,  \
     * tapped or heard. */                                                                        \
    X(COMMAND_MUTE, "mute")                                                                       \
    /* peer, participant. Intent: this viewer wants that participant on the stage when there is   \
     * no screen share; 0 = none. */                                                              \
    X(COMMAND_PIN, "pin")                                                                         \
    /* peer, kind, on. Intent: what others send of this kind may be shown to this viewer (as from \
     * the beginning), or may not: then no packet of it goes out any more. ERR_RANGE (kind). */   \
    X(COMMAND_RECEIVE, "receive")                                                                 \
    /* peer, on. It is a host from now on, or no more (session_params.host). */                   \
    X(COMMAND_HOST, "host")                                                                       \
    /* tour, participant, lead. Intent: who holds everybody's stage: participant by a host's word \
     * (0 = nobody), else lead, who leads the tour (0 = nobody). Every worker of the tour is told \
     * so, also one that gets it later, or adopts its sessions. */                                \
    X(COMMAND_STAGE, "stage")                                                                     \
    /* tour, bytes. The most that is taken in of it here; 0 = as engine_config.tour_bytes. Every  \
     * worker of the tour is told so, also one that gets it later. */                             \
    X(COMMAND_TOUR_INTAKE, "tour_intake")

enum command_type {
#define X(sym, name) sym,
    COMMAND_LIST(X)
#undef X
        COMMAND_COUNT
};

struct command {
    uint8_t type; /* enum command_type */
    uint8_t kind; /* enum source_kind */
    bool on;
    uint8_t home;     /* worker */
    uint64_t workers; /* bit per worker that has the tour, who is told so among them */
    uint32_t bytes;   /* [bytes/s] */
    uint64_t tour, peer, participant, lead;
    /* Borrowed by a command that is obeyed on the spot, owned by a copy that travels. */
    struct session_params *params;
    struct ice_credentials *ice;
};

/* "mute"; "invalid" for what is no command. Never NULL. */
const char *command_name(enum command_type t);
/* A copy that owns what it points to: command_drop frees it. ERR_NOMEM: ret holds nothing. */
enum err command_copy(const struct command *c, struct command *ret);
/* Wipe the secrets of a copy, and free it: it was obeyed, or never will be. */
void command_drop(const struct command *c);

#endif
