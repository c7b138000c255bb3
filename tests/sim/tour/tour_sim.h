/* A whole tour in virtual time: signaling, engines and people, wired together as server/glue does
 * it, but with wires that are slow and break. What signaling has engines do waits in a mailbox of
 * each worker, what engines report waits as well, and so does every message between a client and
 * signaling. Split over tour_wires.c (all of that), tour_reports.c (what engines report),
 * tour_pages.c (what a client says), tour_view.c (what it believes), tour_judge.c and tour_model.c
 * (what docs/protocol.md says that must come of it, written from that alone), tour_rights.c (who
 * may be seen and heard by whom), and tour_checks.c (what must be so), and tour_kill.c (another
 * process goes on). Owner: the scenario.
 */
#ifndef ORIEL_TESTS_SIM_TOUR_SIM_H
#define ORIEL_TESTS_SIM_TOUR_SIM_H

#include "base/buffer.h"
#include "base/list.h"
#include "signaling/signaling.h"
#include "tests/sim/sim_kept.h"
#include "tests/sim/sim_world.h"
#include "json/json_read.h"

#define TOUR_NAME "shown"
#define TOUR_WORKERS 2
#define TOUR_PEOPLE 9
#define TOUR_PAGES 14
#define TOUR_SEATS 160 /* of all runs of a simulation: then nobody new comes */
#define TOUR_VIEW 24   /* participants that a client knows of */
#define TOUR_ENTRIES 4096
#define TOUR_LIST 3      /* ids in a request */
#define TOUR_FIELDS 5    /* of `can`: three kinds, chat and point */
#define TOUR_RECEIVING 4 /* lines of the offer: stage, gallery, two of audio */
#define ID_TEXT 12

#define TOUR_TICK (50 * US_PER_MS)
#define TOUR_RESUME_GRACE (6 * US_PER_S)
#define TOUR_EMPTY_GRACE (8 * US_PER_S)
#define TOUR_HOST_LIMIT (14 * US_PER_S)
#define TOUR_CAPACITY 6
#define TOUR_SEATS_PER_TOKEN 2

/* Requests. X(symbol, type on the wire, may be asked without a seat, host only) */
#define ASKS(X)                                \
    X(ASK_HELLO, "hello", true, false)         \
    X(ASK_JOIN, "join", true, false)           \
    X(ASK_RESUME, "resume", true, false)       \
    X(ASK_PING, "ping", true, false)           \
    X(ASK_RENEW, "renew", false, false)        \
    X(ASK_RESTART, "restart", false, false)    \
    X(ASK_LEAVE, "leave", false, false)        \
    X(ASK_END, "end", false, true)             \
    X(ASK_MUTE, "mute", false, false)          \
    X(ASK_MUTE_ALL, "mute_all", false, true)   \
    X(ASK_ALLOW, "allow", false, true)         \
    X(ASK_PIN, "pin", false, false)            \
    X(ASK_REMOVE, "remove", false, true)       \
    X(ASK_HOST, "host", false, true)           \
    X(ASK_HAND_OVER, "hand_over", false, true) \
    X(ASK_SPOTLIGHT, "spotlight", false, true) \
    X(ASK_LOCK, "lock", false, true)           \
    X(ASK_LOBBY, "lobby", false, true)         \
    X(ASK_ADMIT, "admit", false, true)         \
    X(ASK_CONSENT, "consent", false, false)    \
    X(ASK_CHAT, "chat", false, false)          \
    X(ASK_ASK, "ask", false, false)            \
    X(ASK_ANSWER, "answer", false, true)       \
    X(ASK_HAND, "hand", false, false)          \
    X(ASK_REACT, "react", false, false)        \
    X(ASK_POINT, "point", false, false)        \
    X(ASK_CHAPTER, "chapter", false, true)     \
    X(ASK_FOLLOW, "follow", false, true)       \
    X(ASK_RETRACT, "retract", false, false)    \
    X(ASK_NONSENSE, "teleport", true, false)
