// The house keeps the stage: while guests with cameras talk, each in turn and all at once, a host who is
// silent stays on everybody's stage and is heard. Real browsers, on two workers. Guests know nothing of
// Oriel: they publish by WHIP.
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { firstFrame, joinTour, stageOf } from './lib/tour.mjs';
import fs from 'node:fs';
import path from 'node:path';

const GUESTS = ['bob', 'cy', 'dee'];
const TURN_MS = 3000; // so long each of them talks
const LOUD = 0.2;

const dir = tempDir();
const config = await writeConfig(dir, (c) => {
  Object.assign(c.media, { workers: 2, tour_spread: 2 }); // soon on both
  c.tours[0].record = 'off';
});
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const base = new URL(server.urls.agent).origin;
const token = minter(fs.readFileSync(path.join(dir, 'jwt.secret'), 'utf8').trim());
const site = await serveBarePage();
const browser = await launchChromium({ flags: ['--autoplay-policy=no-user-gesture-required'] });
const guests = new Map();
const watchers = [];
let agent;

/** Publishes a picture that moves and a voice that is silent until speak(true), by WHIP. */
async function guest(sub) {
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.evaluate(async ([url, bearer]) => {
    const context = new AudioContext({ sampleRate: 48000 });
    const gain = new GainNode(context, { gain: 0 });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    const voice = new OscillatorNode(context, { frequency: 300 });
    voice.connect(gain).connect(out);
    voice.start();
    window.speak = (loudness) => { gain.gain.value = loudness; };
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const paint = canvas.getContext('2d');
    setInterval(() => {
      paint.fillStyle = `hsl(${(performance.now() / 10) % 360} 80% 50%)`;
      paint.fillRect(0, 0, 320, 180);
    }, 66);
    const pc = new RTCPeerConnection();
    pc.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendonly' });
    pc.addTransceiver(canvas.captureStream(15).getVideoTracks()[0], { direction: 'sendonly' });
    await window.negotiate(pc, url, bearer);
  }, [`${base}/whip/demo`, token({ sub, name: sub })]);
  await until(() => page.evaluate(() => window.pc.connectionState === 'connected'), `${sub} connected`);
  guests.set(sub, page);
}

/** A buyer's page without a camera, which notes whom slots and the server name from now on. */
async function watcher(sub) {
  const page = await browser.newPage();
  await joinTour(page, `${base}/t/demo#${token({ sub, name: sub })}`, { name: sub, camera: false });
  await page.evaluate(() => {
    window.said = { slots: [], speakers: [] };
    window.oriel.addEventListener('slot', ({ detail: { kind, index, participant, source } }) =>
      window.said.slots.push({ kind, index, participant, source }));
    window.oriel.addEventListener('speaker', (e) => window.said.speakers.push(e.detail));
  });
  watchers.push(page);
}

/** What came so far for the stage and for the voice that goes with it; nothing, before the first packet. */
const came = (page) => page.evaluate(async () => {
  const slots = [...window.oriel.session.slots.values()].filter((s) => s.index === 0);
  const mid = (kind) => slots.find((s) => s.kind === kind).mid;
  const ret = { frames: 0, bytes: 0, packets: 0, heard: 0 };
  for (const s of (await window.oriel.session.pc.getStats()).values()) {
    if (s.type === 'inbound-rtp' && s.mid === mid('stage')) {
      Object.assign(ret, { frames: s.framesDecoded, bytes: s.bytesReceived });
    } else if (s.type === 'inbound-rtp' && s.mid === mid('audio')) {
      Object.assign(ret, { packets: s.packetsReceived, heard: s.bytesReceived });
    }
  }
  return ret;
});

const idOf = (name) => watchers[0].evaluate((wanted) =>
  window.oriel.roster().find((p) => p.name === wanted)?.id, name);
const speak = (sub, on) => guests.get(sub).evaluate((loudness) => window.speak(loudness), on ? LOUD : 0);

/** Runs `run` while these guests speak; they are silent after it, whatever it says. */
async function whileSpeaking(subs, run) {
  await Promise.all(subs.map((sub) => speak(sub, true)));
  try {
    await run();
  } finally {
    await Promise.all(subs.map((sub) => speak(sub, false)));
  }
}

