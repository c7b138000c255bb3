/* All epochs of a recording as one MP4 on the recording's own time. Pictures: the stage keeps its
 * last one until there is a next, a camera is gone FACE_KEEP after its last frame, and what nothing
 * is seen of is black. A picture is encoded only when something in it has changed, or none was for
 * a while. Sound: the programme's, silence where it has none. */
#include "helper/channel.h"
#include "helper/encoder.h"
#include "helper/picture.h"
#include "helper/tasks.h"
#include "helper/track.h"

#include <libswscale/swscale.h>

#define LINES_MAX 64              /* cameras looked at; more are not shown */
#define FACE_KEEP (3 * US_PER_S)  /* [us] */
#define STILL (1 * US_PER_S)      /* [us] a picture is repeated after this */
#define KEY_FRAMES (4 * US_PER_S) /* [us] so that a player can seek */
#define TOLD (500 * US_PER_MS)    /* [us] of the recording between signs of life */

struct exporter {
    const struct task *task;
    struct encoder *out;
    struct layout layout;
    AVFrame *canvas;
    struct picture_line stage, faces[LINES_MAX];
    size_t n_faces;
    uint64_t shown_stage; /* serial of what the canvas shows, plus 1 */
    struct shown {
        size_t face; /* index plus 1; 0: black */
        uint64_t serial;
    } shown[LAYOUT_FACES];
    us_t last, last_key;
    bool any; /* a picture was encoded */
    struct track sound;
    int64_t samples;
};

static bool known_line(const struct exporter *x, uint16_t line) {
    for (size_t i = 0; i < x->n_faces; i++) {
        if (x->faces[i].line == line) {
            return true;
        }
    }
    return false;
}

static void begin(struct exporter *x, const struct task *t) {
    x->task = t;
    x->layout = layout_of(t->width, t->height, t->layout == TASK_LAYOUT_FACES);
    picture_line_init(&x->stage, t, TASK_ROLE_STAGE, 0);
    for (uint32_t i = 0; i < t->n_inputs && x->layout.faces; i++) {
        const struct task_input *in = &t->inputs[i];
        if (in->role == TASK_ROLE_FACE && x->n_faces < LINES_MAX && !known_line(x, in->line)) {
            picture_line_init(&x->faces[x->n_faces], t, TASK_ROLE_FACE, in->line);
            x->faces[x->n_faces++].keep = FACE_KEEP;
        }
    }
    track_init(&x->sound, t);
}

static void end(struct exporter *x) {
    picture_line_free(&x->stage);
    for (size_t i = 0; i < x->n_faces; i++) {
        picture_line_free(&x->faces[i]);
    }
    track_free(&x->sound);
    av_frame_free(&x->canvas);
}

static void draw(struct exporter *x, struct picture_line *l, const AVFrame *f,
                 const struct layout_box *box) {
    if (av_frame_make_writable(x->canvas) < 0) {
        channel_fail("out of memory");
    }
    picture_black(x->canvas, box);
    if (f) {
        struct layout_box fit = layout_fit(box, (uint32_t)f->width, (uint32_t)f->height);
        picture_scale(&l->scaler, f, x->canvas, &fit);
    }
}

static bool draw_stage(struct exporter *x, us_t t) {
    const AVFrame *f = picture_at(&x->stage, t);
    if (x->shown_stage == x->stage.serial + 1) {
        return false;
    }
    x->shown_stage = x->stage.serial + 1;
    draw(x, &x->stage, f, &x->layout.stage);
    return true;
}

/* Cameras that are on, the first come first, without holes between them. */
static bool draw_faces(struct exporter *x, us_t t) {
    unsigned box = 0;
    bool changed = false;
    for (size_t i = 0; i < x->n_faces; i++) {
        const AVFrame *f = picture_at(&x->faces[i], t);
        struct shown now = {i + 1, x->faces[i].serial};
        if (!f || box == x->layout.faces) {
            continue;
        }
        struct shown *was = &x->shown[box];
        if (was->face != now.face || was->serial != now.serial) {
            *was = now;
            draw(x, &x->faces[i], f, &x->layout.face[box]);
            changed = true;
        }
        box++;
    }
    for (; box < x->layout.faces; box++) {
        if (x->shown[box].face) {
            x->shown[box].face = 0;
            draw(x, NULL, NULL, &x->layout.face[box]);
            changed = true;
        }
    }
    return changed;
}

