/* What the recorder's tests are fed with: real pictures and sound from files, cut into RTP packets
 * as a browser would, and a recorder in a directory of its own, in virtual time. */
#ifndef ORIEL_TESTS_RECORDER_FEED_H
#define ORIEL_TESTS_RECORDER_FEED_H

#include "recorder/capture/recorder.h"
#include "recorder/container/webm_parse.h"
#include "recorder/library/library.h"
#include "recorder/writer/writer.h"

#define CLIP_FRAMES 512
#define TOUR 77

struct clip {
    uint8_t *file;
    struct bytes frame[CLIP_FRAMES];
    unsigned n;
    enum codec codec;
};
/* The frames of tests/data/recorder/NAME: VP8, VP9 or AV1 in IVF, H.264 access units that begin
 * with a delimiter and keep their start codes, Opus packets in Ogg (without headers). */
void clip_ivf(struct clip *c, const char *name);
void clip_h264(struct clip *c, const char *name);
void clip_ogg(struct clip *c, const char *name);
/* One or the other of pictures, by the end of its name. */
void clip_video(struct clip *c, const char *name);
void clip_free(struct clip *c);

/* A source that sends a clip. */
struct feed_source {
    uint32_t id;
    uint64_t participant, seq;
    uint8_t kind;
    uint32_t rtp0, step; /* media clock at frame 0, and per frame */
    us_t at0, interval;  /* when frame 0 is sent, and frames apart [us] */
    us_t delay;          /* on the way [us] */
    const struct clip *clip;
};
#define CAMERA 11
#define MICROPHONE 12
/* Those of participant 5, which begin at this time: 15 pictures, 50 packets of sound a second. */
struct feed_source feed_camera(const struct clip *c, us_t at);
struct feed_source feed_microphone(const struct clip *c, us_t at);

struct feed_list {
    struct tap *taps;
    size_t n, cap;
};
/* Append the packets of frames [from, to) in order. */
void feed_frames(struct feed_list *l, struct feed_source *s, struct packet_pool *pool,
                 unsigned from, unsigned to);
/* All of its clip; what is appended next comes behind it. */
void feed_whole(struct feed_list *l, struct feed_source *s, struct packet_pool *pool);
/* Append a message without a packet. */
void feed_tap(struct feed_list *l, const struct feed_source *s, enum tap_type type, us_t at);
/* A sender report at `at`, true to the source's clock and an NTP time of its own. */
void feed_sr(struct feed_list *l, const struct feed_source *s, us_t at);
/* By time of arrival; equal times stay as they are. */
void feed_sort(struct feed_list *l);
/* Lose each packet with this probability [1/1000]; delay others a second time by up to `most`. */
void feed_disturb(struct feed_list *l, uint64_t seed, unsigned loss, us_t most);
void feed_free(struct feed_list *l);

/* A store that fails on order. */
struct faulty {
    struct store real, store;
    long fail_at, fail_n; /* puts from this one on, so many; -1 = none */
    enum err error;
    long puts;
};
void faulty_open(struct faulty *f, const char *dir);
void faulty_close(struct faulty *f);

struct rig {
    char dir[64];
    struct rng_seeded seed;
    struct recorder *r;
    struct writer *w;
    bool stalled; /* the writer is not called, as in a disk that does not answer */
    struct packet_pool *pool;
    us_t now;
    struct faulty *faulty;
    bool per_source;
    struct recorder_config limits;                /* of these only the limits; zero: the defaults */
    char recording[33];                           /* of the last RECORDER_STARTED */
    unsigned events[RECORDER_CATALOGUE_LOST + 1]; /* count by type, of the tour's last recording */
    unsigned superseded;                          /* count of those of an older one */
};
/* A directory of its own. */
void rig_init(struct rig *g);
/* Open (again). */
enum err rig_open(struct rig *g);
/* Jobs to the writer, reports to the recorder, until neither has more. */
void rig_pump(struct rig *g);
struct rig_counters {
    uint64_t frames, gaps, tap_dropped, tap_refused, tracks_refused;
    uint64_t segments, bytes_sealed, store_errors;
    uint32_t recordings_open, unfinished;
    size_t waiting;
    bool alarm;
};
/* Of both halves. */
struct rig_counters rig_counters(const struct rig *g);
/* Give an order; after one to stop, also the second in which the last taps may come. */
void rig_order(struct rig *g, int type);
void rig_order_now(struct rig *g, int type); /* only the order */
/* Give the messages at their times, and the recorder its deadlines. The list is empty then. */
void rig_run(struct rig *g, struct feed_list *l);
/* Only time passes. */
void rig_wait(struct rig *g, us_t until);
void rig_close(struct rig *g);
/* Removes the directory. */
void rig_free(struct rig *g);

/* A track as a whole file; NULL when it cannot be opened. mem_free it. */
uint8_t *read_file(struct library *l, const char *id, const char *track, unsigned epoch,
                   size_t *ret_n);
/* Where ORIEL_TEST_KEEP names a folder, write the file there: tests/integ/recording_file.test.sh
 * looks at it with other people's tools. */
void keep_file(const char *name, const uint8_t *file, size_t n);

struct webm_view {
    struct bytes info, tracks, cues, clusters;
    size_t clusters_at, data_at; /* offsets of the first cluster and of the Segment's data */
    bool live;                   /* a Segment of unknown size, and so no duration */
    double duration;             /* [ms] */
    unsigned n;
    struct webm_block block[4096];
};
/* False for what is no valid file of ours. */
bool webm_view(struct bytes file, struct webm_view *ret);
/* The element with this id among the children, or an empty view. */
struct bytes webm_child(struct bytes parent, uint32_t id);

#endif
