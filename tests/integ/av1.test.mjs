// AV1 with dependency descriptors: a page publishes its camera of 640x360 in two sizes, a viewer behind a
// narrow path gets the smaller one while another gets the larger, and it, too, when the path has become wide.
// As our page does it, a stream for each size (simulcast); and as others may, both in one (SVC), each on its own
// between key frames.
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { Nat, freeUdpPort } from './lib/nat.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { endTour, firstFrame, joinTour } from './lib/tour.mjs';

const SECRET = 'descriptors-descriptors-descriptors';
const OUTSIDE = '127.0.0.5';
const NARROW = 160; // [kbit/s] speech and the smaller size fit
const DESCRIPTOR = 'dependency-descriptor-rtp-header-extension';
const WAYS = [{ name: 'streams', mode: 'L1T3', rids: ['l', 'm'] }, { name: 'layers', mode: 'L2T3_KEY', rids: [''] }];
const mint = minter(SECRET, { name: 'Test' });

const port = await freeUdpPort(OUTSIDE);
const nat = await Nat.open(OUTSIDE, port);
const config = await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours = [{ name: 'av1', title: 'AV1', record: 'off', codec: 'av1' }];
  Object.assign(c.media, { workers: 1, port, address: '127.0.0.1', announce: [OUTSIDE] });
});
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const base = new URL(server.urls.agent).origin;
const browser = await launchChromium();

/** What a page encodes, by rid. */
const sent = (page) => page.evaluate(async () => {
  const layers = {};
  for (const s of (await window.oriel.session.pc.getStats()).values()) {
    if (s.type === 'outbound-rtp' && s.kind === 'video' && s.framesEncoded) {
      layers[s.rid ?? ''] = { frames: s.framesEncoded, width: s.frameWidth, mode: s.scalabilityMode, keys: s.keyFramesEncoded };
    }
  }
  return layers;
});

/** What it decodes on the stage. */
const shown = (page) => page.evaluate(async () => {
  const stage = [...window.oriel.session.slots.values()].find((s) => s.kind === 'stage');
  for (const s of (await window.oriel.session.pc.getStats()).values()) {
    if (s.type === 'inbound-rtp' && s.mid === stage.mid) {
      return { width: s.frameWidth ?? 0, frames: s.framesDecoded ?? 0, fps: s.framesPerSecond ?? 0,
        freezes: s.freezeCount ?? 0, frozen: s.totalFreezesDuration ?? 0, keys: s.keyFramesDecoded ?? 0,
        dropped: s.framesDropped ?? 0, plis: s.pliCount ?? 0, nacks: s.nackCount ?? 0 };
    }
  }
  return { width: 0, frames: 0, freezes: 0 };
});

const untilWidth = (page, width, why) => until(async () => (await shown(page)).width === width, why, 40000);

/** Its camera is small, and with `single` sent as one stream in this mode. */
const prepare = (page, single) => page.addInitScript((scalabilityMode) => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) => open(wanted.video
    ? { video: { width: { exact: 640 }, height: { exact: 360 } } } : wanted);
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function layered(kind, init) {
    const camera = scalabilityMode && init?.sendEncodings?.length > 1;
    return add.call(this, kind, camera ? { ...init, sendEncodings: [{ scalabilityMode }] } : init);
  };
}, single);

async function viewer(name, kbps) {
  const page = await browser.newPage();
  const known = nat.known();
  await joinTour(page, `${base}/t/av1#${mint({ role: 'buyer', tour: 'av1', sub: name })}`, { camera: false });
  await firstFrame(page);
  const [key] = nat.known().filter((k) => !known.includes(k));
  nat.narrow(key, kbps);
  return { page, key };
}

/** Two viewers of one camera at the same time. */
async function watch(wide, narrow, { name, mode, rids }, agent) {
  const look = () => Promise.all([wide, narrow].map((v) => shown(v.page)));
  await untilWidth(narrow.page, 320, 'the smaller size');
  await untilWidth(wide.page, 640, 'the larger size beside it');
  const before = await look();
  await pause(5000);
  const after = await look();
  const layers = await sent(agent);
  console.log(`# ${name}: sent ${JSON.stringify(layers)}`);
  console.log(`# ${name}: wide ${JSON.stringify(after[0])}`);
  console.log(`# ${name}: narrow ${JSON.stringify(after[1])}, ${nat.dropped(narrow.key)} packets dropped`);
  const frames = after.map((a, k) => a.frames - before[k].frames);
  console.log(`# ${name}: ${frames[0]} and ${frames[1]} frames in 5 s`);
  expectEqual(Object.keys(layers).sort().join(), rids.join(), 'streams that are sent');
  expect(Object.values(layers).every((l) => l.mode === mode), `scalability mode ${mode}`);
  expect(after[0].width === 640 && after[1].width === 320, 'sizes at the same time');
  expect(frames[0] > 60, `${frames[0]} frames of the larger size in 5 s`);
  expect(frames[1] > 20, `${frames[1]} frames of the smaller size in 5 s`);
  expect(after[0].freezes <= before[0].freezes + 1, `the wide one froze ${after[0].freezes - before[0].freezes} times`);
}

for (const way of WAYS) {
  const { name, mode } = way;
  await test(`av1_at_360p_in_two_${name}_for_two_viewers`, async (atEnd) => {
    const pages = [];
    atEnd(() => Promise.all(pages.map((p) => p.close())));
    const agent = await browser.newPage();
    pages.push(agent);
    await prepare(agent, name === 'layers' ? mode : null);
    await joinTour(agent, `${base}/agent/av1#${mint({ role: 'agent', tour: 'av1', sub: 'ann' })}`);
    const wide = await viewer('bob', 0);
    pages.push(wide.page);
    const answer = await wide.page.evaluate(() => window.oriel.session.pc.remoteDescription.sdp);
    const stage = answer.split('\r\nm=').find((m) => m.includes('a=msid:stage stage-video'));
    expect(stage.includes(DESCRIPTOR) && stage.includes('a=extmap-allow-mixed'), 'the stage has descriptors');
    await untilWidth(wide.page, 640, 'the larger size');
    const narrow = await viewer('carol', NARROW);
    pages.push(narrow.page);
    await watch(wide, narrow, way, agent);
    nat.narrow(narrow.key, 0);
    await untilWidth(narrow.page, 640, 'the larger size on a path that has become wide');
    const { frames } = await shown(narrow.page);
    await until(async () => (await shown(narrow.page)).frames > frames + 30, 'and it goes on');
    console.log(`# ${name}: narrow, then wide ${JSON.stringify(await shown(narrow.page))}`);
    await endTour(agent);
  });
}

await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
await browser.close();
nat.close();
finish();
