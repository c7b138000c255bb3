/* The tours that the API keeps, in memory, in the order of their making. Owner: the control thread.
 */
#ifndef ORIEL_SERVER_TOURS_REGISTRY_H
#define ORIEL_SERVER_TOURS_REGISTRY_H

#include "server/tours/tour_record.h"

struct registry;

/* Room for cap records; NULL when memory is out. seed: random. */
struct registry *registry_new(size_t cap, uint64_t seed);
/* With its records. NULL allowed; returns NULL. */
struct registry *registry_free(struct registry *x);
/* Takes the record. ERR_EXISTS: there is one of its name; ERR_FULL; ERR_NOMEM: it is the caller's
 * still. */
enum err registry_add(struct registry *x, struct tour_record *r);
/* Frees the record. */
void registry_remove(struct registry *x, struct tour_record *r);
/* The record of this name, or NULL. */
struct tour_record *registry_find(const struct registry *x, const char *name);
/* The newest that is older than the one of this id ("": the newest of all), or NULL; there need be
 * no such one. */
struct tour_record *registry_before(const struct registry *x, const char *id);
/* The oldest that has ended and is not busy, or NULL. */
struct tour_record *registry_oldest_ended(const struct registry *x);
/* Those that have not ended and that this sub has made; of_issuer: or anybody whom the issuer of
 * its tokens calls otherwise ("issuer:sub", auth.issuers). */
size_t registry_made_by(const struct registry *x, const char *sub, bool of_issuer);
size_t registry_count(const struct registry *x);
/* Of those that have ended. */
size_t registry_ended(const struct registry *x);

#endif