/** They talk for a turn, while the stage and its voice go on at each watcher. */
const talk = (subs) => whileSpeaking(subs, async () => {
  const before = await Promise.all(watchers.map(came));
  await pause(TURN_MS);
  for (const [i, page] of watchers.entries()) {
    const now = await came(page);
    const [frames, bytes] = [now.frames - before[i].frames, now.bytes - before[i].bytes];
    const [packets, heard] = [now.packets - before[i].packets, now.heard - before[i].heard];
    console.log(`# ${subs} talk: watcher ${i} gets ${frames} frames (${bytes} bytes) of the host, and ${
      packets} packets (${heard} bytes) of his silence`);
    expect(frames > 15 && bytes > 1000, `${frames} frames, ${bytes} bytes on the stage`);
    expect(packets > 3 && heard > 0, `${packets} packets, ${heard} bytes in audio slot 0`);
  }
});

await test('the_host_is_on_the_stage_whoever_came_first', async () => {
  for (const sub of GUESTS) {
    await guest(sub);
  }
  await watcher('eve');
  await until(async () => (await stageOf(watchers[0])).source === 'camera', 'a guest, while nobody hosts');
  agent = await browser.newPage();
  await joinTour(agent, `${base}/agent/demo#${token({ sub: 'ann', role: 'agent', name: 'Ann' })}`);
  await agent.waitForFunction(() => window.oriel.session.senders.get('microphone').sender.track);
  await agent.evaluate(() => { // with an open microphone, and not a word
    window.oriel.session.senders.get('microphone').sender.track.enabled = false;
  });
  await watcher('fay');
  for (const page of watchers) {
    await firstFrame(page);
    await until(async () => (await stageOf(page)).participant === await idOf('Ann'), 'Ann on the stage');
    await until(async () => (await came(page)).packets > 0, 'the first of her silence');
  }
  await until(async () => await server.metric('oriel_media_relay_in_total') > 100, 'the tour on both workers');
});

await test('guests_who_talk_take_neither_stage_nor_voice', async () => {
  await Promise.all(watchers.map((page) => page.evaluate(() => {
    window.said.slots.length = window.said.speakers.length = 0;
  })));
  for (const sub of GUESTS) {
    await talk([sub]);
  }
  await talk(GUESTS);
  const ann = await idOf('Ann');
  const ids = await Promise.all(GUESTS.map(idOf));
  for (const page of watchers) {
    const { slots, speakers } = await page.evaluate(() => window.said);
    expect(ids.every((id) => speakers.includes(id)), `each was the active speaker once: ${speakers} of ${ids}`);
    const moved = slots.filter((s) => s.kind === 'stage' || (s.kind === 'audio' && s.index === 0));
    expectEqual(JSON.stringify(moved.filter((s) => s.participant !== ann)), '[]', 'the stage and its voice');
    expectEqual(JSON.stringify(await stageOf(page)), JSON.stringify({ participant: ann, source: 'camera' }), 'the stage');
  }
});

await test('the_host_sees_and_hears_who_talks', async () => {
  const dee = await idOf('dee');
  await whileSpeaking(['dee'], async () => {
    await until(async () => (await stageOf(agent)).participant === dee, 'dee on the stage of the host');
    const before = await came(agent);
    await until(async () => {
      const now = await came(agent);
      return now.frames > before.frames + 10 && now.packets > before.packets + 50;
    }, 'picture and sound of dee');
  });
});

await test('a_share_of_the_host_takes_the_stage_and_gives_it_back', async () => {
  const ann = await idOf('Ann');
  const shows = (source) => Promise.all(watchers.map((page) => until(async () => {
    const stage = await stageOf(page);
    return stage.participant === ann && stage.source === source;
  }, `${source} of the host on the stage`)));
  await agent.click('[data-control=screen]');
  try {
    await shows('screen');
    await talk(['bob']);
  } finally {
    await agent.click('[data-control=screen]');
  }
  await shows('camera');
});

await test('without_the_host_who_speaks_has_the_stage', async () => {
  await agent.evaluate(() => window.oriel.leave());
  await speak('cy', true);
  const cy = await idOf('cy');
  await Promise.all(watchers.map((page) =>
    until(async () => (await stageOf(page)).participant === cy, 'cy on the stage')));
});

await browser.close();
site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