#define X(sym, name, open, host) sym,
enum ask { ASKS(X) ASK_COUNT };
#undef X

/* Which peer connection an offer is of. */
enum offered { OFFER_NONE, OFFER_NEW, OFFER_SAME };

struct request {
    enum ask what;
    uint64_t id;
    char who[ID_TEXT];             /* "": null, or oneself */
    char list[TOUR_LIST][ID_TEXT]; /* participants, or (all) those who are excepted */
    unsigned n_list;
    bool on, all, for_hosts, no_token;
    enum source_kind kind;
    unsigned field, value; /* allow: of TOUR_FIELDS */
    enum offered offer;
    unsigned identity; /* of the offer's certificate */
    unsigned choice;   /* join: ask, take_over, beside */
    char secret[72];   /* resume */
    int64_t seq;       /* retract; resume: seen */
    unsigned number;   /* answer: of the question */
    unsigned nonce;    /* in texts */
};

/* A word in `can`: bit 0 to send, bit 1 to receive; chat and point are 0 or 1. -1: not said. */
struct words {
    int8_t of[TOUR_FIELDS];
};

/* Whose token it is. */
struct person {
    char sub[8], name[8];
    enum role role;
    struct words withheld; /* by the token */
    /* Of the run: */
    bool removed, admitted;
    struct words named;
};

/* What the model knows of a seat, whole life. */
struct seat_model {
    bool here, waits, admitted, lost, host, consent, hand;
    uint32_t number;      /* "p7" */
    uint64_t participant; /* as commands call it; 0: has never been in */
    struct person *person;
    uint64_t conn;  /* 0: none */
    us_t until;     /* waits and is admitted, or is lost: then it is over */
    uint64_t order; /* of those who are in */
    uint8_t muted;
    uint64_t peer;     /* 0: no transport */
    unsigned identity; /* of its last transport, */
    unsigned spent;    /* and of the one that it was given for; 0: none */
    bool connected;
    uint8_t flows, lines; /* bit per kind: sources that engines told of; that it has offered */
    char secret[2][72];   /* of resume: the newest, and the one before it while that works */
    unsigned pinned;      /* number */
};

struct entry_model {
    bool hosts_only, from_seat, taken_back;
    uint32_t from; /* number */
    char kind[16];
};

struct model {
    struct seat_model seats[TOUR_SEATS];
    unsigned n;
    uint64_t run; /* handle of the tour; 0: it does not run */
    bool locked, lobby, attended;
    uint32_t lead, spotlight; /* numbers */
    uint64_t order;
    struct words everyone;
    struct entry_model entries[TOUR_ENTRIES]; /* by seq */
    uint64_t seq;
    unsigned questions;
    us_t peopleless_since, empty_since; /* nobody is in; nor waits. US_NEVER: it is not so */
    us_t hostless_since;
    bool ended; /* by a host, its last run */
    bool ends;  /* a host has just asked for it */
};

/* What a client believes. */
struct view {
    struct {
        char id[ID_TEXT];
        char *text; /* the participant object */
    } roster[TOUR_VIEW], lobby[TOUR_VIEW];
    unsigned n, n_lobby;
    char *tour; /* what tour_changed tells of it */
    struct {
        char mid[8], id[ID_TEXT];
        uint8_t kind;
    } slots[TOUR_RECEIVING];
    unsigned n_slots;
    char speaker[ID_TEXT];
    int64_t seq;   /* highest that it has read, */
    int64_t since; /* and the one before which it knows nothing */
    uint8_t read[TOUR_ENTRIES / 8];
};

enum phase { PAGE_OUT, PAGE_WAITING, PAGE_ADMITTED, PAGE_IN };

struct wire { /* a WebSocket */
    struct link in_sim, up, down;
    uint64_t conn;
    struct page *page;   /* NULL: its client has given it up */
    bool opened, closed; /* as the server has it; */
    bool closing;        /* signaling has said so */
    us_t up_at, down_at; /* nothing overtakes */
};

