// Clients of other stacks publish and play, with Chromium at the other end: aiortc and GStreamer's
// webrtcbin VP8 and Opus, Firefox VP8 and VP9, GStreamer also H.264. What arrives must be decoded:
// pictures of the right size without a stop, and the tone that was sent.
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { Client } from './lib/client.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ADDRESS, enterNamespace } from './lib/netns.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';

const inside = enterNamespace(); // libnice offers no loopback address
const TONE = 440; // Hz, of all but Firefox, whose fake microphone says 1000
const FIREFOX_TONE = 1000;
const FRAMES = 60; // to be decoded before the gaps between them are judged
const GAP_MS = 1500;
const SECRET = 'a secret for strangers that everybody may know';
const token = minter(SECRET);

const dir = tempDir();
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media.address = inside ? ADDRESS : '127.0.0.1';
  c.tours = ['vp8', 'vp9', 'h264'].map((codec) => ({ name: codec, title: codec, record: 'off', codec }));
})]).ready;
const base = new URL(server.urls.agent).origin;
const site = await serveBarePage();

const wav = path.join(dir, 'tone.wav');
execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `sine=frequency=${TONE}:sample_rate=48000:duration=30`, wav]);
const chromium = await launchChromium({ flags: [`--use-file-for-fake-audio-capture=${wav}`] });
const firefox = await launchFirefox();

/** A test that leaves nobody behind in a tour, even when it fails. */
const left = [];
const scene = (name, run) => test(name, async () => {
  try {
    await run();
  } finally {
    await Promise.all(left.splice(0).map((leave) => leave().catch(() => {})));
  }
});

/** A session of a page of its own: `what` is publish or play; {page, url, location, token}. */
async function open(browser, what, tour, sub, { passive = false, layers } = {}) {
  const page = await browser.newPage();
  left.push(() => page.close());
  await page.goto(site.url);
  await page.evaluate((yes) => { window.passive = yes; }, passive);
  const url = `${base}/${what === 'publish' ? 'whip' : 'whep'}/${tour}`;
  const mine = token({ role: what === 'publish' ? 'agent' : 'buyer', tour, sub });
  // Steady as it is, the tone would be taken for noise.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const { location } = await page.evaluate((args) => window[args[0]](...args.slice(1)), [what, url, mine, { audio, layers }]);
  return { page, location: new URL(location, base), token: mine };
}

/** Deletes a browser's session twice, and looks whether that is told as it should be. */
async function close(session) {
  const headers = { authorization: `Bearer ${session.token}` };
  for (const status of [200, 404]) {
    expectEqual((await fetch(session.location, { method: 'DELETE', headers })).status, status, 'DELETE');
  }
}

/** What a page decodes, in the words of the other clients. */
const seen = ({ page }) => page.evaluate(async () => {
  const of = { frames: 0, width: 0, height: 0, freezes: 0, frozen: 0, samples: 0, keyFrames: 0 };
  for (const s of (await window.pc.getStats()).values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'video') {
      Object.assign(of, { frames: s.framesDecoded ?? 0, width: s.frameWidth ?? 0, height: s.frameHeight ?? 0,
        freezes: s.freezeCount, frozen: s.totalFreezesDuration, keyFrames: s.keyFramesDecoded ?? 0 });
    } else if (s.type === 'inbound-rtp') {
      of.samples = s.totalSamplesReceived ?? 0;
    }
  }
  return of;
});

/** The frequency of what a page hears, recorded for a second [Hz]; 0: silence. (An AudioContext would
 *  tell, too, but not in Firefox on a machine without loudspeakers.) */
