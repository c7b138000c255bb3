/* What is made of recordings: thumbnails, waveforms, exports. Each answers its request, or sees to
 * it that it will be. */
#ifndef ORIEL_SERVER_API_DERIVED_H
#define ORIEL_SERVER_API_DERIVED_H

#include "server/http/request.h"

/* Which there are. */
void derived_thumbnails(struct request *r);
/* One of them. */
void derived_thumbnail(struct request *r);
/* Of one track. */
void derived_waveform(struct request *r);
/* Which there are, done or not. */
void derived_exports(struct request *r);
/* Order one. */
void derived_export_start(struct request *r);
/* One export: its state, or away with it. */
void derived_export(struct request *r);
void derived_export_media(struct request *r);

#endif
