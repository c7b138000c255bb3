// Layers within one stream (SVC) with real browsers: an agent publishes VP9 in L3T3_KEY, as our page
// does, and AV1 in L1T3, as others may; a viewer behind a narrow path gets a smaller picture (VP9) or fewer of them (AV1) than one behind a
// wide path, at the same time and of the same stream, and all when its path has become wide. Then what was
// recorded of it is looked at with other people's tools.
import { launchChromium } from './lib/chromium.mjs';
import { epochsWithPictures, saveEpoch, serveCodecTours, untilRecorded } from './lib/codec_tours.mjs';
import { complaints, probe } from './lib/ffprobe.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { Nat, freeUdpPort } from './lib/nat.mjs';
import { endTour, joinInFirefox, joinTour } from './lib/tour.mjs';

const OUTSIDE = '127.0.0.2';
let viewers = 0;
const sent = new Map(); // by tour: pictures that the agent's encoder made before it reached the largest size, and since
const CODECS = [{ name: 'vp9', mode: 'L3T3_KEY', narrow: 350_000 },
  { name: 'av1', mode: 'L1T3', narrow: 350_000 }];
const WIDE = { rate: 2_000_000, queue: 400_000 }; // [bytes/s, bytes]

const port = await freeUdpPort(OUTSIDE);
const nat = await Nat.open(OUTSIDE, port);
const tours = await serveCodecTours(CODECS.map((c) => c.name), (c) => {
  c.media = { address: '127.0.0.1', port, announce: [OUTSIDE], workers: 1 };
});
const { server, base, mint } = tours;
const chromium = await launchChromium();
const firefox = await launchFirefox();

/** What a page gets on its stage, or sends. */
const inbound = () => window.oriel.session.pc.getStats().then((stats) => {
  const all = [...stats.values()].filter((s) => s.type === 'inbound-rtp' && s.kind === 'video' && s.framesDecoded);
  const s = all.sort((a, b) => b.framesDecoded - a.framesDecoded)[0];
  return { width: s?.frameWidth ?? 0, frames: s?.framesDecoded ?? 0, keys: s?.keyFramesDecoded ?? 0,
    freezes: s?.freezeCount ?? 0, frozen: s?.totalFreezesDuration ?? 0, dropped: s?.framesDropped ?? 0,
    nacks: s?.nackCount ?? 0, plis: s?.pliCount ?? 0, fps: s?.framesPerSecond ?? 0 };
});
const outbound = () => window.oriel.session.pc.getStats().then((stats) => {
  const s = [...stats.values()].find((x) => x.type === 'outbound-rtp' && x.kind === 'video' && x.framesEncoded);
  return { width: s?.frameWidth ?? 0, mode: s?.scalabilityMode, keys: s?.keyFramesEncoded ?? 0,
    fps: s?.framesPerSecond ?? 0, frames: s?.framesEncoded ?? 0 };
});

/** Its camera is one stream in this mode. */
const single = (page, mode) => page.addInitScript((scalabilityMode) => {
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function layered(kind, init) {
    const camera = init?.sendEncodings?.length > 1;
    return add.call(this, kind, camera ? { ...init, sendEncodings: [{ scalabilityMode }] } : init);
  };
}, mode);

async function join(name, path) {
  const page = await chromium.newPage();
  const known = nat.known();
  await joinTour(page, `${base}/t/${name}#${mint({ role: 'buyer', tour: name, sub: `viewer-${viewers++}` })}`, { camera: false });
  const fresh = await until(() => {
    const keys = nat.known().filter((k) => !known.includes(k));
    return keys.length > 0 && keys;
  }, 'a packet of the viewer');
  fresh.forEach((key) => nat.paths.set(key, path));
  return page;
}

/** Until the width holds for three seconds. */
async function settles(page, right, what) {
  let since = 0;
  await until(async () => {
    const { width } = await page.evaluate(inbound);
    since = right(width) ? since || performance.now() : 0;
    return since && performance.now() - since > 3000;
  }, what, 40000);
}

