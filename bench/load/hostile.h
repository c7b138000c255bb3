/* A participant who means harm: one WHIP seat and one WHEP viewer of the same person, with keys of
 * their own like everybody's, so that all they send is authentic. Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_HOSTILE_H
#define ORIEL_BENCH_LOAD_HOSTILE_H

#include "bench/load/target.h"

#define ATTACKS 5

/* Sets of what is done at once. */
enum {
    ATTACK_BYE = 1,   /* camera and microphone come and go: a packet, a BYE, and so on */
    ATTACK_LOUD = 2,  /* the same, and nobody is louder: the flapping is what viewers are shown */
    ATTACK_NACK = 4,  /* the viewer asks for the latest 64 packets, again and again */
    ATTACK_SSRC = 8,  /* each packet has an SSRC of its own */
    ATTACK_RATE = 16, /* the camera sends 100 Mbit/s */
    ATTACK_ALL = ATTACK_BYE | ATTACK_NACK | ATTACK_SSRC | ATTACK_RATE
};

struct hostile {
    struct load *load;
    struct crowd crowd;   /* one publisher, one viewer */
    unsigned attacks;     /* under way */
    us_t at;              /* until when what is due has been sent */
    double owed[ATTACKS]; /* packets of each attack that are due, and a fraction */
    uint64_t sent;        /* packets of all attacks */
    uint64_t behind;      /* that were due, and there was no time to send them */
};

/* Its clients, which take part in the load until hostile_close; they attack nobody yet. */
void hostile_open(struct hostile *h, struct load *l);
/* Safe on a zeroed struct. */
void hostile_close(struct hostile *h);
/* Join a room of an Oriel and wait for it; false when it is not let in. */
bool hostile_join(struct hostile *h, struct target *t, unsigned room);
/* Attack from now on in these ways, 0 = no more. It must have joined. */
void hostile_attack(struct hostile *h, unsigned attacks);

#endif
