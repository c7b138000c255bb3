// Frames go out as trains of padded packets: Chromium and Firefox decode them as if they were not,
// and both prove a new address when their network changes in the middle of a tour.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { Nat, freeUdpPort } from './lib/nat.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { joinInFirefox, joinTour } from './lib/tour.mjs';

const SECONDS = 10;
const SECRET = 'a secret for trains that everybody may know';
const token = minter(SECRET);
const OUTSIDE = '127.0.0.2'; // where clients find the media port when a NAT is in between

/** A camera in front of which everything moves: its frames need several packets each. */
function makeCamera(dir) {
  const file = path.join(dir, 'camera.y4m');
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=2',
    '-pix_fmt', 'yuv420p', file]);
  return file;
}

/** What a page receives: sums over its streams that have begun. */
const received = (page) => page.evaluate(async () => {
  const pc = window.oriel?.session?.pc ?? window.pc;
  const sum = { frames: 0, width: 0, freezes: 0, dropped: 0, plis: 0, nacks: 0, lost: 0, packets: 0,
    heard: 0, concealed: 0, energy: 0, at: performance.now() };
  for (const s of pc ? (await pc.getStats()).values() : []) {
    if (s.type === 'inbound-rtp' && s.packetsReceived > 0) {
      sum.packets += s.packetsReceived;
      sum.lost += s.packetsLost;
      if (s.kind === 'video') {
        sum.frames += s.framesDecoded;
        sum.width = Math.max(sum.width, s.frameWidth ?? 0);
        sum.freezes += s.freezeCount;
        sum.dropped += s.framesDropped;
        sum.plis += s.pliCount;
        sum.nacks += s.nackCount;
      } else {
        sum.heard += s.totalSamplesReceived;
        sum.concealed += s.concealedSamples - (s.silentConcealedSamples ?? 0);
        sum.energy += s.totalAudioEnergy;
      }
    }
  }
  return sum;
});

const difference = (now, then) => Object.fromEntries(Object.keys(now).map((k) => [k, now[k] - then[k]]));

const MEDIA = ['rtp_in', 'rtp_out', 'trains_out', 'padded_out', 'rtx_out', 'nack_in', 'pli_in', 'paths_proven'];
async function media(server) {
  const values = await Promise.all(MEDIA.map((name) => server.metric(`oriel_media_${name}_total`)));
  return Object.fromEntries(MEDIA.map((name, i) => [name, values[i]]));
}

const dir = tempDir();
const camera = makeCamera(dir);
const site = await serveBarePage();
const publishing = await launchChromium({ flags: [`--use-file-for-fake-video-capture=${camera}`] });
const watching = await launchChromium();
const firefox = await launchFirefox();
const agent = publishing.pages()[0];
const pages = { chromium: watching.pages()[0], whep: await watching.newPage(), firefox: await firefox.newPage() };

async function joinAll(server, joined = () => {}) {
  const base = new URL(server.urls.agent).origin;
  await joinTour(agent, server.urls.agent);
  await joined('agent');
  const link = (sub) => `${server.urls.buyer.split('#')[0]}#${token({ sub })}`; // a seat each
  await joinTour(pages.chromium, link('bea'), { name: 'Bea', camera: false });
  await joined('chromium');
  await joinInFirefox(pages.firefox, link('fay'));
  await joined('firefox');
  await pages.whep.goto(site.url);
  await pages.whep.evaluate((a) => window.play(...a), [`${base}/whep/demo`, token({ sub: 'wes' })]);
  await joined('whep');
}

async function everybody(probe) {
  const of = await Promise.all(Object.values(pages).map(probe));
  return Object.fromEntries(Object.keys(pages).map((name, i) => [name, of[i]]));
}

// ---- trains

const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.media.start_bitrate_kbps = 2500; // the full picture at once
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
})]).ready;
let seen;
let sent;

await test('everybody_gets_the_whole_picture', async () => {
  await joinAll(server);
  await until(async () => Object.values(await everybody(received)).every((s) => s.width === 1280 && s.frames > 60),
    'pictures of full width', 40000);
});

