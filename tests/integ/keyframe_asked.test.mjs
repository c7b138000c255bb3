// A loss that only the recorder sees: what is repaired comes too late for it, while the relay and every
// viewer have it. Without a key frame nothing behind it can be recorded, and a browser makes none by
// itself; so the recorder asks for one, and the gap is short. A browser publishes by WHIP in a codec
// each; for a moment nothing of its media arrives.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { Nat, freeUdpPort } from './lib/nat.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { listRecordings } from './lib/tour.mjs';

const CODECS = ['vp8', 'vp9', 'h264', 'av1'];
const SECRET = 'a secret for what is asked that everybody may know';
const OUTSIDE = '127.0.0.2';
const BURST_MS = 60;
const token = minter(SECRET, { aud: 'oriel' });

const PAGE = `<!doctype html><title>Moving</title><canvas id=c width=320 height=180></canvas>
<script>
async function publish(url, token) {
  const g = c.getContext('2d');
  let n = 0;
  setInterval(() => {
    g.fillStyle = 'hsl(' + n % 360 + ' 60% 50%)';
    g.fillRect(n++ * 7 % 320, n * 3 % 180, 40, 40);
  }, 1000 / 20);
  const stream = c.captureStream(20);
  const pc = new RTCPeerConnection();
  pc.addTransceiver(stream.getTracks()[0], { direction: 'sendonly', streams: [stream] });
  await pc.setLocalDescription();
  await new Promise((done) => {
    if (pc.iceGatheringState === 'complete') done();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
  });
  const response = await fetch(url, { method: 'POST', body: pc.localDescription.sdp,
    headers: { 'content-type': 'application/sdp', authorization: 'Bearer ' + token } });
  if (response.status !== 201) throw new Error('status ' + response.status + ' ' + await response.text());
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  window.sent = async () => {
    const all = [...(await pc.getStats()).values()].find((s) => s.type === 'outbound-rtp');
    return { frames: all?.framesEncoded ?? 0, keys: all?.keyFramesEncoded ?? 0, nacks: all?.nackCount ?? 0 };
  };
  window.leave = () => fetch(new URL(response.headers.get('location'), url), { method: 'DELETE',
    headers: { authorization: 'Bearer ' + token } });
}
</script>`;
const site = http.createServer((_, response) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE));
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));

const dir = tempDir();
const port = await freeUdpPort(OUTSIDE);
const nat = await Nat.open(OUTSIDE, port);
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.timeouts = { ...c.timeouts, empty_tour_s: 1 };
  c.media = { ...c.media, address: '127.0.0.1', port, announce: [OUTSIDE], workers: 1, keyframe_interval_s: 60 };
  c.recording = { ...c.recording, reorder_wait_ms: 0 };
  c.tours = CODECS.map((name) => ({ name, title: `Tour in ${name}`, record: 'auto', codec: name }));
})]).ready;
const base = new URL(server.urls.agent).origin;
const ops = tokenOf(server.urls.ops);
const asked = async () => Number(/^oriel_recorder_keyframes_asked_total (\d+)/m
  .exec(await (await fetch(`${base}/metrics`)).text())?.[1] ?? 0);

/** Times of the pictures of the camera's track [ms], and which of them are key frames. */
async function pictures(recording, name) {
  const headers = { authorization: `Bearer ${ops}` };
  const detail = await (await fetch(new URL(`/v1/recordings/${recording}`, base), { headers })).json();
  const camera = detail.tracks.find((t) => t.kind === 'camera');
  const file = path.join(dir, name);
  const response = await fetch(new URL(`/v1/recordings/${recording}/${camera.id}/0.webm`, base), { headers });
  fs.writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  return execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts_time,flags',
    '-of', 'csv=p=0', file], { encoding: 'utf8' }).trim().split('\n')
    .map((line) => line.split(',')).map(([t, flags]) => ({ t: Number(t) * 1000, key: flags.startsWith('K') }));
}

const browser = await launchChromium();
for (const [i, name] of CODECS.entries()) {
  await test(`a_gap_in_${name}_that_only_the_recorder_has_is_short`, async (atEnd) => {
    const page = await browser.newPage();
    atEnd(() => page.close());
    atEnd(() => { nat.loss = 0; });
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    await page.evaluate((a) => window.publish(...a),
      [`${base}/whip/${name}`, token({ sub: 'ada', role: 'agent', tour: name })]);
    const sent = () => page.evaluate(() => window.sent());
    await until(async () => (await sent()).frames > 60, '60 pictures', 30000);
    const before = { asked: await asked(), ...await sent() };
    const lost = nat.lost;
    nat.loss = 1;
    await pause(BURST_MS); // how long nothing arrives,
    await until(() => nat.lost > lost, 'a packet to lose'); // and a browser that is busy sends late
    nat.loss = 0;
    const atLoss = (await sent()).frames;
    await until(async () => (await sent()).frames > atLoss + 60, '60 more pictures', 30000);
    await until(async () => (await asked()) > before.asked, 'a question', 15000);
    const after = await sent();
    await page.evaluate(() => window.leave());
    const recording = await until(async () => {
      const all = await listRecordings(base, ops);
      return all.length === i + 1 && all.find((r) => r.tour === name && r.state === 'complete');
    }, 'a complete recording');
    const all = await pictures(recording.id, name);
    const gaps = all.slice(1).map((p, n) => ({ ms: p.t - all[n].t, key: p.key }));
    const longest = Math.max(...gaps.map((g) => g.ms)); // a busy machine has some of its own
    console.log(`# ${name}: ${all.length} pictures, longest gap ${Math.round(longest)} ms, `
      + `${after.nacks - before.nacks} NACKs, ${after.keys - before.keys} key frames since the loss`);
    expect(after.nacks > before.nacks, 'the relay repaired it');
    expect(gaps.some((g) => g.key), 'no gap ends with a key frame');
    expect(longest < 1000, `a gap of ${longest} ms`);
  });
}
await browser.close();
expectEqual((await server.stop()).code, 0, 'exit status');
nat.close();
site.close();
finish();