async function heard({ page }) {
  const text = await page.evaluate(async () => {
    const recorder = new MediaRecorder(new MediaStream(document.querySelector('video').srcObject.getAudioTracks()));
    const pieces = [];
    recorder.ondataavailable = (e) => pieces.push(e.data);
    const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start();
    setTimeout(() => recorder.stop(), 1000);
    await stopped;
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return btoa(bytes.reduce((t, b) => t + String.fromCharCode(b), ''));
  });
  const raw = spawnSync('ffmpeg', ['-v', 'error', '-i', '-', '-f', 's16le', '-ac', '1', '-ar', '48000', '-'],
    { input: Buffer.from(text, 'base64'), maxBuffer: 1 << 26 }).stdout;
  const sound = new Int16Array(raw.buffer, raw.byteOffset, raw.length >> 1).subarray(4800); // begun
  const loud = sound.reduce((sum, x) => sum + x * x, 0) / sound.length > 300 * 300;
  const crossings = sound.reduce((n, x, i) => n + (i > 0 && (x < 0) !== (sound[i - 1] < 0)), 0);
  return loud ? Math.round(crossings / 2 * 48000 / sound.length) : 0;
}

/** A page sees and hears what a client sends. */
async function pageDecodes(session, what, { width = 640, height = 480, tone = TONE } = {}) {
  const begun = performance.now();
  await until(async () => (await seen(session)).frames > 0, `${what}: the first picture`, 20000);
  const first = Math.round(performance.now() - begun);
  const got = await until(async () => {
    const s = await seen(session);
    return s.frames >= FRAMES && s.width === width && s.height === height && s.samples > 96000 && s;
  }, `${what}: pictures and sound`, 60000).catch(async (error) => {
    throw new Error(`${error.message}: ${JSON.stringify(await seen(session))}`);
  });
  let hz = 0;
  await until(async () => {
    hz = await heard(session);
    return Math.abs(hz - tone) < 15;
  }, `${what}: a tone of ${tone} Hz`, 15000).catch((error) => {
    throw new Error(`${error.message}, but ${hz} Hz`);
  });
  console.log(`# ${what}: first picture after ${first} ms, then ${JSON.stringify(got)}, ${hz} Hz`);
  expect(got.frozen <= GAP_MS / 1000, `${what}: the picture stood still for ${got.frozen} s`);
  return first;
}

/** A client of another stack sees and hears what Chromium sends. */
async function clientDecodes(client, what) {
  const got = await client.tells((s) => s.frames >= FRAMES && s.samples > 96000 && Math.abs(s.tone_hz - TONE) < 15,
    `${what}: pictures and the tone`, 60000);
  console.log(`# ${what}: ${JSON.stringify(got)}`);
  expect(got.width > 0 && got.width * 3 === got.height * 4, `${what}: ${got.width}x${got.height}`);
  expect(got.gap_ms <= GAP_MS, `${what}: ${got.gap_ms} ms between two pictures`);
}

/** A program of another stack; more: of its arguments. */
function start([, script, more], what, tour, sub, ...also) {
  const role = what === 'publish' ? 'agent' : 'buyer';
  const client = new Client(script, what, `${base}/${what === 'publish' ? 'whip' : 'whep'}/${tour}`,
    token({ role, tour, sub }), ...more, ...also);
  left.push(() => client.end());
  return client;
}

async function ends(client) {
  expectEqual(JSON.stringify(await client.end()), '[200,404]', 'DELETE twice');
}

/** Strangers: {name, script, arguments}. */
const AIORTC = ['aiortc', 'aiortc_client.py', inside ? [] : ['--loopback']];
const strangers = [AIORTC];
const GSTREAMER = ['gstreamer', 'gst_client.py', []];
if (inside) {
  strangers.push(GSTREAMER);
} else {
  console.log('# no network namespace here, and libnice offers no loopback address: GStreamer NOT checked');
}

for (const stranger of strangers) {
  const [name] = stranger;
  await scene(`${name}_publishes_vp8_and_opus`, async () => {
    const client = start(stranger, 'publish', 'vp8', name);
    await client.tells((s) => s.connected, `${name} connected`);
    const player = await open(chromium, 'play', 'vp8', 'chromium');
    await pageDecodes(player, `${name} to Chromium`);
    await close(player);
    await ends(client);
  });
}

if (inside) {
  await scene('gstreamer_publishes_h264_that_begins_with_a_delimiter', async () => {
    const client = start(GSTREAMER, 'publish', 'h264', 'gst', 'h264');
    await client.tells((s) => s.connected, 'GStreamer connected');
    const player = await open(chromium, 'play', 'h264', 'chromium');
    const first = await pageDecodes(player, 'GStreamer H.264 to Chromium');
    expect(first < 3000, `the first picture took ${first} ms`);
    await close(player);
    await ends(client);
  });
}