struct page { /* a client: a person may have several */
    unsigned number;
    struct person *person;
    struct wire *wire; /* NULL: it is not connected */
    enum phase phase;
    char me[ID_TEXT], secret[72];
    struct browser *browser;    /* of its peer connection; NULL: none */
    struct ice_credentials ice; /* of the server's answer to a restart that is under way */
    unsigned identity;
    uint32_t offers; /* so far */
    uint64_t next_id;
    uint64_t leaves, resumes; /* bit id % 64: the request of this number is one */
    uint64_t due_id;          /* the next reply's: they come in order */
    struct view view;
};

enum parcel_kind { PARCEL_TEXT, PARCEL_CLOSE, PARCEL_COMMAND, PARCEL_FENCE, PARCEL_EVENT };

struct parcel {
    struct link in;
    us_t at;
    enum parcel_kind kind;
    char *text;
    size_t len;
    struct request request;
    uint16_t status;
    struct command command;
    struct media_event event;
    struct fence {
        unsigned browser;
        enum source_kind kind;
        bool send, over;
        uint32_t age;
    } fence;
};

struct tour_sim {
    struct world *w;
    struct signaling *s;
    struct sim_kept kept; /* looked at after each call */
    struct rng_seeded seeded;
    struct person people[TOUR_PEOPLE];
    struct page pages[TOUR_PAGES];
    struct model model;
    struct link wires;
    uint64_t next_conn;
    struct link mailbox[TOUR_WORKERS], reports;
    us_t mailbox_at[TOUR_WORKERS], reports_at;
    us_t told_at; /* [us] signaling was called last */
    us_t slow;    /* [us] that commands may take */
    /* Of each browser: the seat that it belongs to, and what may not be any more. */
    struct {
        uint32_t seat;                  /* number */
        bool may[2][SOURCE_KIND_COUNT]; /* [send] */
        uint32_t age[2][SOURCE_KIND_COUNT];
    } barred[SIM_BROWSERS_MAX];
    /* The call under way: what came back on the connection that asked. */
    struct {
        uint64_t conn, id;
        bool ok, closed;
        unsigned replies;
        char code[32], id_text[ID_TEXT], type[16], secret[72];
        uint64_t peer, participant;
    } reply;
    char end_reason[16];
    unsigned steps, sizes[ASK_COUNT], granted[ASK_COUNT];
    unsigned effects;    /* of the call under way */
    uint64_t hosts[256]; /* connections that it has told of the lobby */
    unsigned n_hosts;
    uint64_t probe;            /* connection of the newcomer who is there for a moment; 0: none, */
    const struct json *probed; /* and the first reply to it */
    unsigned stages, runs;     /* that were looked at; of the tour */
    uint64_t last_run;         /* its handle */
    bool kills;                /* now and then the process is killed, */
    unsigned killed;           /* so often */
    bool lobby;                /* as the tour is declared */
};

/* tour_wires.c: the world with everything between its parts. */
struct tour_sim *tour_sim_new(struct world *w);
void tour_sim_free(struct tour_sim *t);
/* Let time pass. */
void tour_run(struct tour_sim *t, us_t until);
/* Signaling was told something: what comes of it goes its way. Then the model has it, too. */
void tour_told(struct tour_sim *t);
void tour_known(struct tour_sim *t);
/* tour_reports.c: an engine says it. */
void tour_report(struct tour_sim *t, const struct media_event *e);
/* All wires, and what was under way anywhere, are gone. */
void tour_cut(struct tour_sim *t);
/* Another signaling, that knows nothing. */
void tour_signaling(struct tour_sim *t);
/* Nothing is under way on any wire, mailbox or report. */
bool tour_is_quiet(const struct tour_sim *t);
struct wire *wire_open(struct tour_sim *t, struct page *p);
/* The client's end is dead; the server will notice, and may still get some of what was sent. */
void wire_break(struct tour_sim *t, struct wire *v);
void wire_send(struct tour_sim *t, struct wire *v, const struct request *r, struct buffer *text);
/* Tell signaling at once, and judge what comes of it. */
void tour_hear(struct tour_sim *t, uint64_t conn, const struct request *r, struct bytes text);
/* An observer comes, is told everything (t->probed), and goes. */
void tour_probe(struct tour_sim *t);
void tour_fence(struct tour_sim *t, const struct fence *f, unsigned worker);
uint32_t tour_below(struct tour_sim *t, uint32_t n);
struct json_limits tour_limits(void);

