/* A worker goes on with the sessions that a process before this one has left (docs/survival.md).
 * Signaling is the one who knows whose they are, and it may know nothing of some: so a session is
 * on trial until a command names it, and a tour until it is added, as if it were not there yet.
 * What nobody has claimed in time is ended. Owner: who starts the worker until its thread runs,
 * then that thread. */
#ifndef ORIEL_SERVER_RELAY_ADOPTION_H
#define ORIEL_SERVER_RELAY_ADOPTION_H

#include "media/media.h"
#include "server/relay/live_file.h"

struct adoption;

struct adopted {
    uint64_t peer, participant, tour;
};

/* Adopts all that the old file has, each into a slot of `live`, of which `e` has the slots. Nothing
 * is sent: the caller drains the engine when the file has its name (live_file_settle). What cannot
 * be adopted is counted and left out. ERR_NOMEM: nothing must be drained. */
enum err adoption_new(struct engine *e, us_t now, struct live_old *old, struct live_file *live,
                      struct adoption **ret);
/* NULL allowed; returns NULL. */
struct adoption *adoption_free(struct adoption *a);
/* Adopted ones, in no order; i below adoption_count. */
uint32_t adoption_count(const struct adoption *a);
const struct adopted *adoption_at(const struct adoption *a, uint32_t i);
/* How many were left out. */
uint32_t adoption_refused(const struct adoption *a);

/* A command has come, whatever the engine makes of it. */
void adoption_command(struct adoption *a, const struct command *c);
/* Until when claims are waited for; US_NEVER: it is over. NULL allowed. */
void adoption_wait(struct adoption *a, us_t until);
us_t adoption_deadline(const struct adoption *a);
/* Removes what nobody has claimed, when it is time; how many sessions those were. The caller drains
 * the engine. NULL allowed. */
uint32_t adoption_timeout(struct adoption *a, struct engine *e, us_t now);

#endif
