#include "server/api/metrics.h"

#include "base/buffer.h"
#include "base/check.h"
#include "media/secure/srtp.h"
#include "server/auth/authority.h"
#include "server/config/units.h"
#include "server/ledger/ledger_thread.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/recording/uploader_thread.h"
#include "server/relay/mix_thread.h"

#include <inttypes.h>
#include <string.h>

static void head(struct buffer *t, const char *name, const char *type, const char *help) {
    buffer_printf(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(struct buffer *t, const char *name, const char *help, uint64_t value) {
    head(t, name, "counter", help);
    buffer_printf(t, "%s %" PRIu64 "\n", name, value);
}

static void gauge(struct buffer *t, const char *name, const char *help, uint64_t value) {
    head(t, name, "gauge", help);
    buffer_printf(t, "%s %" PRIu64 "\n", name, value);
}

static void labelled(struct buffer *t, const char *name, const char *label, const char *is,
                     uint64_t value) {
    buffer_printf(t, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, is, value);
}

static void put_server(struct buffer *t, const struct api *a, us_t now) {
    head(t, "oriel_build_info", "gauge", "Always 1; the version is the label.");
    buffer_printf(t, "oriel_build_info{version=\"%s\"} 1\n", ORIEL_VERSION);
    head(t, "oriel_aead_info", "gauge", "Always 1; the library that seals with AES-GCM.");
    buffer_printf(t, "oriel_aead_info{library=\"%s\"} 1\n", srtp_aead_name());
    counter(t, "oriel_log_dropped_total", "Log lines that whoever reads the log did not take.",
            log_dropped());
    counter(t, "oriel_log_repeated_total", "Log lines beyond log.repeats_per_second.",
            log_repeated());
    head(t, "oriel_reloads_total", "counter", "Orders to read the configuration again (SIGHUP).");
    labelled(t, "oriel_reloads_total", "result", "ok", a->reloads[true]);
    labelled(t, "oriel_reloads_total", "result", "failed", a->reloads[false]);
    gauge(t, "oriel_uptime_seconds", "Time since the server started.",
          (uint64_t)((now - a->started) / US_PER_S));
}

/* All of them in one place, whatever metrics of their own they have, too. */
static void put_refused(struct buffer *t, const struct api *a) {
    const struct loop_counters *n = &a->loop->counters;
    static const char *const reasons[] = {
#define X(sym, name) [sym] = name,
        LOOP_REFUSAL_REASONS(X)
#undef X
    };
    const struct {
        const char *reason;
        uint64_t count;
    } more[] = {{"connections", n->refused_connections},
                {"connections_per_address", n->refused_address},
                {"requests_per_address", n->refused_requests},
                {"input_per_address", n->refused_input},
                {"origin", n->ws_origin_refused},
                {"overload", signaling_stats(a->signaling).overloaded}};
    head(t, "oriel_refused_total", "counter", "Who was refused at the door, by reason.");
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        labelled(t, "oriel_refused_total", "reason", reasons[i], n->refused[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        labelled(t, "oriel_refused_total", "reason", more[i].reason, more[i].count);
    }
}

static void put_problems(struct buffer *t, const struct refusals *r) {
    head(t, "oriel_http_problems_total", "counter", "HTTP answers with a problem, by its code.");
    for (size_t i = 0; i < r->n; i++) {
        labelled(t, "oriel_http_problems_total", "code", r->at[i].code, r->at[i].n);
    }
    labelled(t, "oriel_http_problems_total", "code", "others", r->others);
}

static void put_http(struct buffer *t, const struct api *a) {
    static const char *const classes[] = {NULL, "1xx", "2xx", "3xx", "4xx", "5xx"};
    const struct loop_counters *n = &a->loop->counters;
    gauge(t, "oriel_connections", "Open TCP connections.", a->loop->open);
    head(t, "oriel_connections_refused_total", "counter",
         "Connections beyond limits.connections (all) and connections_per_address (address).");
    labelled(t, "oriel_connections_refused_total", "why", "all", n->refused_connections);
    labelled(t, "oriel_connections_refused_total", "why", "address", n->refused_address);
    counter(t, "oriel_requests_refused_total", "Requests beyond limits.requests_per_address.",
            n->refused_requests);
    counter(t, "oriel_input_refused_total",
            "Messages and bodies beyond limits.input_mib_per_address.", n->refused_input);
    put_refused(t, a);
    head(t, "oriel_http_timeouts_total", "counter", "Connections ended by a deadline, by phase.");
    labelled(t, "oriel_http_timeouts_total", "phase", "headers", n->timeouts_headers);
    labelled(t, "oriel_http_timeouts_total", "phase", "body", n->timeouts_body);
    labelled(t, "oriel_http_timeouts_total", "phase", "answer", n->timeouts_answer);
    labelled(t, "oriel_http_timeouts_total", "phase", "message", n->timeouts_message);
    head(t, "oriel_http_requests_total", "counter", "HTTP requests by class of answer.");
    for (int i = 1; i < HTTP_STATUS_MAX; i++) {
        buffer_printf(t, "oriel_http_requests_total{code=\"%s\"} %" PRIu64 "\n", classes[i],
                      n->http_requests[i]);
    }
    put_problems(t, &n->problems);
}

/* A histogram as Prometheus has them: buckets are sums. */
static void put_admission(struct buffer *t, const struct admission *a) {
    uint64_t below = 0;
    head(t, "oriel_control_lag_seconds", "histogram", "How late the control thread is.");
    for (size_t i = 0; i < ADMISSION_BUCKETS; i++) {
        below += a->buckets[i];
        buffer_printf(t, "oriel_control_lag_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
                      (double)admission_bound(i) / 1e6, below);
    }
    below += a->buckets[ADMISSION_BUCKETS];
    labelled(t, "oriel_control_lag_seconds_bucket", "le", "+Inf", below);
    buffer_printf(t, "oriel_control_lag_seconds_sum %.6f\n", (double)a->sum / 1e6);
    buffer_printf(t, "oriel_control_lag_seconds_count %" PRIu64 "\n", below);
    head(t, "oriel_control_lag_p99_seconds", "gauge", "The same, 99 in 100 of ten seconds.");
    buffer_printf(t, "oriel_control_lag_p99_seconds %.6f\n", (double)admission_lag_p99(a) / 1e6);
    gauge(t, "oriel_overloaded", "1 while newcomers are refused.", a->refuses);
    head(t, "oriel_overloads_total", "counter", "Times that newcomers began to be refused.");
    for (unsigned i = 0; i < ADMISSION_COUNT; i++) {
        labelled(t, "oriel_overloads_total", "why", admission_name((enum admission_measure)i),
                 a->times[i]);
    }
}

static void put_drain(struct buffer *t, const struct api *a) {
    wall_t by = signaling_drained_by(a->signaling);
    gauge(t, "oriel_draining", "1 while the server is being emptied: no tour begins.", by.us != 0);
    gauge(t, "oriel_drain_deadline_timestamp_seconds",
          "When the tours that run end at the latest (Unix time); 0: it is not being emptied.",
          (uint64_t)(by.us / US_PER_S));
}

static void put_ws(struct buffer *t, const struct api *a) {
    const struct loop_counters *n = &a->loop->counters;
    gauge(t, "oriel_ws_connections", "Open signaling connections.", map_len(a->loop->conns));
    counter(t, "oriel_ws_opened_total", "Signaling connections opened.", n->ws_opened);
    counter(t, "oriel_ws_messages_in_total", "Signaling messages received.", n->ws_in);
    counter(t, "oriel_ws_messages_out_total", "Signaling messages sent.", n->ws_out);
    counter(t, "oriel_ws_too_large_total", "Messages beyond limits.message_kib.", n->ws_too_large);
    counter(t, "oriel_ws_slow_closed_total", "Clients closed because they did not read.",
            n->ws_slow);
    counter(t, "oriel_ws_pong_missing_total", "Clients closed because they did not answer a ping.",
            n->ws_pong_missing);
    counter(t, "oriel_ws_killed_total", "Connections ended because they did not take our close.",
            n->ws_killed);
    counter(t, "oriel_ws_origin_refused_total", "Pages of a foreign origin refused.",
            n->ws_origin_refused);
    counter(t, "oriel_playback_bytes_total", "Bytes of recordings read for playback.",
            a->playback_bytes);
    counter(t, "oriel_playback_refused_total", "Downloads beyond recording.downloads.",
            a->playback_refused);
    gauge(t, "oriel_playback_downloads", "Downloads of recordings under way.",
          a->reader ? reader_thread_downloads(a->reader) : 0);
}

static void put_signaling(struct buffer *t, const struct api *a) {
    struct signaling_stats s = signaling_stats(a->signaling);
    gauge(t, "oriel_signaling_connections", "Connections signaling knows.", s.connections);
    gauge(t, "oriel_signaling_tours", "Tours that exist.", s.tours);
    counter(t, "oriel_tours_refused_total", "Tours that the API did not make: too many of one.",
            a->tours.refused);
    gauge(t, "oriel_signaling_participants", "People in tours.", s.participants);
    gauge(t, "oriel_signaling_waiting", "People in the lobbies of tours.", s.waiting);
    gauge(t, "oriel_signaling_sessions", "Media sessions.", s.sessions);
    gauge(t, "oriel_signaling_probes", "Clients trying out the network.", s.probes);
    gauge(t, "oriel_tours_log_bytes", "The log of tours in runtime_dir; 0: there is none.",
          s.kept_bytes);
    counter(t, "oriel_tours_unkept_total",
            "Times that there was no place in runtime_dir to keep all tours.", s.unkept);
    counter(t, "oriel_signaling_messages_total", "Messages handled.", s.messages);
    head(t, "oriel_signaling_errors_total", "counter", "Errors that clients were told, by code.");
    for (int c = CODE_OK + 1; c < CODE_COUNT; c++) {
        labelled(t, "oriel_signaling_errors_total", "code", code_name((enum code)c), s.refused[c]);
    }
    counter(t, "oriel_orders_lost_total", "Orders to workers and mix lost for want of memory.",
            glue_lost(a->glue));
}

/* Sums as oriel_media_*, the same by worker as oriel_worker_*. */
static void put_media(struct buffer *t, const struct api *a) {
    static struct engine_counters n[WORKERS_MAX];
    static const struct {
        const char *name;
        size_t at;
    } rows[] = {
#define X(name) {#name, offsetof(struct engine_counters, name)},
        MEDIA_COUNTERS(X)
#undef X
    };
    for (uint32_t w = 0; w < a->n_workers; w++) {
        worker_counters(a->workers[w], &n[w]);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t sum = 0;
        buffer_printf(t, "# HELP oriel_worker_%s_total Media counter %s, by worker.\n",
                      rows[i].name, rows[i].name);
        buffer_printf(t, "# TYPE oriel_worker_%s_total counter\n", rows[i].name);
        for (uint32_t w = 0; w < a->n_workers; w++) {
            uint64_t v = 0;
            memcpy(&v, (const char *)&n[w] + rows[i].at, sizeof(v));
            sum += v;
            buffer_printf(t, "oriel_worker_%s_total{worker=\"%" PRIu32 "\"} %" PRIu64 "\n",
                          rows[i].name, w, v);
        }
        buffer_printf(t, "# HELP oriel_media_%s_total Media counter %s, all workers.\n",
                      rows[i].name, rows[i].name);
        buffer_printf(t, "# TYPE oriel_media_%s_total counter\n", rows[i].name);
        buffer_printf(t, "oriel_media_%s_total %" PRIu64 "\n", rows[i].name, sum);
    }
}

/* What was found at the start, which does not change any more. */
static void put_found(struct buffer *t, const struct live_found *f) {
    static const char *const reasons[] = {
#define X(name, text) text,
        LIVE_DROPPED(X)
#undef X
    };
    const uint64_t counts[] = {
#define X(name, text) f->dropped.name,
        LIVE_DROPPED(X)
#undef X
    };
    gauge(t, "oriel_live_found_sessions",
          "Sessions that a process before this one has left in runtime_dir.", f->sessions);
    gauge(t, "oriel_live_clean_start",
          "Processes before this one died too often: what they left was not read (0, 1).",
          f->clean);
    head(t, "oriel_live_dropped", "gauge",
         "What of that could not be read, sessions and files, by reason.");
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        labelled(t, "oriel_live_dropped", "reason", reasons[i], counts[i]);
    }
}

static void put_sockets(struct buffer *t, const struct socket_store *s) {
    const struct socket_counters n = socket_store_counters(s);
    head(t, "oriel_sockets_given", "gauge",
         "Sockets that were kept for this process: used, or closed because they are none of its.");
    labelled(t, "oriel_sockets_given", "result", "used", n.used);
    labelled(t, "oriel_sockets_given", "result", "refused", n.refused);
    labelled(t, "oriel_sockets_given", "result", "unwanted", n.unwanted);
}

static void put_left(struct buffer *t, const struct tours_left *f) {
    gauge(t, "oriel_live_found_seats", "Seats of tours that went on at the start.",
          f->rebuilt.seats + f->rebuilt.waiting);
    head(t, "oriel_tours_dropped", "gauge", "Logs of tours that could not be gone on with.");
    labelled(t, "oriel_tours_dropped", "reason", "damaged", f->damaged);
    labelled(t, "oriel_tours_dropped", "reason", "version", f->version);
    labelled(t, "oriel_tours_dropped", "reason", "older", f->older);
    labelled(t, "oriel_tours_dropped", "reason", "full", f->full);
    labelled(t, "oriel_tours_dropped", "reason", "unreadable", f->unreadable);
}

static void put_rim(struct buffer *t, const struct api *a) {
    static const struct {
        const char *name, *help;
        size_t at;
    } rows[] = {
#define ROW(name, field, help) {#name, help, offsetof(struct worker_rim_counters, field)}
        ROW(recv_errors, udp.recv_errors, "Failed receive calls."),
        ROW(send_errors, udp.send_errors, "Failed send calls."),
        ROW(send_would_block, udp.send_would_block, "Datagrams the kernel did not take."),
        ROW(truncated, udp.truncated, "Datagrams larger than a packet buffer."),
        ROW(pool_empty, udp.pool_empty, "Datagrams lost because all packet buffers were in use."),
        ROW(trains_cut, udp.trains_cut, "Trains of packets that had to be sent one by one."),
        ROW(trains_paused, udp.trains_paused,
            "Times that trains were refused, and none was sent for a while."),
        ROW(fragmented, udp.fragmented, "Datagrams that a narrow path takes only in fragments."),
        ROW(relay_lost, relay_lost, "Messages to other workers lost to a full mailbox."),
        ROW(tap_dropped, tap_dropped, "Messages to the recorder lost to a full mailbox."),
        ROW(events_dropped, events_dropped, "Events to signaling lost to a full mailbox."),
        ROW(tcp_opened, tcp.opened, "Connections of ICE-TCP accepted."),
        ROW(tcp_closed, tcp.closed, "Connections of ICE-TCP closed, by whomever."),
        ROW(tcp_refused, tcp.refused, "Connections of ICE-TCP refused, beyond a limit."),
        ROW(tcp_silent, tcp.silent,
            "Connections of ICE-TCP closed for saying nothing authentic in time or "
            "before others needed the place."),
        ROW(tcp_stuck, tcp.stuck,
            "Connections of ICE-TCP closed for taking nothing of what they were sent."),
        ROW(tcp_bad, tcp.bad, "Connections of ICE-TCP closed for what came on them."),
        ROW(tcp_dropped, tcp.dropped,
            "Packets that waited too long for a connection of ICE-TCP, or no place."),
        ROW(tcp_gone, tcp.gone, "Packets for a connection of ICE-TCP that is closed."),
#undef ROW
    };
    static struct worker_rim_counters n[WORKERS_MAX];
    for (uint32_t w = 0; w < a->n_workers; w++) {
        worker_rim_counters(a->workers[w], &n[w]);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buffer_printf(t, "# HELP oriel_socket_%s_total %s\n", rows[i].name, rows[i].help);
        buffer_printf(t, "# TYPE oriel_socket_%s_total counter\n", rows[i].name);
        for (uint32_t w = 0; w < a->n_workers; w++) {
            uint64_t v = 0;
            memcpy(&v, (const char *)&n[w] + rows[i].at, sizeof(v));
            buffer_printf(t, "oriel_socket_%s_total{worker=\"%" PRIu32 "\"} %" PRIu64 "\n",
                          rows[i].name, w, v);
        }
    }
}

static void put_recorder(struct buffer *t, const struct api *a) {
    struct recorder_thread_counters n = {0};
    if (a->recorder) {
        recorder_thread_counters(a->recorder, &n);
    }
    gauge(t, "oriel_recorder_enabled", "1 when recording is switched on.", a->recorder != NULL);
    gauge(t, "oriel_recorder_recordings_open", "Recordings being written.",
          n.capture.recordings_open);
    gauge(t, "oriel_recorder_waiting_bytes", "Media in memory that is not stored yet.",
          n.capture.waiting);
    gauge(t, "oriel_recorder_alarm", "1 while a recording cannot be written.",
          n.writer.failing != 0);
    gauge(t, "oriel_recorder_unfinished",
          "Recordings of earlier runs that could not be finished; tried again at each start.",
          n.writer.unfinished);
    counter(t, "oriel_recorder_frames_total", "Frames recorded.", n.capture.frames);
    counter(t, "oriel_recorder_segments_total", "Segments sealed and stored.", n.writer.segments);
    counter(t, "oriel_recorder_sealed_bytes_total", "Bytes sealed.", n.writer.bytes_sealed);
    counter(t, "oriel_recorder_gaps_total", "Gaps in recorded tracks.",
            n.capture.gaps + n.writer.gaps);
    counter(t, "oriel_recorder_tap_dropped_total", "Messages lost before the recorder.",
            n.capture.tap_dropped);
    counter(t, "oriel_recorder_tap_refused_total",
            "Messages of sources that are not recorded: another codec, or beyond a limit.",
            n.capture.tap_refused);
    counter(t, "oriel_recorder_tracks_refused_total",
            "Sources without a track of their own, for a limit was reached.",
            n.capture.tracks_refused);
    counter(t, "oriel_recorder_keyframes_asked_total",
            "Key frames the recorder asked for, since nothing could be recorded without one.",
            n.capture.keyframes_asked);
    counter(t, "oriel_recorder_mix_lost_total",
            "Packets of sound that are not in the mix of a programme: lost, late, beyond a limit.",
            n.capture.mix_lost);
    counter(t, "oriel_recorder_store_errors_total", "Failed writes to the store.",
            n.writer.store_errors);
    counter(t, "oriel_recorder_catalogue_errors_total",
            "Times that the catalogue could not follow a journal; it is made good later.",
            n.writer.catalogue_errors);
}

static void put_mix(struct buffer *t, const struct api *a) {
    struct mix_thread_counters n = {0};
    if (a->mix) {
        mix_thread_counters(a->mix, &n);
    }
    gauge(t, "oriel_mix_tours", "Tours that are mixed for somebody.", n.mix.tours);
    gauge(t, "oriel_mix_listeners", "Viewers who hear a mix.", n.mix.listeners);
    gauge(t, "oriel_mix_outputs", "Different mixes they hear, an encoder each.", n.mix.outputs);
    gauge(t, "oriel_mix_voices", "Microphones in the mixes.", n.mix.voices);
    counter(t, "oriel_mix_packets_total", "Packets of voices that came to be mixed.",
            n.mix.packets);
    counter(t, "oriel_mix_late_total", "Of these, behind their time: made up.", n.mix.late);
    counter(t, "oriel_mix_refused_total",
            "Of these, with a time or content that is not believed, or more than fits.",
            n.mix.refused);
    counter(t, "oriel_mix_unheard_total", "Times a voice was told of beyond mix.voices.",
            n.mix.unheard);
    counter(t, "oriel_mix_frames_total", "Frames of 20 ms mixed, silent ones included.",
            n.mix.frames);
    counter(t, "oriel_mix_sent_total", "Of these, given to workers.", n.mix.sent);
    counter(t, "oriel_mix_lost_total", "Frames and messages lost for want of room.",
            n.mix.lost + n.relay_lost);
    counter(t, "oriel_mix_skipped_ms_total", "Time left out because the thread stood still [ms].",
            n.mix.skipped / US_PER_MS);
    counter(t, "oriel_mix_orders_refused_total", "Listeners that found no memory.", n.refused);
}

static void put_store(struct buffer *t, const struct api *a) {
    if (!a->uploaders) {
        return;
    }
    struct uploader_counters n = uploader_threads_counters(a->uploaders);
    int64_t age = n.oldest.us ? clock_wall().us - n.oldest.us : 0;
    gauge(t, "oriel_store_waiting_objects", "Objects that wait for the object store.",
          n.waiting_objects);
    gauge(t, "oriel_store_waiting_bytes", "Their size.", n.waiting_bytes);
    gauge(t, "oriel_store_oldest_seconds", "How long the oldest of them has waited.",
          age > 0 ? (uint64_t)(age / US_PER_S) : 0);
    gauge(t, "oriel_store_breaker_open", "1 while the object store fails again and again.",
          n.breaker_open);
    gauge(t, "oriel_store_conflicts",
          "Objects that the object store has with other contents than we have.", n.conflicts);
    gauge(t, "oriel_store_removals",
          "Objects that were shredded on their way and are still in the object store.", n.removals);
    gauge(t, "oriel_store_alarm", "1 while somebody should look at the object store.", n.alarm);
    counter(t, "oriel_store_uploads_total", "Objects that the object store took.", n.uploads);
    counter(t, "oriel_store_uploaded_bytes_total", "Their size.", n.uploaded_bytes);
    counter(t, "oriel_store_retries_total", "Attempts at an object that had failed before.",
            n.retries);
    counter(t, "oriel_store_failures_total", "Attempts that failed.", n.failures);
}

static uint64_t seconds_of(wall_t at) {
    return (uint64_t)(at.us / US_PER_S);
}

static void put_sweep(struct buffer *t, const struct api *a, const struct keeper_state *s) {
    gauge(t, "oriel_sweep_interval_seconds", "Between two sweeps of everything; 0: there are none.",
          (uint64_t)a->config->recording_sweep_hours * 3600);
    head(t, "oriel_sweep_runs_total", "counter", "Sweeps of the recordings, by how they ended.");
    for (unsigned i = 0; i < KEEPER_RESULT_COUNT; i++) {
        labelled(t, "oriel_sweep_runs_total", "result", keeper_result_name((enum keeper_result)i),
                 s->runs[i]);
    }
    gauge(t, "oriel_sweep_last_run_timestamp_seconds", "When the last one began; 0: none did.",
          seconds_of(s->last_run));
    gauge(t, "oriel_sweep_last_ok_timestamp_seconds", "The same of the last one that did all.",
          seconds_of(s->last_ok));
    counter(t, "oriel_sweep_shredded_total", "Recordings shredded for their age.", s->shredded);
    counter(t, "oriel_sweep_finished_total", "Shreds of which something had been left.",
            s->finished);
    gauge(t, "oriel_sweep_held", "Recordings that are too old and on hold.", s->held);
    gauge(t, "oriel_sweep_undated", "Recordings that are damaged or of unknown age: they stay.",
          s->undated);
    gauge(t, "oriel_sweep_keyless", "Recordings that are too old, and whose key is lost.",
          s->keyless);
    gauge(t, "oriel_sweep_orphans", "Objects and folders of the store without a recording.",
          s->orphans);
    gauge(t, "oriel_sweep_failed", "What the last sweep could not do.", s->failed);
    gauge(t, "oriel_sweep_clock_wrong", "1 while nothing is shredded since the clock is wrong.",
          s->clock_wrong);
}

static void put_quota(struct buffer *t, const struct api *a, const struct keeper_state *s) {
    const struct config *cfg = a->config;
    gauge(t, "oriel_library_recordings", "Recordings that are kept.", s->totals.recordings);
    gauge(t, "oriel_library_bytes", "Bytes of their media.", s->totals.bytes);
    gauge(t, "oriel_quota_recordings", "recording.quota.recordings; 0: no limit.",
          (uint64_t)cfg->recording_quota_recordings);
    gauge(t, "oriel_quota_bytes", "recording.quota.mib in bytes; 0: no limit.",
          bytes_of_mib(cfg->recording_quota_mib));
    if (s->free != UINT64_MAX) {
        gauge(t, "oriel_quota_free_bytes", "Free where recordings lie.", s->free);
    }
    gauge(t, "oriel_quota_reached", "1 while no recording may begin.", s->quota_reached);
    counter(t, "oriel_quota_refused_total", "Recordings that could not begin for the quota.",
            glue_refused(a->glue));
}

/* A metric's lines stand together. */
static void put_keys(struct buffer *t, const struct keeper_state *s, us_t now) {
    head(t, "oriel_key_provider_up", "gauge", "1 when it wraps and unwraps, by provider.");
    for (uint32_t i = 0; i < s->n_providers; i++) {
        const struct keeper_provider *p = &s->providers[i];
        labelled(t, "oriel_key_provider_up", "provider", p->name, !*p->reason);
    }
    head(t, "oriel_key_provider_failing_seconds", "gauge", "For how long it does not, and why.");
    for (uint32_t i = 0; i < s->n_providers; i++) {
        const struct keeper_provider *p = &s->providers[i];
        if (*p->reason) {
            buffer_printf(t,
                          "oriel_key_provider_failing_seconds{provider=\"%s\",reason=\"%s\"}"
                          " %" PRIu64 "\n",
                          p->name, p->reason, (uint64_t)(us_max(now - p->since, 0) / US_PER_S));
        }
    }
    head(t, "oriel_key_provider_failures_total", "counter", "Checks of it that failed.");
    for (uint32_t i = 0; i < s->n_providers; i++) {
        labelled(t, "oriel_key_provider_failures_total", "provider", s->providers[i].name,
                 s->providers[i].failures);
    }
}

static void put_keeper(struct buffer *t, const struct api *a, us_t now) {
    struct keeper_state s = {0};
    if (a->keeper) {
        keeper_thread_state(a->keeper, &s);
        put_sweep(t, a, &s);
        put_quota(t, a, &s);
        put_keys(t, &s, now);
    }
}

static void put_derived(struct buffer *t, const struct api *a) {
    struct jobs_counters n = {0};
    if (a->jobs) {
        n = jobs_thread_counters(a->jobs);
    }
    counter(t, "oriel_derived_done_total", "Tasks of media helpers that were done.", n.done);
    counter(t, "oriel_derived_failed_total", "Tasks of media helpers that failed.", n.failed);
    gauge(t, "oriel_derived_running", "Media helpers at work.", n.running);
    gauge(t, "oriel_derived_waiting", "Tasks that wait for a media helper.", n.waiting);
}

static void put_verified(struct buffer *t, const struct api *a) {
    static const char name[] = "oriel_recordings_verified_total";
    struct verifier_counters n = {0};
    if (a->verifier) {
        n = verifier_thread_counters(a->verifier);
    }
    head(t, name, "counter", "Checks of recordings that were ordered and have ended.");
    for (int i = 0; i < VERIFICATION_RESULT_COUNT; i++) {
        labelled(t, name, "result", verification_result_name((enum verification_result)i),
                 n.ended[i]);
    }
    gauge(t, "oriel_recordings_verifying", "Checks of recordings that wait or run.", n.under_way);
}

static void put_events(struct buffer *t, const struct api *a) {
    struct events_state s = {0};
    if (!a->events) {
        return;
    }
    events_thread_state(a->events, &s);
    counter(t, "oriel_events_stored_total", "Events stored.", s.stored);
    counter(t, "oriel_events_lost_total", "Events that found no room or memory.",
            s.lost + glue_unsaid(a->glue));
    gauge(t, "oriel_events_waiting", "Events that are not stored yet.", s.waiting);
    gauge(t, "oriel_events_erasure_failing",
          "1 while what was shredded cannot be erased in the ledger of events.", s.unerased);
    head(t, "oriel_events_sent_total", "counter", "Events taken by a receiver.");
    for (size_t i = 0; i < s.n_sinks; i++) {
        labelled(t, "oriel_events_sent_total", "sink", s.sink[i].name, s.sink[i].state.sent);
    }
    head(t, "oriel_events_refused_total", "counter", "Answers that refused an event.");
    for (size_t i = 0; i < s.n_sinks; i++) {
        labelled(t, "oriel_events_refused_total", "sink", s.sink[i].name, s.sink[i].state.refused);
    }
    head(t, "oriel_events_given_up_total", "counter", "Events that a receiver refused for good.");
    for (size_t i = 0; i < s.n_sinks; i++) {
        labelled(t, "oriel_events_given_up_total", "sink", s.sink[i].name, s.sink[i].state.dead);
    }
    head(t, "oriel_events_behind", "gauge", "Events that a receiver has still to take.");
    for (size_t i = 0; i < s.n_sinks; i++) {
        labelled(t, "oriel_events_behind", "sink", s.sink[i].name, s.sink[i].state.behind);
    }
    head(t, "oriel_events_failing", "gauge", "1 while a receiver does not take events.");
    for (size_t i = 0; i < s.n_sinks; i++) {
        labelled(t, "oriel_events_failing", "sink", s.sink[i].name, s.sink[i].state.failing);
    }
}

static void put_audit(struct buffer *t, const struct api *a) {
    struct audit_state s;
    if (!a->audit) {
        return;
    }
    audit_state(a->audit, &s);
    counter(t, "oriel_audit_recorded_total", "Records written to the audit log.", s.recorded);
    counter(t, "oriel_audit_lost_total", "Acts that found no room or memory.", s.lost);
    gauge(t, "oriel_audit_waiting", "Acts that are not recorded yet.", s.waiting);
    gauge(t, "oriel_audit_failing", "1 while acts cannot be recorded.", s.failing);
    gauge(t, "oriel_audit_damaged", "1 while records are missing or were changed.", s.damaged);
    gauge(t, "oriel_audit_last", "Number of the last record of the audit log.", (int64_t)s.last);
}

static void put_database(struct buffer *t, const struct api *a) {
    if (!a->ledger) {
        return;
    }
    const struct ledger_state s = ledger_thread_state(a->ledger);
    gauge(t, "oriel_database_away", "1 while the database cannot be used.", s.away);
    head(t, "oriel_database_waiting", "gauge", "What the database has not got yet.");
    labelled(t, "oriel_database_waiting", "what", "events", s.behind.events);
    labelled(t, "oriel_database_waiting", "what", "audit", s.behind.audit);
}

char *metrics_text(const struct api *a, us_t now, size_t *ret_len) {
    struct buffer t = {0};
    put_server(&t, a, now);
    put_http(&t, a);
    put_drain(&t, a);
    put_admission(&t, &a->admission);
    put_ws(&t, a);
    put_signaling(&t, a);
    authority_metrics(a->authority, now, &t);
    put_media(&t, a);
    offenders_metrics(glue_offenders(a->glue), &t);
    put_found(&t, &a->found);
    put_sockets(&t, a->sockets);
    put_left(&t, &a->tours_left);
    put_rim(&t, a);
    put_recorder(&t, a);
    put_mix(&t, a);
    put_store(&t, a);
    put_derived(&t, a);
    put_verified(&t, a);
    put_keeper(&t, a, now);
    put_events(&t, a);
    put_audit(&t, a);
    put_database(&t, a);
    *ret_len = t.n;
    return buffer_take(&t);
}
