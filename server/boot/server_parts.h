/* What the files of boot share: the server, in parts. Owner: the control thread. */
#ifndef ORIEL_SERVER_BOOT_SERVER_PARTS_H
#define ORIEL_SERVER_BOOT_SERVER_PARTS_H

#include "media/secure/dtls.h"
#include "server/api/api.h"
#include "server/boot/server.h"
#include "server/config/announce_again.h"
#include "server/http/deadlines.h"
#include "server/http/ws.h"
#include "server/recording/stores.h"
#include "server/tours/tours_log.h"

#include <limits.h>

struct server {
    struct loop loop;
    struct http_service http;
    struct ws_service ws;
    struct api api;            /* and the parts that it works with */
    const struct addr *caller; /* whose message signaling handles now; NULL: nobody's */
    wall_t started_wall;
    struct dtls_identity *identity;
    struct runtime_dir *runtime; /* NULL = sessions end with the process */
    struct live_file *live[WORKERS_MAX];
    struct tours_log *tours_log; /* NULL: likewise */
    struct worker *workers[WORKERS_MAX];
    struct peering *peering; /* NULL = one worker */
    /* Of writer, readers and jobs; NULL: a local folder. */
    struct stores *writing, *reading[READERS_MAX], *making;
    char tours_path[PATH_MAX]; /* for the ledger */
    struct announce announce;
    struct announce_again *again; /* NULL: nobody asks for the names of it */
    bool once_more;               /* and then again: somebody asked while that was under way */
    struct deadline probe;        /* looks how late it comes */
    struct {
        us_t due; /* when it should */
        unsigned samples;
        us_t at; /* of the last look at these */
        uint64_t cpu[WORKERS_MAX], lost;
    } load;
};

/* The thread that copies events and audit records into the database, if there is one. */
enum err server_start_ledger(struct server *s, char why[WHY_MAX]);
/* The loop with its services, not yet open. */
void server_control(struct server *s);
/* Take in what other threads reported and drain effects: the loop was woken. ctx is the server. */
void server_woken(void *ctx);
/* Recorder, reader, jobs, keeper and uploaders, with recording.enabled. */
enum err server_start_recording(struct server *s, char why[WHY_MAX]);
/* They end, and what they have open is closed; workers do not push any more. */
void server_stop_recording(struct server *s);
/* The runtime folder, with runtime_dir, and what an earlier process has left there. */
enum err server_start_live(struct server *s, char why[WHY_MAX]);
/* The certificate of DTLS: of an earlier process, where it is kept and good, else a new one. */
enum err server_identity(struct server *s, char why[WHY_MAX]);
/* Where worker i keeps its sessions. */
enum err server_live_file(struct server *s, uint32_t i, struct worker_config *w, char why[WHY_MAX]);
/* Where signaling keeps its tours, and what an earlier process has left of them. */
enum err server_tours_log(struct server *s, char why[WHY_MAX]);
/* Signaling, whose tours were declared, goes on with that. */
void server_tours_again(struct server *s);
/* Nothing is left of it; no call of signaling follows that changes anything. */
void server_stop_kept(struct server *s);
/* Nothing is left there; no worker runs. */
void server_stop_live(struct server *s);
/* Mix and workers. */
enum err server_start_workers(struct server *s, char why[WHY_MAX]);
/* The tours of the API, in memory; the thread that keeps them. */
enum err server_start_tours(struct server *s, char why[WHY_MAX]);
/* It ends; what was changed is written first. */
void server_stop_tours(struct server *s);
/* What is in memory; no request is left. */
void server_free_tours(struct server *s);
/* Signaling with the tours of the configuration, and the glue. */
enum err server_start_signaling(struct server *s, char why[WHY_MAX]);

/* The audit log, with audit.enabled: whatever starts later may tell it of acts. */
enum err server_start_audit(struct server *s, char why[WHY_MAX]);
/* The keeper has done this to a recording; in its thread. ctx is the server. */
void server_swept(void *ctx, const char *of, const char *what);
/* The keeper is about to shred this recording for its age: that is on the disk when it returns, or
 * false: it must be and cannot. In its thread; ctx is the server. */
bool server_may_sweep(void *ctx, const char *of);
/* Signaling says that somebody has done something (EFFECT_ACT). */
void server_act(struct server *s, const struct signaling_effect *e);

/* Look again and again whether there is too much to do; everything else runs. */
void server_start_admission(struct server *s);

#endif
