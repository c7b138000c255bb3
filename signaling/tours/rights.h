/* Who may send and receive what: the default of a kind of person, less what the token withholds,
 * then what hosts have said. Media is told by COMMAND_MUTE and COMMAND_RECEIVE, at once and without
 * a new offer, and only what is different for it. */
#ifndef ORIEL_SIGNALING_TOURS_RIGHTS_H
#define ORIEL_SIGNALING_TOURS_RIGHTS_H

#include "base/err.h"
#include "signaling/state/state.h"

/* A run begins: what guests may is as the configuration and the tour say. */
void rights_begin(const struct signaling *s, struct tour *t);
/* It ends: what hosts have said is forgotten. */
void rights_forget(struct tour *t);
/* Its declaration has changed: so has what its guests may. */
void rights_declared(struct signaling *s, us_t now, struct tour *t);

/* Somebody takes a seat with this token, or hers again. Media is told with the transport. */
void rights_enter(struct seat *seat, const struct claims *claims);
/* What decides what she may has changed: all are told. */
void rights_changed(struct signaling *s, us_t now, struct seat *seat);
/* The same of a viewer by WHEP who is about to be started, and whose sub is set. */
void rights_enter_viewer(const struct tour *t, struct session *session,
                         const struct claims *claims);

/* Tell media what this session may not send, by intent or by right, and not receive, as far as it
 * does not know. */
void rights_tell(struct signaling *s, struct session *session);
/* A source of hers is off by intent, or no more: the recording and media are told. False: it was so
 * already. */
bool rights_mute(struct signaling *s, struct seat *seat, enum source_kind kind, bool muted);

/* A host says what these may: seats that are `named`, and whoever has their tokens. ERR_NOMEM:
 * nothing has changed. */
enum err rights_grant(struct signaling *s, us_t now, struct tour *t,
                      const struct capabilities_part *p);
/* The same of all guests but those that are not `named`, and of those who are still to come. */
enum err rights_grant_all(struct signaling *s, us_t now, struct tour *t,
                          const struct capabilities_part *p);

#endif
