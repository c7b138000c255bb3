// A recording is followed while it is made: browsers with Media Source Extensions play it some seconds
// behind, learns of new epochs, and goes on to the end when the tour is over. And what is
// refused.
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { serveCodecTours } from './lib/codec_tours.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { serveFollowPage } from './lib/follow_page.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { endTour, joinTour, listRecordings } from './lib/tour.mjs';

const CODECS = ['vp8', 'h264'];
const LIFETIME_S = 3; // so long a reader keeps what it has open
const LAG_MAX_MS = 12000; // a segment is 2 to 4 s long

const { dir, server, base, mint, opsToken, headers } = await serveCodecTours(CODECS, (c) => {
  c.recording.keys = { ...c.recording.keys, lifetime_s: LIFETIME_S };
});
const api = (where, more = {}) => fetch(new URL(`/v1/recordings/${where}`, base), { headers, ...more });

// What is shared is the page itself, which is not as large as the camera's picture.
const chromium = await launchChromium({ viewport: { width: 900, height: 600 },
  flags: ['--autoplay-policy=no-user-gesture-required', '--use-fake-device-for-media-stream=display-media-type=browser,fps=30'] });
const firefox = await launchFirefox();
const BROWSERS = [['chromium', chromium], ['firefox', firefox]];
const site = await serveFollowPage();
const recordings = {};

const recordingOf = async (tour) => (await listRecordings(base, opsToken)).find((r) => r.tour === tour);
const detailOf = async (id) => (await api(id)).json();

async function openFollower(browser, recording, live) {
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.evaluate(({ root, token, started, live: tail }) => window.follow(root, token, started, tail),
    { root: `${base}/v1/recordings/${recording.id}/programme/`, token: opsToken,
      started: Date.parse(recording.started), live });
  return page;
}

const look = async (page) => {
  const now = await page.evaluate(() => window.look());
  expect(!now.error, `the follower: ${now.error}`);
  return now;
};

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

/** Waits until it has gone on for 8 s, with segments that were not there when it began; says how far behind. */
async function goesOn(page, what) {
  const first = await until(async () => {
    const now = await look(page);
    return now.frames > 0 && now.width > 0 && now.at > 0 && now;
  }, `the first picture in ${what}`, 45000);
  const later = await until(async () => {
    const now = await look(page);
    return now.at > first.at + 8 && now.frames > first.frames + 60 && now.segments > first.segments + 2 && now;
  }, `8 s more in ${what}`, 60000);
  const lags = (await page.evaluate(() => window.state.lags)).sort((a, b) => a - b);
  const [least, half, most] = [lags[0], percentile(lags, 0.5), percentile(lags, 0.95)];
  const often = (later.requests - first.requests) / (later.at - first.at);
  const s = (ms) => `${(ms / 1000).toFixed(1)} s`;
  console.log(`# ${what}: behind by ${s(least)} at least, ${s(half)} in the middle, ${s(most)} (p95) of ${lags.length} `
    + `looks; ${later.frames - first.frames} frames in ${s((later.at - first.at) * 1000)}; ${often.toFixed(2)} requests/s, `
    + `with those for segments; epochs ${later.epochs}; ${later.type}`
    + `${later.recovered ? `; ${later.recovered} new decoders` : ''}`);
  expect(least > 0 && most < LAG_MAX_MS, `behind by ${most} ms`);
  expect(often < 3, `${often} requests/s`);
  return later;
}

