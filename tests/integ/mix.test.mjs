// The mix by WHEP: a player of one track hears everybody, and a gateway that publishes with the same
// token does not hear itself. Each person is a tone, so it can be told who is heard. The clients know
// nothing of Oriel.
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import fs from 'node:fs';
import path from 'node:path';

const RATE = 48000;
const ANN = 440;
const BOB = 1000;
const GATE = 1700;
const ALL = [ANN, BOB, GATE];

const dir = tempDir();
// Soon on two workers, so that voices and listeners are on different ones.
const config = await writeConfig(dir, (c) => Object.assign(c.media, { workers: 2, tour_spread: 2 }));
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const base = new URL(server.urls.agent).origin;
const token = minter(fs.readFileSync(path.join(dir, 'jwt.secret'), 'utf8').trim());
const site = await serveBarePage();
const browser = await launchChromium({ flags: ['--autoplay-policy=no-user-gesture-required'] });

async function newPage() {
  const page = await browser.newPage();
  await page.goto(site.url);
  return page;
}

/** Publishes a tone by WHIP as this sub. */
async function hums(sub, hz, role = 'buyer') {
  const page = await newPage();
  await page.evaluate(async ([url, bearer, frequency]) => {
    const context = new AudioContext({ sampleRate: 48000 });
    const gain = new GainNode(context, { gain: 0.2 });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(gain).connect(out);
    tone.start();
    const pc = new RTCPeerConnection();
    pc.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendonly' });
    await window.negotiate(pc, url, bearer);
  }, [`${base}/whip/demo`, token({ sub, role }), hz]);
  await until(() => page.evaluate(() => window.pc.connectionState === 'connected'), `${sub} connected`);
  return page;
}

/** Plays the mix by WHEP as this sub, on one track. */
async function listens(sub) {
  const page = await newPage();
  await page.evaluate(async ([url, bearer]) => {
    const pc = new RTCPeerConnection();
    pc.ontrack = (e) => {
      const stream = new MediaStream([e.track]);
      document.getElementById('v').srcObject = stream;
      const context = new AudioContext({ sampleRate: 48000 });
      window.ear = new AnalyserNode(context, { fftSize: 32768, smoothingTimeConstant: 0 });
      new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(window.ear);
    };
    pc.addTransceiver('audio', { direction: 'recvonly' });
    await window.negotiate(pc, url, bearer);
  }, [`${base}/whep/demo?audio=mix`, token({ sub })]);
  await until(() => page.evaluate(() => window.pc.connectionState === 'connected'), `${sub} listens`);
  return page;
}

/** The last 0.68 s that a page has heard. */
const heard = (page) => page.evaluate(() => {
  const samples = new Float32Array(window.ear.fftSize);
  window.ear.getFloatTimeDomainData(samples);
  return Array.from(samples);
});

/** Amplitude of a tone; Hann window. */
function loudness(samples, hz) {
  const n = samples.length;
  let [s, c, weight] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const w = 1 - Math.cos((2 * Math.PI * (i + 0.5)) / n);
    s += w * samples[i] * Math.sin((2 * Math.PI * hz * i) / RATE);
    c += w * samples[i] * Math.cos((2 * Math.PI * hz * i) / RATE);
    weight += w;
  }
  return (2 * Math.hypot(s, c)) / weight;
}

const db = (ratio) => 20 * Math.log10(ratio + 1e-9);

/** How loud each of the tones is [dB of what was sent], and everything that is further than 20 Hz from
 * each of them (a player's clock moves a tone a little). */
function spectrum(samples) {
  const tones = ALL.map((hz) => db(loudness(samples, hz) / 0.2));
  let between = 0;
  for (let hz = 100; hz < 4000; hz += 20) {
    if (ALL.every((tone) => Math.abs(hz - tone) > 20)) {
      between = Math.max(between, loudness(samples, hz));
    }
  }
  return { tones, between: db(between / 0.2) };
}

const told = ({ tones, between }) => `${tones.map((x) => x.toFixed(1)).join(', ')} dB; else ${between.toFixed(1)} dB`;

/** Waits until a page hears these tones and no others, for the whole 0.68 s. */
async function untilHears(page, wanted, what) {
  let last;
  await until(async () => {
    last = spectrum(await heard(page));
    return ALL.every((hz, i) => (wanted.includes(hz) ? Math.abs(last.tones[i]) < 3 : last.tones[i] < -40));
  }, what).catch((error) => { throw new Error(`${error.message}: ${told(last)}`); });
  console.log(`# ${what}: ${told(last)}`);
  return last;
}

let ann;
let gate;
let player;
let tv;

await test('a_player_of_one_track_hears_everybody', async () => {
  ann = await hums('ann', ANN, 'agent');
  tv = await listens('tv'); // before the others come
  await hums('bob', BOB);
  const s = await untilHears(tv, [ANN, BOB], 'tv hears two');
  expect(s.between < -20, `noise at ${s.between} dB`);
});

