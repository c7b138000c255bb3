// Who comes late has a picture at once, and the agent makes no key frame for it: what has been kept since
// its last one is replayed. Afterwards the late one is no further behind than who was there before.
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';

const SECRET = 'late-joiners-late-joiners-late-joiners';
const SINCE = 4000; // [ms] since the last key frame, of ten seconds that it is kept
// [ms] from the connection on, where two busy cores took 38 at most, and key frames that the agent may make
// for it. One Firefox of four had lost the first packet of the replay (it came before it was ready, it seems), for
// which nobody can ask: it says so, and gets a key frame after 0.3 s (media/engine/picture.c, REPLAY_BEGUN).
const BOUNDS = { chromium: { first: 150, keys: 0 }, firefox: { first: 1000, keys: 1 } };
const mint = minter(SECRET, { aud: 'oriel' });
const config = await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours = ['vp8', 'h264'].map((name) => ({ name, title: name, codec: name }));
});
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const base = new URL(server.urls.agent).origin;
const site = await serveBarePage();
const chromium = await launchChromium();
const firefox = await launchFirefox();

/** What the agent of this page has sent of its camera. */
const sent = (page) => page.evaluate(async () =>
  [...(await window.pc.getStats()).values()].filter((s) => s.type === 'outbound-rtp' && s.kind === 'video')
    .map((s) => ({ keys: s.keyFramesEncoded ?? 0, frames: s.framesEncoded ?? 0, bytes: s.bytesSent,
      plis: s.pliCount ?? 0 }))[0]);

/** What a viewer has got. */
const got = (page) => page.evaluate(async () =>
  [...(await window.pc.getStats()).values()].filter((s) => s.type === 'inbound-rtp' && s.kind === 'video')
    .map((s) => ({ frames: s.framesDecoded ?? 0, delay: s.jitterBufferDelay, emitted: s.jitterBufferEmittedCount,
      lost: s.packetsLost, plis: s.pliCount, packets: s.packetsReceived, freezes: s.freezeCount }))[0]);

/** Mean time in the jitter buffer [ms] while `wait` lasts. */
async function delay(page, wait) {
  const before = await got(page);
  await wait;
  const after = await got(page);
  return (after.delay - before.delay) * 1000 / Math.max(after.emitted - before.emitted, 1);
}

const join = async (browser, tour, sub) => {
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.evaluate(([url, token]) => window.play(url, token),
    [`${base}/whep/${tour}`, mint({ sub, role: 'buyer', tour })]);
  return page;
};

/** Joins, and tells how long it took from the answer to the connection and from there to a picture [ms]. */
async function joinTimed(browser, tour, sub) {
  const page = await browser.newPage();
  await page.goto(site.url);
  const times = await page.evaluate(async ([url, token]) => {
    const asked = performance.now();
    await window.play(url, token);
    const answered = performance.now();
    let connected = 0;
    for (;;) {
      connected ||= window.pc.connectionState === 'connected' ? performance.now() : 0;
      const video = [...(await window.pc.getStats()).values()]
        .find((s) => s.type === 'inbound-rtp' && s.kind === 'video');
      if (video?.framesDecoded > 0) {
        const seen = performance.now();
        return { answer: answered - asked, connect: (connected || seen) - answered, picture: seen - (connected || seen) };
      }
      if (performance.now() - asked > 20000) throw new Error('no picture in 20 s');
      await new Promise((done) => setTimeout(done, 2));
    }
  }, [`${base}/whep/${tour}`, mint({ sub, role: 'buyer', tour })]);
  return { page, times };
}

async function agent(tour) {
  const page = await chromium.newPage();
  await page.goto(site.url);
  await page.evaluate(([url, token]) => window.publish(url, token),
    [`${base}/whip/${tour}`, mint({ sub: 'agent', role: 'agent', tour })]);
  await until(async () => (await sent(page))?.frames > 30, 'the agent sends');
  return page;
}

async function lateJoiner(source, early, browser, tour, sub, bounds) {
  const before = await sent(source);
  await until(async () => (await sent(source)).keys > before.keys, 'the next key frame', 15000);
  await pause(SINCE);
  const at = await sent(source);
  const { page, times } = await joinTimed(browser, tour, sub);
  const after = await sent(source);
  const replays = await server.metric('oriel_media_replays_total');
  console.log(`# ${sub}: answer ${times.answer.toFixed(0)} ms, connected ${times.connect.toFixed(0)} ms, ` +
    `picture ${times.picture.toFixed(0)} ms later; key frames ${at.keys} -> ${after.keys}, ` +
    `${((after.bytes - before.bytes) / 1024).toFixed(0)} KiB since the last, ${replays} replays`);
  expect(after.keys - at.keys <= bounds.keys, `${after.keys - at.keys} key frames of the agent`);
  expect(times.picture < bounds.first, `first picture after ${times.picture} ms`);
  await pause(1500);
  const wait = pause(3000);
  const [late, there] = await Promise.all([delay(page, wait), delay(early, wait)]);
  const now = await got(page);
  console.log(`# ${sub}: in the jitter buffer ${late.toFixed(1)} ms, of who was there ${there.toFixed(1)} ms; ` +
    JSON.stringify(now));
  expect(late < there + 150, `the late one is ${late - there} ms behind`);
  const givenUp = await server.metric('oriel_media_given_up_total');
  console.log(`# ${sub}: at the end ${(await sent(source)).keys} key frames, ${givenUp} replays given up`);
  const frames = now.frames;
  await until(async () => (await got(page)).frames > frames + 30, 'the picture goes on');
  await page.close();
}

/** One after the other in a tour: the agent's key frames are counted. */
async function lateJoiners(tour, browsers) {
  const source = await agent(tour);
  const early = await join(chromium, tour, 'early');
  await until(async () => (await got(early))?.frames > 30, 'who was there sees the agent');
  for (const [name, browser] of Object.entries(browsers)) {
    await test(`a_late_${name}_sees_${tour}_at_once`, () =>
      lateJoiner(source, early, browser, tour, `${name}-${tour}`, BOUNDS[name]));
  }
  await early.close();
  await source.close();
}

// The tours go on beside each other; most of the time each waits for a key frame.
await Promise.all([lateJoiners('vp8', { chromium, firefox }), lateJoiners('h264', { chromium })]);

await chromium.close();
await firefox.close();
site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