for (const codec of CODECS) {
  await test(`${codec}_is_followed_while_it_is_recorded`, async () => {
    const agent = await chromium.newPage();
    await joinTour(agent, `${base}/agent/${codec}#${mint({ role: 'agent', tour: codec })}`);
    const recording = await until(() => recordingOf(codec), 'a recording');
    recordings[codec] = recording.id;
    expectEqual(recording.state, 'recording', 'its state');
    const followers = await Promise.all(BROWSERS.map(async ([name, browser]) =>
      [`${codec} in ${name}`, await openFollower(browser, recording, true)]));
    const seen = await Promise.all(followers.map(([what, page]) => goesOn(page, what)));
    expectEqual((await recordingOf(codec)).state, 'recording', 'the state meanwhile');
    expect(seen.every((now) => now.growing && now.type.includes(codec === 'h264' ? 'avc1.' : 'vp8')), 'what it is');
    expect(seen[0].audio > 0, 'sound is decoded');
    // A decoder that fails is no end: another one goes on where that one was.
    await Promise.all(followers.map(([what, page], i) => page.evaluate(() => window.failDecoder())
      .then(() => until(async () => {
        const now = await look(page);
        return now.recovered > seen[i].recovered && now.at > seen[i].at && now.frames > seen[i].frames + 30;
      }, `a new decoder in ${what}`))));
    // Another picture takes the stage: of H.264 another size is another epoch, which is found and played.
    await agent.click('[data-control=screen]');
    await Promise.all(followers.map(([what, page], i) => until(async () => {
      const now = await look(page);
      return now.at > seen[i].at + 8 && now.width !== seen[i].width
        && (codec === 'vp8' || now.epochs.length > seen[i].epochs.length);
    }, `the screen in ${what}`)));
    await endTour(agent);
    const ends = await Promise.all(followers.map(([what, page]) => until(async () => {
      const now = await look(page);
      return now.ended && now;
    }, `the end in ${what}`)));
    const done = await until(async () => {
      const r = await recordingOf(codec);
      return r.state === 'complete' && r;
    }, 'a complete recording');
    // Whoever followed knows every epoch from the first he saw to the last there is.
    const programme = (await detailOf(recording.id)).tracks.find((t) => t.kind === 'programme');
    for (const end of ends) {
      expect(Math.abs(end.at - done.duration_ms / 1000) < 1.5, `ended at ${end.at} of ${done.duration_ms} ms`);
      expectEqual(end.damaged.length + end.erased.length, 0, 'gaps');
      expectEqual(end.epochs.at(-1), programme.epochs.at(-1).number, 'the last epoch');
    }
    await Promise.all(followers.map(([, page]) => page.close()));
    await agent.close();
  });
}

await test('a_complete_recording_is_followed_from_its_beginning', async () => {
  const recording = await recordingOf('h264');
  const page = await openFollower(chromium, recording, false);
  await until(async () => (await look(page)).over, 'all of it');
  const programme = (await detailOf(recording.id)).tracks.find((t) => t.kind === 'programme');
  const now = await look(page);
  expectEqual(now.epochs.join(), programme.epochs.map((e) => e.number).join(), 'epochs');
  expectEqual(now.bytes, programme.epochs.reduce((sum, e) => sum + e.bytes, 0), 'bytes of all segments');
  await until(async () => (await look(page)).at > 2, 'it plays');
  await page.close();
});

const codeOf = async (response) => `${response.status} ${(await response.json().catch(() => ({}))).code}`;
const PATHS = ['programme/0/init', 'programme/0/segments', 'programme/0/segments/0'];

await test('the_routes_are_for_who_may_see_the_recording', async () => {
  const { vp8, h264 } = recordings;
  const open = await api(`${vp8}/playback`, { method: 'POST' });
  const cookie = open.headers.get('set-cookie').split(';')[0];
  const as = (token) => ({ headers: { authorization: `Bearer ${token}` } });
  const other = mint({ role: 'ops', tour: 'h264' });
  for (const where of PATHS) {
    expectEqual(await codeOf(await api(`${vp8}/${where}`, { headers: {} })), '401 token_missing', where);
    expectEqual((await api(`${vp8}/${where}`, { headers: { cookie } })).status, 200, `${where} with a ticket`);
    expectEqual(await codeOf(await api(`${h264}/${where}`, { headers: { cookie } })), '401 token_missing',
      `${where} with the ticket of another recording`);
    expectEqual(await codeOf(await api(`${vp8}/${where}`, as(other))), '403 token_tour', `${where} of another tour`);
    expectEqual(await codeOf(await api(`${vp8}/${where}`, as(mint({ role: 'agent', tour: 'vp8' })))),
      '403 forbidden', `${where} as an agent`);
  }
  expectEqual((await api(`${vp8}/playback`, { method: 'DELETE' })).status, 204, 'taken back');
  for (const where of PATHS) {
    expectEqual(await codeOf(await api(`${vp8}/${where}`, { headers: { cookie } })), '401 token_missing',
      `${where} with a ticket that was taken back`);
  }
});