/* last: so that the pictures end where the sound does. */
static void picture(struct exporter *x, us_t t, bool last) {
    bool changed = draw_stage(x, t);
    changed = draw_faces(x, t) || changed;
    if (x->any && !changed && !last && t - x->last < STILL) {
        return;
    }
    bool key = !x->any || t - x->last_key >= KEY_FRAMES;
    encoder_picture(x->out, x->canvas, t, key);
    x->last_key = key ? t : x->last_key;
    x->last = t;
    x->any = true;
}

static void sound_until(struct exporter *x, us_t t) {
    float left[ENCODER_SOUND], right[ENCODER_SOUND];
    while (x->samples * US_PER_S / SOUND_RATE < t) {
        track_pull(&x->sound, left, right, ENCODER_SOUND);
        encoder_sound(x->out, left, right);
        x->samples += ENCODER_SOUND;
    }
}

static us_t tick(const struct task *t, int64_t n) {
    return n * US_PER_S / t->fps;
}

static void encode_all(struct exporter *x) {
    const struct task *t = x->task;
    us_t told = 0;
    x->out = encoder_open(t, NULL);
    x->canvas = picture_new(t->width, t->height, AV_PIX_FMT_YUV420P);
    for (int64_t n = 0; n == 0 || tick(t, n) < t->duration; n++) {
        us_t now = tick(t, n);
        picture(x, now, tick(t, n + 1) >= t->duration);
        sound_until(x, us_min(tick(t, n + 1), t->duration));
        if (now - told >= TOLD) {
            told = now;
            tasks_progress((uint64_t)now, (uint64_t)t->duration);
        }
    }
    encoder_finish(x->out);
}

/* ---- H.264 as it is ---- */

static bool same_parameters(const AVCodecParameters *a, const AVCodecParameters *b) {
    return a->width == b->width && a->height == b->height &&
           a->extradata_size == b->extradata_size && a->extradata_size > 0 &&
           memcmp(a->extradata, b->extradata, (size_t)a->extradata_size) == 0;
}

/* Is the stage H.264 of one kind all along? Then its parameters. */
static AVCodecParameters *can_copy(const struct task *t) {
    AVCodecParameters *all = NULL;
    bool ok = t->layout == TASK_LAYOUT_STAGE;
    for (uint32_t i = 0; ok && i < t->n_inputs; i++) {
        struct input *in =
            t->inputs[i].role == TASK_ROLE_STAGE ? input_open(t, i, AVMEDIA_TYPE_VIDEO) : NULL;
        if (!in) {
            continue;
        }
        const AVCodecParameters *p = input_parameters(in);
        if (!all) {
            all = avcodec_parameters_alloc();
            ok = all && p->codec_id == AV_CODEC_ID_H264 && avcodec_parameters_copy(all, p) >= 0 &&
                 all->extradata_size > 0;
        } else {
            ok = same_parameters(all, p);
        }
        input_close(in);
    }
    if (!ok) {
        avcodec_parameters_free(&all);
    }
    return all;
}

static void copy_all(struct exporter *x, const AVCodecParameters *p) {
    const struct task *t = x->task;
    AVPacket *k = av_packet_alloc();
    if (!k) {
        channel_fail("out of memory");
    }
    x->out = encoder_open(t, p);
    for (uint32_t i = 0; i < t->n_inputs; i++) {
        struct input *in =
            t->inputs[i].role == TASK_ROLE_STAGE ? input_open(t, i, AVMEDIA_TYPE_VIDEO) : NULL;
        us_t told = 0;
        while (in && input_packet(in, k)) {
            us_t now = us_max(k->pts, 0);
            sound_until(x, us_min(now, t->duration));
            encoder_packet(x->out, k);
            if (now - told >= TOLD) {
                told = now;
                tasks_progress((uint64_t)now, (uint64_t)t->duration);
            }
        }
        input_close(in);
    }
    sound_until(x, t->duration);
    av_packet_free(&k);
    encoder_finish(x->out);
}

void task_export(const struct task *t) {
    static struct exporter x;
    AVCodecParameters *copy = can_copy(t);
    begin(&x, t);
    if (copy) {
        copy_all(&x, copy);
    } else {
        encode_all(&x);
    }
    avcodec_parameters_free(&copy);
    end(&x);
}