/* tour_kill.c */
/* The process is killed, and another one goes on with what it has kept. */
void tour_kill(struct tour_sim *t);

/* tour_pages.c */
void page_ask(struct tour_sim *t, struct page *p, struct request r);
void page_resume(struct tour_sim *t, struct page *p, enum offered offer);
void page_reconnect(struct tour_sim *t, struct page *p, enum offered offer);
/* The text of a request. */
void request_put(struct tour_sim *t, const struct page *p, const struct request *r,
                 struct buffer *o);
/* A browser for the session that signaling has agreed on with this page. */
void page_session(struct tour_sim *t, struct page *p, const struct session_params *s);
void tour_offer(struct buffer *o, struct tour_sim *t, const struct page *p, unsigned identity);

/* tour_view.c */
void view_forget(struct view *v);
/* A message arrives at its client. */
void view_read(struct tour_sim *t, struct page *p, struct bytes text);
/* The members of a tour that changes are told of, as text; mem_free. */
char *view_tour(const struct json *tour);
char *view_compact(const struct json *v);

/* tour_model.c */
struct seat_model *model_seat(struct model *m, const char *id);
struct seat_model *model_conn(struct model *m, uint64_t conn);
struct seat_model *model_in(struct model *m, const char *id); /* not one who waits */
/* How many admit lets in. */
unsigned model_coming(const struct model *m, const struct request *r);
bool model_host_is_in(const struct model *m);
/* Whether it may send (receive) this, by all that was said. */
bool model_may(const struct model *m, const struct seat_model *s, bool send, enum source_kind kind);
struct words model_can(const struct model *m, const struct seat_model *s);
bool model_is_guest(const struct seat_model *s);
/* What has come of a request that was granted. */
void model_apply(struct tour_sim *t, uint64_t conn, const struct request *r);
void model_lost(struct tour_sim *t, uint64_t conn);
/* All have lost their links and transports at once. */
void model_killed(struct tour_sim *t);
/* Seats whose time has run out. */
void model_time(struct tour_sim *t);
/* After anything: lead, spotlight, the times without hosts and people. */
void model_settle(struct tour_sim *t);
void model_run(struct tour_sim *t, uint64_t run);
void model_ended(struct tour_sim *t, bool for_good);
/* Its own transport. */
struct seat_model *model_peer(struct model *m, uint64_t peer);
void model_leaves(struct tour_sim *t, struct seat_model *s);

/* tour_judge.c: what the reply must be. */
#define VERDICTS 6
struct verdict {
    enum code codes[VERDICTS]; /* any of these: none means that it must be granted */
    unsigned n;
    bool open; /* the protocol does not say which: it may be granted as well */
};
struct verdict judge(struct tour_sim *t, uint64_t conn, const struct request *r);

/* tour_rights.c */
/* After signaling was told anything: fences for what may not be any more. */
void rights_note(struct tour_sim *t);
void rights_reached(struct tour_sim *t, const struct fence *f);

/* tour_checks.c */
/* An effect of signaling, before it goes its way. */
void check_effect(struct tour_sim *t, const struct signaling_effect *e);
void check_reply(struct tour_sim *t, const struct verdict *v, const struct request *r);
/* After the call: who was told of the lobby is a host. */
void check_hosts(struct tour_sim *t);

/* tour_settled.c */
/* Nothing is under way: everybody sees the same, and it is what the model says. */
void check_settled(struct tour_sim *t);
/* All have left: nothing is left behind. */
void check_gone(struct tour_sim *t);

#endif
