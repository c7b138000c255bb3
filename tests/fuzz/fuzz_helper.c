/* libs: recorder_derived base */
/* What a media helper may say: a stream of messages, as the server reads it, and the task that the
 * helper reads. What can be read is written again so that it reads the same. */
#include "recorder/derived/message.h"
#include "recorder/derived/task.h"
#include "recorder/derived/waveform.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void again(const struct message *m, struct waveform *w) {
    uint8_t start[MESSAGE_START_MAX], body[MESSAGE_START_MAX];
    struct message back;
    size_t len = message_start(m, start) - MESSAGE_HEAD;
    memcpy(body, start + MESSAGE_HEAD, len);
    if (m->data.n == 0) {
        CHECK(message_decode(m->type, bytes_of(body, len), &back) == OK);
        CHECK(back.index == m->index && back.at == m->at && back.n == m->n);
    }
    if (m->type == MESSAGE_WAVE) {
        waveform_add(w, m->at, m->data);
    }
}

static void as_task(struct bytes b) {
    struct task t;
    struct buffer again_b = {0};
    if (task_decode(b, &t) == OK) {
        task_encode(&t, &again_b);
        CHECK(again_b.bad || bytes_eq(bytes_of(again_b.p, again_b.n), b));
        task_clear(&t);
    }
    buffer_free(&again_b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct rd r = rd_of(data, n);
    struct waveform w;
    as_task(bytes_of(data, n));
    if (waveform_new(US_PER_S, &w) != OK) {
        return 0;
    }
    while (rd_left(&r) >= MESSAGE_HEAD) {
        uint32_t len;
        struct message m;
        if (message_length(r.p, &len) != OK) {
            break;
        }
        rd_skip(&r, 4);
        uint8_t type = rd_u8(&r);
        struct bytes body = rd_bytes(&r, len - 1);
        if (!r.bad && message_decode(type, body, &m) == OK) {
            again(&m, &w);
        }
    }
    waveform_free(&w);
    return 0;
}
