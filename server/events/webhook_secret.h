/* The file with the secrets of a webhook. Thread: any. */
#ifndef ORIEL_SERVER_EVENTS_WEBHOOK_SECRET_H
#define ORIEL_SERVER_EVENTS_WEBHOOK_SECRET_H

#include "server/events/webhook_signature.h"

/* Read them (webhook_keys_read); file may be a credential of systemd (files_credential). ERR_IO,
 * ERR_LONG, ERR_FORMAT, ERR_DENIED (others may read it), ERR_NOMEM, with the file's name in
 * why[WHY_MAX]. */
enum err webhook_keys_load(const char *file, struct webhook_keys *ret, char why[WHY_MAX]);

#endif