await test('bad_input_gets_a_clear_code', async () => {
  const id = recordings.vp8;
  const none = '00112233445566778899aabbccddeeff';
  const rows = [
    ...PATHS.map((p) => [`${none}/${p}`, '404 recording_unknown']),
    ...PATHS.map((p) => [`nonsense/${p}`, '404 recording_unknown']),
    ...['segments', 'init', 'segments/0'].flatMap((what) => [
      [`${id}/${none}/0/${what}`, '404 epoch_unknown'],
      [`${id}/programme/77/${what}`, '404 epoch_unknown']]),
    [`${id}/programme/x/segments`, '404 epoch_unknown'],
    [`${id}/programme/-1/init`, '404 epoch_unknown'],
    [`${id}/${'a'.repeat(33)}/0/init`, '404 epoch_unknown'],
    [`${id}/programme/0/segments/100000`, '404 segment_unknown'],
    [`${id}/programme/0/segments/99999999999999999999`, '404 segment_unknown'],
    [`${id}/programme/0/segments/-1`, '404 segment_unknown'],
    [`${id}/programme/0/segments/0x0`, '404 segment_unknown'],
    ...['after=x', 'after=-1', 'after=1.5', 'after=1e3', 'after=99999999999', 'limit=many', 'limit=-1'].map((q) =>
      [`${id}/programme/0/segments?${q}`, '400 bad_request']),
    [`${id}/programme/0/segments/0/more`, '404 not_found'],
  ];
  for (const [where, want] of rows) {
    expectEqual(await codeOf(await api(where)), want, where);
  }
  const post = await api(`${id}/programme/0/segments`, { method: 'POST' });
  expectEqual(`${post.status} ${post.headers.get('allow')}`, '405 GET, HEAD, OPTIONS', 'POST');
});

await test('lists_are_pages_and_segments_are_files', async () => {
  const list = async (query) => (await api(`${recordings.vp8}/programme/0/segments${query}`)).json();
  const all = await list('');
  expect(all.last >= 4 && !all.growing && all.wait_ms === 0 && !all.more, JSON.stringify(all));
  const page = await list('?after=1&limit=2');
  expectEqual(page.segments.map((s) => s.number).join(), '2,3', 'the page');
  expectEqual(page.more, true, 'there are more');
  expectEqual((await list(`?after=${all.last}`)).segments.length, 0, 'behind the last');
  const where = `${recordings.vp8}/programme/0/segments/1`;
  const whole = await api(where);
  const bytes = Buffer.from(await whole.arrayBuffer());
  expectEqual(whole.headers.get('content-type'), 'video/webm', 'type');
  expectEqual(bytes.length, all.segments[1].bytes, 'size');
  const head = await api(where, { method: 'HEAD' });
  expectEqual(head.headers.get('content-length'), `${bytes.length}`, 'length by HEAD');
  const part = await api(where, { headers: { ...headers, range: 'bytes=100-199' } });
  expectEqual(part.status, 206, 'a range');
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200)), 'bytes of the range');
  const etag = whole.headers.get('etag');
  expectEqual((await api(where, { headers: { ...headers, 'if-none-match': etag } })).status, 304, 'unchanged');
  const next = await api(`${recordings.vp8}/programme/0/segments/2`, { headers: { ...headers, 'if-none-match': etag } });
  expectEqual(next.status, 200, 'another segment is another file');
  await next.arrayBuffer();
});

await test('a_damaged_segment_is_named_and_a_follower_goes_on_behind_it', async () => {
  const id = recordings.vp8;
  const { segments } = await (await api(`${id}/programme/0/segments`)).json();
  const file = path.join(dir, 'recordings/objects/recordings', id, 'programme/0-2.seg');
  const bytes = fs.readFileSync(file);
  bytes[Math.floor(bytes.length / 3)] ^= 1;
  fs.chmodSync(file, 0o600);
  fs.writeFileSync(file, bytes);
  // Who has just read it has it in memory, as it was. An answer that is begun with that, and goes on with what
  // the store has because it was too old meanwhile, ends with its connection (docs/api.md): it is no answer yet.
  const response = await until(async () => {
    const r = await api(`${id}/programme/0/segments/2`);
    return r.status === 200 ? r.arrayBuffer().then(() => null, () => null) : r;
  }, 'what the store has now', (LIFETIME_S + 5) * 1000);
  const problem = await response.json();
  expectEqual(`${response.status} ${problem.code}`, '500 recording_damaged', 'the answer');
  expectEqual(problem.detail, 'Segment 2 of epoch 0 of programme is missing or changed.', 'which one');
  const page = await openFollower(chromium, await recordingOf('vp8'), false);
  await until(async () => (await look(page)).over, 'all of it');
  const now = await look(page);
  expectEqual(now.damaged.join(), problem.detail, 'what the follower was told');
  const end = segments.at(-1).start_ms / 1000;
  await page.evaluate((at) => { document.querySelector('video').currentTime = at; }, segments[1].start_ms / 1000);
  await until(async () => {
    const seen = await look(page);
    return seen.at > segments[3].start_ms / 1000 && seen.at < end + 5 && seen.frames > now.frames;
  }, 'what is behind the gap');
  await page.close();
});

await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
await chromium.close();
await firefox.close();
site.close();
finish();
