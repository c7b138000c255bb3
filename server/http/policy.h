/* What browsers are told with every answer: the security headers. Owner: the control thread. */
#ifndef ORIEL_SERVER_HTTP_POLICY_H
#define ORIEL_SERVER_HTTP_POLICY_H

#include "server/config/config.h"

struct policy;
struct lws_protocol_vhost_options;

/* https: people reach us by that only. NULL: memory is out. */
struct policy *policy_new(const struct config *c, bool https);
/* NULL allowed; returns NULL. Not before libwebsockets is done with the headers. */
struct policy *policy_free(struct policy *p);
/* From the next answer on, web.images and web.frame_ancestors are those of c. */
void policy_again(struct policy *p, const struct config *c);
/* As libwebsockets adds them, also to answers of its own. */
const struct lws_protocol_vhost_options *policy_headers(const struct policy *p);

#endif