await test('a_gateway_does_not_hear_itself', async () => {
  player = await listens('gate');
  await untilHears(player, [ANN, BOB], 'the gateway, before it speaks');
  gate = await hums('gate', GATE);
  await untilHears(tv, ALL, 'tv hears three');
  const s = await untilHears(player, [ANN, BOB], 'the gateway, while it speaks');
  expect(s.tones[2] - s.tones[0] < -40, `its own voice is at ${s.tones[2] - s.tones[0]} dB of another`);
  expect(s.between < -20, `noise at ${s.between} dB`);
  expectEqual(await server.metric('oriel_mix_tours'), 1, 'tours mixed');
  expect(await server.metric('oriel_media_relay_in_total') > 100, 'workers tell each other of packets');
  await until(async () => await server.metric('oriel_mix_listeners') === 2
    && await server.metric('oriel_mix_outputs') === 2 && await server.metric('oriel_mix_voices') === 3,
  'two listeners of two mixes of three voices');
});

await test('sound_goes_on_without_holes', async () => {
  const before = await stats(player);
  await until(async () => (await stats(player)).samples > before.samples + 5 * RATE, 'five seconds');
  const now = await stats(player);
  const made = (now.concealed - before.concealed) / (now.samples - before.samples);
  console.log(`# ${(100 * made).toFixed(2)} % made up by the player, ${now.lost - before.lost} packets lost, `
    + `${((1000 * (now.delay - before.delay)) / (now.emitted - before.emitted)).toFixed(0)} ms in its jitter buffer`);
  expectEqual(now.lost - before.lost, 0, 'packets lost');
  expect(made < 0.05, `${made} of the sound is made up`);
});

function stats(page) {
  return page.evaluate(async () => {
    for (const s of (await window.pc.getStats()).values()) {
      if (s.type === 'inbound-rtp' && s.kind === 'audio') {
        return { samples: s.totalSamplesReceived, concealed: s.concealedSamples - s.silentConcealedSamples,
          lost: s.packetsLost, delay: s.jitterBufferDelay, emitted: s.jitterBufferEmittedCount,
          packets: s.packetsReceived };
      }
    }
    return null;
  });
}

await test('who_leaves_is_heard_no_more', async () => {
  const at = await gate.evaluate(() => window.resource.location);
  const r = await fetch(new URL(at, base), { method: 'DELETE', headers: { authorization: `Bearer ${token({ sub: 'gate' })}` } });
  expectEqual(r.status, 200, 'DELETE');
  await untilHears(tv, [ANN, BOB], 'tv, when the gateway is silent');
  await untilHears(player, [ANN, BOB], 'the gateway, when it is silent');
  await until(async () => await server.metric('oriel_mix_outputs') === 1, 'one mix for both');
});

await test('a_silent_tour_costs_next_to_nothing', async () => {
  for (const page of browser.pages()) {
    if (page !== tv && page !== player) {
      await page.close();
    }
  }
  await until(async () => await server.metric('oriel_mix_voices') === 0, 'nobody speaks', 60000);
  const before = (await stats(tv)).packets;
  const from = Date.now();
  await until(async () => (await stats(tv)).packets >= before + 5, 'packets of silence');
  const rate = (1000 * 5) / (Date.now() - from);
  expect(rate < 5, `${rate} packets a second`);
});

await test('the_last_listener_ends_it', async () => {
  await Promise.all([tv, player].map((page) => page.evaluate(() => window.pc.close())));
  await until(async () => await server.metric('oriel_mix_tours') === 0, 'nothing is mixed', 60000);
});

await test('what_cannot_be_is_refused', async () => {
  const sdp = fs.readFileSync(new URL('../data/aiortc.sdp', import.meta.url), 'utf8');
  const post = async (to, query) => {
    const r = await fetch(`${to}/whep/demo${query}`, { method: 'POST', body: sdp,
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token({ sub: 'x' })}` } });
    return `${r.status} ${r.status === 201 ? '' : (await r.json()).code}`;
  };
  expectEqual(await post(base, '?audio=mono'), '400 bad_field', 'another word');
  expectEqual(await post(base, `?audio=mix${'x'.repeat(600)}`), '400 bad_field', 'a long word');
  const other = tempDir();
  const without = await new Server([ORIEL, 'serve', '-c', await writeConfig(other, (c) => {
    c.mix = { listeners: 0 };
    c.auth.hs256_secret_file = path.join(dir, 'jwt.secret');
  })]).ready;
  const there = new URL(without.urls.agent).origin;
  expectEqual(await post(there, '?audio=mix'), '422 mix_off', 'a server without');
  expectEqual(await post(there, ''), '201 ', 'without asking');
  expectEqual((await without.stop()).code, 0, 'exit status');
});

await browser.close();
site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
