// A player of running recordings in a few lines: a page of another origin with Media Source
// Extensions, which follows one track of a recording by docs/api.md, "Following a recording".
import http from 'node:http';

const PAGE = `<!doctype html><title>Follow</title><video id=v playsinline></video>
<script>
const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const state = window.state = { epoch: 0, after: null, type: null, requests: 0, segments: 0, bytes: 0,
  damaged: [], erased: [], epochs: [0], rebuilt: 0, growing: null, over: false, error: null, lags: [],
  firstFrameMs: null, recovered: 0, framesBefore: 0 };
const RECOVERIES_MAX = 3; // of a decoder that fails again and again one is told
const taken = new Map(); // 'epoch/number': {epoch, number, at [s], key}
let source, buffer;

async function get(path) {
  state.requests++;
  return fetch(state.root + path, { headers: { authorization: 'Bearer ' + state.token } });
}

async function append(bytes) {
  const done = once(buffer, 'updateend');
  buffer.appendBuffer(bytes);
  await done;
  if (v.error) throw new Error('the player: ' + v.error.message);
}

/** A new epoch, or tracks that were not there before: what comes next has another beginning. */
async function begin(answer) {
  const response = await get(state.epoch + '/init');
  if (response.status !== 200) throw new Error('init: ' + response.status);
  const type = response.headers.get('content-type');
  const tracks = (t) => t?.split(',').length;
  if (!MediaSource.isTypeSupported(type)) throw new Error('cannot play ' + type);
  if (!buffer || tracks(type) !== tracks(state.type)) {
    state.rebuilt++;
    source = new MediaSource();
    v.src = URL.createObjectURL(source);
    await once(source, 'sourceopen');
    buffer = source.addSourceBuffer(type);
  } else {
    buffer.changeType(type);
  }
  state.type = type;
  buffer.timestampOffset = answer.epoch_start_ms / 1000;
  await append(await response.arrayBuffer());
}

/** A decoder may fail at data that is good: Firefox's does, now and then, where it ran dry just when more came.
 *  As players of Media Source Extensions do, we begin with a new one at the last key frame before this place. */
function recover() {
  const at = v.currentTime;
  state.recovered++;
  state.framesBefore += v.getVideoPlaybackQuality().totalVideoFrames;
  const from = [...taken.values()].filter((one) => one.key && one.at <= at + 0.1).at(-1);
  Object.assign(state, { epoch: from?.epoch ?? 0, after: from?.number ? from.number - 1 : null,
    fresh: true, type: null, resume: at, over: false });
  buffer = undefined;
  v.removeAttribute('src');
  v.load();
}

/** The decoder fails, as far as the player can tell. */
async function failDecoder() {
  while (buffer.updating) await once(buffer, 'updateend');
  source.endOfStream('decode');
}

async function take(one) {
  if (one.erased) {
    state.erased.push(one.number);
    return;
  }
  const response = await get(state.epoch + '/segments/' + one.number);
  if (response.status === 500) {
    state.damaged.push((await response.json()).detail);
    return;
  }
  if (response.status !== 200) throw new Error('segment ' + one.number + ': ' + response.status);
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength !== one.bytes) throw new Error(one.number + ' has ' + bytes.byteLength + ' bytes');
  await append(bytes);
  const name = state.epoch + '/' + one.number;
  if (!taken.has(name)) {
    state.segments++;
    state.bytes += bytes.byteLength;
    taken.set(name, { epoch: state.epoch, number: one.number, key: one.key,
      at: buffer.timestampOffset + one.start_ms / 1000 });
  }
}

/** Whoever comes late begins near the end; a gap is jumped over. */
function steer() {
  const b = v.buffered;
  if (!b.length) return;
  const end = b.end(b.length - 1);
  if (state.resume !== undefined) {
    if (end <= state.resume) return;
    v.currentTime = Math.max(b.start(0), state.resume);
    state.resume = undefined;
  }
  if (v.currentTime < b.start(0)) v.currentTime = b.start(0);
  for (let i = 1; i < b.length; i++) {
    if (v.currentTime >= b.end(i - 1) - 0.3 && v.currentTime < b.start(i)) v.currentTime = b.start(i);
  }
  if (state.live && end - v.currentTime > 5) v.currentTime = end - 1;
  if (v.paused && !v.ended) v.play();
}

async function round() {
  const query = state.after === null ? '' : '?after=' + state.after;
  const response = await get(state.epoch + '/segments' + query);
  if (response.status === 404) return 500; /* nothing is stored yet */
  if (response.status !== 200) throw new Error('segments: ' + response.status);
  const answer = await response.json();
  if (state.live && state.after === null && !state.recovered && answer.last > 2) {
    state.after = answer.last - 2;
    return 0;
  }
  if (answer.segments.length && answer.type !== state.type) await begin(answer);
  else if (answer.segments.length && state.fresh) await begin(answer);
  state.fresh = state.fresh && !answer.segments.length;
  for (const one of answer.segments) {
    await take(one);
    state.after = one.number;
    steer();
  }
  state.growing = answer.growing;
  if (!answer.more && answer.next_epoch !== null) {
    state.epoch = answer.next_epoch;
    if (!state.epochs.includes(state.epoch)) state.epochs.push(state.epoch);
    state.after = null;
    state.fresh = true;
    return 0;
  }
  state.over = !answer.more && !answer.growing;
  return answer.wait_ms;
}

async function run() {
  while (!state.over) {
    const wait = await round();
    steer();
    await Promise.race([sleep(wait), once(v, 'error')]);
    if (v.error) throw new Error('the player: ' + v.error.message);
  }
  source.endOfStream();
}

/** Goes on until all is there, and where the decoder fails begins anew, some times. */
async function keepOn() {
  for (;;) {
    try {
      await run();
      await Promise.race([once(v, 'ended'), once(v, 'error')]);
      if (!v.error) return;
    } catch (e) {
      if (!v.error) throw e;
    }
    if (v.error.code !== MediaError.MEDIA_ERR_DECODE || state.recovered >= RECOVERIES_MAX) {
      throw new Error('the player: ' + v.error.message);
    }
    recover();
  }
}

/** root: the URL of a track, with a slash; started: wall clock of recording time 0 [ms];
 *  live: near its end, else from the beginning. */
function follow(root, token, started, live) {
  Object.assign(state, { root, token, started, live });
  v.addEventListener('playing', () => { state.firstFrameMs ??= performance.now(); });
  setInterval(() => {
    steer();
    if (!v.paused && !v.ended && v.readyState > 2 && !state.over) {
      state.lags.push(Date.now() - state.started - v.currentTime * 1000);
    }
  }, 250);
  keepOn().catch((e) => { state.error = String(e.stack ?? e); });
}

function look() {
  const quality = v.getVideoPlaybackQuality();
  return { ...state, token: '', lags: state.lags.length, at: v.currentTime, ended: v.ended, width: v.videoWidth,
    frames: state.framesBefore + quality.totalVideoFrames, dropped: quality.droppedVideoFrames,
    audio: v.webkitAudioDecodedByteCount ?? 0, ready: v.readyState,
    buffered: [...Array(v.buffered.length).keys()].map((i) => [v.buffered.start(i), v.buffered.end(i)]),
    error: state.error };
}
</script>`;

/** Serves the page; {url, close}. In it: follow(root, token, started, live), look(), state.lags. */
export async function serveFollowPage() {
  const site = http.createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE));
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${site.address().port}/`, close: () => site.close() };
}