await test('frames_go_out_as_trains_and_are_padded', async () => {
  const [before, then] = [await media(server), await everybody(received)];
  await pause(SECONDS * 1000); // the window in which is counted
  sent = difference(await media(server), before);
  const now = await everybody(received);
  seen = Object.fromEntries(Object.keys(now).map((name) => [name, difference(now[name], then[name])]));
  console.log(`# ${JSON.stringify(sent)}`);
  expect(sent.rtp_out > 3 * 50 * SECONDS, `only ${sent.rtp_out} packets out`);
  expect(sent.trains_out * 1.5 < sent.rtp_out, `${sent.trains_out} trains for ${sent.rtp_out} packets`);
  expect(sent.padded_out > 0.05 * sent.rtp_out, `${sent.padded_out} of ${sent.rtp_out} packets are padded`);
  expect(sent.rtx_out <= 5 && sent.nack_in <= 5, `${sent.nack_in} asked for again, ${sent.rtx_out} sent`);
  expect(sent.pli_in <= 3, `${sent.pli_in} key frames asked for`);
});

for (const name of Object.keys(pages)) {
  await test(`they_are_decoded_without_a_freeze_by_${name}`, () => {
    const s = seen[name];
    console.log(`# ${name}: ${JSON.stringify(s)}`);
    const rate = s.frames / (s.at / 1000);
    expect(rate > 20 && rate < 40, `${rate} frames a second`);
    expectEqual(s.freezes, 0, 'freezes');
    expectEqual(s.lost, 0, 'packets lost');
    expect(s.plis <= 2 && s.nacks <= 2, `${s.plis} PLI, ${s.nacks} NACK`);
    expect(s.dropped <= 0.05 * s.frames, `${s.dropped} of ${s.frames} frames were dropped`);
    expect(s.heard > 0.8 * 48000 * SECONDS && s.energy > 0, `${s.heard} samples heard`);
    expect(s.concealed < 0.05 * s.heard, `${s.concealed} of ${s.heard} samples are made up`);
  });
}

await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});

// ---- a change of address

const behind = tempDir();
const port = await freeUdpPort(OUTSIDE);
const nat = await Nat.open(OUTSIDE, port);
const second = await new Server([ORIEL, 'serve', '-c', await writeConfig(behind, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { address: '127.0.0.1', port, announce: [OUTSIDE], workers: 1 };
})]).ready;
const mine = {}; // the addresses of each page

await test('all_join_through_a_nat', async () => {
  let known = [];
  await joinAll(second, async (name) => {
    const page = name === 'agent' ? agent : pages[name];
    await until(() => page.evaluate(() => (window.oriel?.session?.pc ?? window.pc)?.connectionState === 'connected'),
      `${name} to be connected`);
    mine[name] = nat.known().filter((key) => !known.includes(key));
    known = nat.known();
    expect(mine[name].length > 0, `${name} does not come through the NAT`);
  });
  await until(async () => Object.values(await everybody(received)).every((s) => s.frames > 30), 'pictures');
});

for (const name of ['chromium', 'firefox', 'whep', 'agent']) {
  await test(`media_goes_on_when_the_address_changes_of_${name}`, async () => {
    const proven = await second.metric('oriel_media_paths_proven_total');
    const since = performance.now();
    await nat.rebind(mine[name]);
    // Our pages do not wait for the browser: they restart ICE, so that the check comes from another socket.
    const checked = await until(() => nat.changed(since).find((c) => c.checkedAt), 'a check from the new address');
    await until(async () => (await second.metric('oriel_media_paths_proven_total')) > proven, 'proof of the new address', 5000);
    if (name !== 'agent') {
      const media = await until(() => nat.changed(since).find((c) => c.checkedAt && c.mediaAt), 'media to the new address', 5000);
      console.log(`# ${name}: checked ${Math.round(media.checkedAt - since)} ms after the change, media `
        + `${Math.round(media.mediaAt - media.checkedAt)} ms later`);
      expect(media.mediaAt - media.checkedAt < 2000, `${media.mediaAt - media.checkedAt} ms without media`);
    }
    const watched = name === 'agent' ? 'chromium' : name;
    const first = await received(pages[watched]);
    await until(async () => (await received(pages[watched])).frames > first.frames + 15, 'frames to go on', 8000);
    console.log(`# ${name}: frames ${Math.round(performance.now() - checked.checkedAt)} ms after the check`);
  });
}

await publishing.close();
await watching.close();
await firefox.close();
site.close();
await test('the_server_behind_the_nat_ends_in_good_order', async () => {
  expectEqual((await second.stop()).code, 0, 'exit status');
});
nat.close();
finish();
