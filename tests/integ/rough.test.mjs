// A rough network, live: Chromium publishes three layers by WHIP, Chromium watches by WHEP, and what
// is between them loses packets, stands still, or carries less. The simulator asserts in virtual time
// what may be expected to the frame (tests/sim); here the figures of a real browser are printed, and
// the bounds are generous, for the machine may be busy.
//
// All in a network namespace of the test's own: nftables drops what comes in, and names the class of
// what goes out, which is a rate with a queue of its own.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { Client } from './lib/client.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ADDRESS, counted, enterNamespace, filter, limitRate, splitTrains } from './lib/netns.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';

if (!enterNamespace()) {
  await test('a_rough_network', () =>
    console.log('# no network namespace here: a rough network with real browsers NOT checked'));
  finish();
}

const PORT = 40000; // of the server's media: the namespace has nobody else
const LAYERS = [320, 640, 1280]; // widths
const SECRET = 'a secret for rough networks that everybody may know';
const token = minter(SECRET);

splitTrains();
const dir = tempDir();
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { ...c.media, address: ADDRESS, port: PORT, workers: 1, start_bitrate_kbps: 2500 };
  c.tours = ['demo', 'gst'].map((name) => ({ name, title: name, record: 'off', codec: 'vp8' }));
})]).ready;
const base = new URL(server.urls.agent).origin;
const site = await serveBarePage();

/** Everything moves, so that there is something to send. */
const camera = path.join(dir, 'camera.y4m');
execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=4',
  '-pix_fmt', 'yuv420p', camera]);
const wav = path.join(dir, 'voice.wav');
execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=frequency=300:sample_rate=48000:duration=10', wav]);
const browsers = {
  agent: await launchChromium({ flags: [`--use-file-for-fake-video-capture=${camera}`, `--use-file-for-fake-audio-capture=${wav}`] }),
  buyer: await launchChromium(),
};
const [agent, buyer] = [browsers.agent.pages()[0], browsers.buyer.pages()[0]];

/** What the buyer has got so far. */
const got = () => buyer.evaluate(async () => {
  const all = { at: performance.now() / 1000, frames: 0, width: 0, freezes: 0, frozen: 0, plis: 0, nacks: 0, bytes: 0,
    samples: 0, concealed: 0 };
  for (const s of (await window.pc.getStats()).values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'video') {
      Object.assign(all, { frames: s.framesDecoded ?? 0, width: s.frameWidth ?? 0, freezes: s.freezeCount ?? 0,
        frozen: s.totalFreezesDuration ?? 0, plis: s.pliCount ?? 0, nacks: s.nackCount ?? 0, bytes: s.bytesReceived });
    } else if (s.type === 'inbound-rtp') {
      Object.assign(all, { samples: s.totalSamplesReceived, concealed: s.concealedSamples - s.silentConcealedSamples });
    }
  }
  return all;
});

/** Looks on for a while: what came meanwhile, and when the size of the picture changed [s]. */
async function watch(seconds, what) {
  const then = await got();
  const sizes = [[0, then.width]];
  let now = then;
  while (now.at - then.at < seconds) {
    await pause(100); // between two looks
    now = await got();
    if (now.width !== sizes.at(-1)[1]) {
      sizes.push([Math.round((now.at - then.at) * 10) / 10, now.width]);
    }
  }
  const of = Object.fromEntries(Object.keys(now).map((k) => [k, now[k] - then[k]]));
  of.width = now.width;
  console.log(`# ${what}: ${(of.frames / of.at).toFixed(1)} frames/s, ${Math.round(of.bytes / of.at / 125)} kbit/s, `
    + `${of.freezes} freezes of ${of.frozen.toFixed(2)} s, ${of.plis} PLI, ${of.nacks} NACK, `
    + `${(100 * of.concealed / of.samples).toFixed(1)} % of the sound made up, widths ${JSON.stringify(sizes)}`);
  return of;
}

const both = (verdict) => `
table inet rough {
  chain in {
    type filter hook input priority 0; policy accept;
    udp dport ${PORT} ${verdict}
    udp sport ${PORT} ${verdict}
  }
}
`;

await test('a_good_path_carries_the_whole_picture', async () => {
  await agent.goto(site.url);
  await agent.evaluate((args) => window.publish(...args), [`${base}/whip/demo`, token({ role: 'agent', sub: 'ann' }), {
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    video: { width: 1280, height: 720 },
    layers: [{ rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000 },
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 700000 }, { rid: 'f', maxBitrate: 1500000 }] }]);
  await buyer.goto(site.url);
  await buyer.evaluate((args) => window.play(...args), [`${base}/whep/demo`, token({ sub: 'bea' })]);
  await until(async () => (await got()).width === LAYERS[2], 'the largest layer', 30000).catch(async (error) => {
    throw new Error(`${error.message}: ${JSON.stringify(await got())}`);
  });
  const s = await watch(5, 'a good path');
  expect(s.frames / s.at > 12, `${s.frames} frames in ${s.at} s`);
});

