/* What the threads of events are told of the configuration. Thread: any. */
#ifndef ORIEL_SERVER_BOOT_EVENTS_CONFIG_H
#define ORIEL_SERVER_BOOT_EVENTS_CONFIG_H

#include "server/config/config.h"
#include "server/events/events_thread.h"
#include "server/http/loop.h"

/* Without sinks. Borrows from cfg. */
struct events_thread_config events_configured(const struct config *cfg);
/* One of them, without its maker. Borrows from cfg, and name. */
struct courier_thread_config courier_configured(const struct config *cfg, const char *name,
                                                const struct config_list *types);
/* Are there receivers? Otherwise nothing that happens is stored. */
bool events_told(const struct config *cfg);
/* Does a receiver name tour.message? Otherwise what people say is not even stored. */
bool events_want_messages(const struct config *cfg);
/* After something was shredded in recordings: the ledger forgets it, too. What cannot be done now
 * is done later by the thread of events, or at the next start. ctx: the configuration. Thread: any.
 */
void events_shredded(void *ctx);
/* Read the secrets of the sinks and start. Where there are no receivers *ret stays NULL, or, if
 * there is a ledger of before, is a thread that forgets it in its time and is to be told nothing.
 * cfg outlives it; loop is woken when there are replies. The errors of event_sinks_make and
 * events_thread_start, with why[WHY_MAX]. */
enum err events_start(const struct config *cfg, struct loop *loop, struct events_thread **ret,
                      char why[WHY_MAX]);

#endif
