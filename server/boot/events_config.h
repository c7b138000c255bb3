/* What the threads of events are told of the configuration. Thread: any. */
#ifndef ORIEL_SERVER_BOOT_EVENTS_CONFIG_H
#define ORIEL_SERVER_BOOT_EVENTS_CONFIG_H

#include "server/config/config.h"
#include "server/events/events_thread.h"
#include "server/http/loop.h"

/* Without sinks. Borrows from cfg. */
struct events_thread_config events_configured(const struct config *cfg);
/* One of them, which signs with these keys. Borrows from all three. */
struct courier_thread_config webhook_configured(const struct config *cfg,
                                                const struct config_webhook *w,
                                                const struct webhook_keys *keys);
/* Does a webhook name tour.message? Otherwise what people say is not even stored. */
bool events_want_messages(const struct config *cfg);
/* After something was shredded in recordings: the ledger forgets it, too. What cannot be done now
 * is done later by the thread of events, or at the next start. ctx: the configuration. Thread: any.
 */
void events_shredded(void *ctx);
/* Read the webhooks' secrets and start; *ret stays NULL where events.enabled is false or
 * there are no webhooks. loop is woken when there are replies. The errors
 * of webhook_keys_load and events_thread_start, with why[WHY_MAX]. */
enum err events_start(const struct config *cfg, struct loop *loop, struct events_thread **ret,
                      char why[WHY_MAX]);

#endif