await test('five_percent_lost_each_way_are_repaired', async (atEnd) => {
  atEnd(() => filter(''));
  filter(both('numgen random mod 100 < 5 counter drop'));
  const s = await watch(20, '5 % lost each way');
  const [up, down] = counted();
  console.log(`# ${up} packets lost on their way to the server, ${down} from it`);
  expect(up > 20 && down > 20, 'nothing was lost');
  expect(s.frames / s.at > 10, `${s.frames} frames in ${s.at} s`);
  expect(s.frozen <= 2, `the picture stood for ${s.frozen} s`);
  expect(s.concealed <= 0.15 * s.samples, `${s.concealed} of ${s.samples} samples are made up`);
});

await test('a_second_without_a_packet_is_a_second', async (atEnd) => {
  atEnd(() => filter(''));
  await watch(3, 'a good path again');
  const then = await got();
  filter(both('counter drop'));
  await pause(1000); // the outage
  const { frames } = await got();
  filter('');
  const back = Date.now();
  await until(async () => (await got()).frames > frames, 'pictures again', 10000);
  console.log(`# pictures go on ${Date.now() - back} ms after the outage`);
  const s = await watch(5, 'after an outage of 1 s');
  const frozen = (await got()).frozen - then.frozen;
  console.log(`# frozen for ${frozen.toFixed(2)} s in all`);
  expect(frozen <= 3, `the picture stood for ${frozen} s`);
  expect(s.frames / s.at > 10, `${s.frames} frames in ${s.at} s`);
});

await test('a_path_that_narrows_gets_a_smaller_picture_and_a_wider_one_a_larger', async (atEnd) => {
  atEnd(() => filter(''));
  atEnd(() => limitRate(0));
  filter(`
table inet rough {
  chain out {
    type filter hook output priority 0; policy accept;
    udp sport ${PORT} meta priority set 1:10
  }
}
`);
  limitRate(4000);
  const wide = await watch(10, '4 Mbit/s');
  limitRate(500);
  const narrow = await watch(15, '0.5 Mbit/s');
  limitRate(2000);
  const again = await watch(15, '2 Mbit/s');
  expect(wide.frozen <= 1, `${wide.frozen} s frozen at 4 Mbit/s`);
  expect(narrow.width <= LAYERS[1], `${narrow.width} pixels at 0.5 Mbit/s`);
  expect(narrow.frames / narrow.at > 8, `${narrow.frames} frames at 0.5 Mbit/s`);
  expect(narrow.frozen <= 5, `${narrow.frozen} s frozen when it narrowed`);
  expect(narrow.concealed <= 0.25 * narrow.samples, `${narrow.concealed} of ${narrow.samples} samples are made up`);
  expect(again.width >= LAYERS[1], `${again.width} pixels at 2 Mbit/s`);
  expect(again.frozen <= 2, `${again.frozen} s frozen when it widened`);
});

// GStreamer's webrtcbin offers no NACK: what is lost on its way to the server can only be followed by
// a key frame. It showed 29 of 180 pictures before the server asked for one.
await test('a_publisher_without_nack_is_repaired_by_key_frames', async (atEnd) => {
  atEnd(() => filter(''));
  await browsers.agent.close();
  const publisher = new Client('gst_client.py', 'publish', `${base}/whip/gst`, token({ role: 'agent', tour: 'gst', sub: 'gil' }));
  await publisher.tells((s) => s.connected, 'GStreamer connected');
  await buyer.goto(site.url);
  await buyer.evaluate((args) => window.play(...args), [`${base}/whep/gst`, token({ tour: 'gst', sub: 'bea' })]);
  await until(async () => (await got()).frames > 30, 'pictures of GStreamer');
  const [asked, before] = [await server.metric('oriel_media_pli_out_total'), await server.metric('oriel_media_nack_out_total')];
  filter(`
table inet rough {
  chain in {
    type filter hook input priority 0; policy accept;
    udp dport ${PORT} numgen random mod 100 < 5 counter drop
  }
}
`);
  const s = await watch(12, 'GStreamer without NACK, 5 % lost on its way to the server');
  const [lost] = counted();
  const plis = await server.metric('oriel_media_pli_out_total') - asked;
  console.log(`# ${lost} packets lost, ${plis} key frames asked for, ${s.frames} of ${Math.round(15 * s.at)} pictures shown`);
  expect(lost > 5, `only ${lost} packets were lost`);
  expectEqual(await server.metric('oriel_media_nack_out_total'), before, 'packets asked for');
  expect(plis > 0, 'no key frame was asked for'); // most of what is lost is sound
  expect(s.frames > 0.3 * 15 * s.at, `${s.frames} pictures in ${s.at} s`);
  expectEqual(JSON.stringify(await publisher.end()), '[200,404]', 'DELETE twice');
});

await browsers.buyer.close();
site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