for (const { name, mode, narrow } of CODECS) {
  await test(`${name}_viewers_get_the_size_that_their_path_carries`, async () => {
    const agent = await chromium.newPage();
    await single(agent, mode);
    await joinTour(agent, `${base}/agent/${name}#${mint({ role: 'agent', tour: name })}`);
    await until(async () => (await agent.evaluate(outbound)).width === 1280, 'the largest size to be sent', 40000);
    const first = await agent.evaluate(outbound);
    expectEqual(first.mode, mode, 'scalability mode');
    const wide = await join(name, { ...WIDE });
    const slow = { rate: narrow / 8, queue: 30_000 };
    const limited = await join(name, slow);
    const fox = await firefox.newPage();
    await joinInFirefox(fox, `${base}/t/${name}#${mint({ role: 'buyer', tour: name, sub: `viewer-${viewers++}` })}`);
    const sizes = mode === 'L3T3_KEY';
    await Promise.all([
      settles(wide, (w) => w === 1280, 'the wide path to get the largest size'),
      settles(limited, (w) => (sizes ? w > 0 && w < 1280 : w === 1280), 'the narrow one to settle'),
    ]);
    const before = await Promise.all([wide, limited].map((p) => p.evaluate(inbound)));
    await pause(5000);
    const after = await Promise.all([wide, limited].map((p) => p.evaluate(inbound)));
    console.log(`# ${name}: wide ${JSON.stringify(after[0])}`);
    console.log(`# ${name}: narrow ${JSON.stringify(after[1])}, ${slow.lost ?? 0} packets lost on the way`);
    const frames = after.map((a, k) => a.frames - before[k].frames);
    console.log(`# ${name}: ${frames[0]} and ${frames[1]} frames in 5 s`);
    expectEqual(after[0].width, 1280, 'width of the wide one');
    expect(frames[0] > 75, `${frames[0]} frames in 5 s on the wide path`);
    expect(frames[1] > 12, `${frames[1]} frames in 5 s on the narrow path`);
    expect(sizes ? after[1].width < 1280 : frames[1] < frames[0] * 0.8, `the narrow one gets as much as the wide one`);
    expect(after[0].freezes <= before[0].freezes + 1, `the wide one froze ${after[0].freezes - before[0].freezes} times`);
    const foxStats = await fox.evaluate(inbound);
    const described = await fox.evaluate(() => window.oriel.session.pc.remoteDescription.sdp.includes('dependency-descriptor'));
    console.log(`# ${name}: Firefox ${described ? 'with' : 'without'} descriptors ${JSON.stringify(foxStats)}`);
    expectEqual(foxStats.width, 1280, 'width in Firefox');
    expect(foxStats.frames > 60, `${foxStats.frames} frames in Firefox`);
    Object.assign(slow, WIDE);
    await until(async () => {
      const { width, fps } = await limited.evaluate(inbound);
      return width === 1280 && fps >= 20;
    }, 'all pictures in the largest size on a path that has become wide', 40000);
    const end = await limited.evaluate(inbound);
    const last = await agent.evaluate(outbound);
    console.log(`# ${name}: narrow, then wide ${JSON.stringify(end)}; sent ${JSON.stringify(last)}`);
    const each = mode === 'L3T3_KEY' ? 3 : 1; // Chromium counts each size of a picture as a frame
    sent.set(name, { before: Math.round(first.frames / each), full: Math.round((last.frames - first.frames) / each) });
    expect(end.frames > after[1].frames, 'frames after the change');
    await endTour(agent);
    await Promise.all([agent, wide, limited, fox].map((p) => p.close()));
  });
}

await test('a_recording_of_layers_decodes_at_full_size', async () => {
  for (const r of await untilRecorded(tours, CODECS.length)) {
    const camera = r.tracks.find((t) => t.kind === 'camera');
    const [epoch] = epochsWithPictures(camera);
    const { file } = await saveEpoch(tours, r, camera, epoch, `${r.tour}.webm`);
    expectEqual(complaints(file), '', `what the decoders say of ${r.tour}`);
    const frames = probe(file, '-select_streams', 'v', '-show_entries', 'frame=width').trim().split('\n').map(Number);
    const packets = probe(file, '-select_streams', 'v', '-count_packets', '-show_entries', 'stream=nb_read_packets').trim();
    const full = frames.filter((w) => w === 1280).length;
    console.log(`# ${r.tour}: ${epoch.width}x${epoch.height}, ${packets} packets, ${frames.length} frames, ${full} of full size`);
    expectEqual(epoch.width, 1280, 'width that the API tells');
    // An encoder begins small and grows when it has learned what the machine and the path carry.
    const { before, full: made } = sent.get(r.tour);
    console.log(`# ${r.tour}: the agent made ${before} pictures before the largest size and ${made} after`);
    expect(made > 0 && full >= made * 0.9, `${full} frames are of full size, of ${made} that were made`);
  }
});

await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
await chromium.close();
await firefox.close();
nat.close();
finish();