await scene('strangers_and_firefox_play_vp8_and_opus', async () => {
  const publisher = await open(chromium, 'publish', 'vp8', 'chromium');
  const players = strangers.map((stranger) => [stranger[0], start(stranger, 'play', 'vp8', stranger[0])]);
  const fox = await open(firefox, 'play', 'vp8', 'firefox');
  for (const [name, client] of players) {
    await clientDecodes(client, `Chromium to ${name}`);
    await ends(client);
  }
  await pageDecodes(fox, 'Chromium to Firefox, VP8');
  await close(fox);
  await close(publisher);
});

// aiortc 1.4 knows no AES-GCM: what it sends is opened by libsrtp2, and what it gets sealed with HMAC.
await scene('each_link_has_the_srtp_profile_that_its_client_knows', async () => {
  const aiortc = { publish: start(AIORTC, 'publish', 'vp8', 'aiortc'), play: null };
  await aiortc.publish.tells((s) => s.connected, 'aiortc connected');
  aiortc.play = start(AIORTC, 'play', 'vp8', 'aiortc-plays');
  const player = await open(chromium, 'play', 'vp8', 'chromium');
  await clientDecodes(aiortc.play, 'aiortc to aiortc');
  await until(async () => (await seen(player)).frames > 0, 'Chromium: a picture', 20000);
  for (const what of ['publish', 'play']) {
    expectEqual(aiortc[what].last.srtp_profile, 'SRTP_AES128_CM_SHA1_80', `aiortc, ${what}`);
  }
  const cipher = await player.page.evaluate(async () => [...(await window.pc.getStats()).values()]
    .find((s) => s.type === 'transport').srtpCipher);
  expectEqual(cipher, 'SRTP_AEAD_AES_128_GCM', 'Chromium');
  await close(player);
  await ends(aiortc.play);
  await ends(aiortc.publish);
});

await scene('who_waits_for_the_dtls_handshake_is_met', async () => {
  const client = start(strangers[0], 'publish', 'vp8', 'passive', '--passive');
  await client.tells((s) => s.connected, 'aiortc connected');
  const player = await open(chromium, 'play', 'vp8', 'chromium', { passive: true });
  await pageDecodes(player, 'aiortc to Chromium, both DTLS servers');
  await close(player);
  await ends(client);
});

for (const codec of ['vp8', 'vp9']) {
  await scene(`firefox_publishes_${codec}`, async () => {
    const publisher = await open(firefox, 'publish', codec, 'firefox');
    const player = await open(chromium, 'play', codec, 'chromium');
    await pageDecodes(player, `Firefox to Chromium, ${codec}`, { tone: FIREFOX_TONE });
    await close(player);
    await close(publisher);
  });
}

await scene('firefox_publishes_three_layers', async () => {
  const layers = [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }];
  const publisher = await open(firefox, 'publish', 'vp8', 'firefox', { layers });
  const sent = await until(() => publisher.page.evaluate(async () => {
    const all = [...(await window.pc.getStats()).values()].filter((s) => s.type === 'outbound-rtp' && s.framesSent > 0);
    const widths = all.filter((s) => s.kind === 'video').map((s) => s.frameWidth);
    return widths.length === 3 && widths;
  }), 'three layers to be sent');
  console.log(`# Firefox sends widths ${sent}`);
  const player = await open(chromium, 'play', 'vp8', 'chromium');
  await pageDecodes(player, 'the largest layer of Firefox to Chromium', { tone: FIREFOX_TONE });
  await close(player);
  await close(publisher);
});

await scene('firefox_plays_vp9', async () => {
  const publisher = await open(chromium, 'publish', 'vp9', 'chromium');
  const fox = await open(firefox, 'play', 'vp9', 'firefox');
  await pageDecodes(fox, 'Chromium to Firefox, VP9');
  await close(fox);
  await close(publisher);
});

await chromium.close();
await firefox.close();
site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
