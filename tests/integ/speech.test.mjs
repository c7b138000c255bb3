// Speech in real browsers over paths that lose one packet of ten, with redundant audio (RFC 2198) and
// without; of clients that say no audio level; and silence that is not sent. Loss is made by a NAT in
// user space, in one direction at a time.
import http from 'node:http';
import { launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { freeUdpPort, Nat } from './lib/nat.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { joinTour } from './lib/tour.mjs';

const OUTSIDE = '127.0.0.2';
const LOSS = 0.1;
const LISTEN_MS = 20000;

// A plain client. audio: 'red' or 'opus' goes first, or is alone ('opus only'); munge: what of the
// offer the server does not see.
const PAGE = `<!doctype html><title>speech</title><audio id=a autoplay></audio>
<script>
function prefer(transceiver, audio) {
  const codecs = RTCRtpReceiver.getCapabilities('audio').codecs;
  const of = (name) => codecs.filter((c) => c.mimeType.toLowerCase() === 'audio/' + name);
  const order = { red: ['red', 'opus'], opus: ['opus', 'red'], 'opus only': ['opus'] }[audio];
  transceiver.setCodecPreferences(order.flatMap(of));
}
async function negotiate(url, token, munge) {
  const pc = window.pc;
  await pc.setLocalDescription();
  await new Promise((done) => {
    if (pc.iceGatheringState === 'complete') done();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
  });
  const body = munge ? pc.localDescription.sdp.replace(new RegExp(munge, 'g'), '') : pc.localDescription.sdp;
  const response = await fetch(url, { method: 'POST', body,
    headers: { 'content-type': 'application/sdp', authorization: 'Bearer ' + token } });
  if (response.status !== 201) throw new Error('status ' + response.status + ' ' + await response.text());
  const answer = await response.text();
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  window.leave = () => { pc.close(); return fetch(new URL(response.headers.get('location'), url),
    { method: 'DELETE', headers: { authorization: 'Bearer ' + token } }); };
  return answer;
}
async function publish(url, token, audio, munge) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  window.pc = new RTCPeerConnection();
  const t = window.pc.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly' });
  if (audio) prefer(t, audio);
  return negotiate(url, token, munge);
}
async function play(url, token, audio) {
  window.pc = new RTCPeerConnection();
  window.pc.ontrack = (e) => { a.srcObject = new MediaStream([e.track]); a.play(); };
  prefer(window.pc.addTransceiver('audio', { direction: 'recvonly' }), audio);
  return negotiate(url, token);
}
async function stats() {
  const all = [...(await window.pc.getStats()).values()];
  const i = all.find((s) => s.type === 'inbound-rtp') ?? {};
  const o = all.find((s) => s.type === 'outbound-rtp') ?? {};
  return { total: i.totalSamplesReceived ?? 0, energy: i.totalAudioEnergy ?? 0, lost: i.packetsLost ?? 0,
    packets: i.packetsReceived ?? 0, sent: o.packetsSent ?? 0, bytes: o.bytesSent ?? 0,
    concealed: (i.concealedSamples ?? 0) - (i.silentConcealedSamples ?? 0) };
}
</script>`;
const site = http.createServer((_, response) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE));
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${site.address().port}/`;

/** A server behind a NAT of its own. */
async function serve() {
  const port = await freeUdpPort(OUTSIDE);
  const nat = await Nat.open(OUTSIDE, port);
  const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
    Object.assign(c.media, { workers: 1, address: '127.0.0.1', port, announce: [OUTSIDE] });
  })]).ready;
  return { nat, server, urls: server.urls, base: new URL(server.urls.agent).origin };
}

const first = await serve();
const second = await serve();
const browser = await launchChromium({ flags: ['--autoplay-policy=no-user-gesture-required'] });

async function open(page) {
  await page.goto(origin);
  return page;
}

/** A publisher by WHIP; {page, answer}. */
async function publisher({ base, urls }, audio, munge) {
  const page = await open(await browser.newPage());
  const answer = await page.evaluate((args) => window.publish(...args),
    [`${base}/whip/demo`, tokenOf(urls.agent), audio, munge]);
  await until(() => page.evaluate(() => window.pc.connectionState === 'connected'), 'the publisher is connected');
  return { page, answer };
}

async function listener({ base, urls }, audio) {
  const page = await open(await browser.newPage());
  await page.evaluate((args) => window.play(...args), [`${base}/whep/demo`, tokenOf(urls.buyer), audio]);
  await until(async () => (await page.evaluate(() => window.stats())).energy > 0, 'sound');
  return page;
}

/** Share of what each page plays that was made up for lack of packets, over LISTEN_MS. */
async function madeUp(pages) {
  const all = () => Promise.all(pages.map((page) => page.evaluate(() => window.stats())));
  const before = await all();
  await pause(LISTEN_MS);
  return (await all()).map((now, i) => {
    expect(now.total > before[i].total + 40 * LISTEN_MS, 'sound plays');
    return (now.concealed - before[i].concealed) / (now.total - before[i].total);
  });
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;
const close = (page) => page.evaluate(() => window.leave()).then(() => page.close());

await test('who_says_no_level_is_heard_and_is_the_active_speaker', async () => {
  const watcher = await browser.newPage();
  await joinTour(watcher, first.urls.buyer, { camera: false });
  await watcher.evaluate(() => {
    window.speakers = [];
    window.oriel.addEventListener('speaker', (e) => window.speakers.push(e.detail));
  });
  const { page, answer } = await publisher(first, 'opus', 'a=extmap:\\d+ urn:ietf:params:rtp-hdrext:ssrc-audio-level\\r\\n');
  expect(!answer.includes('ssrc-audio-level'), 'the extension is not agreed on');
  const viewer = await listener(first, 'opus');
  await until(() => watcher.evaluate(() => window.speakers.some((who) => who !== null)), 'an active speaker');
  await Promise.all([viewer, page].map(close));
  await watcher.close();
});

await test('silence_of_our_page_costs_nearly_nothing', async () => {
  const agent = await browser.newPage();
  await joinTour(agent, first.urls.agent);
  const viewer = await listener(first, 'opus');
  const sending = () => agent.evaluate(async () => [...(await window.oriel.session.pc.getStats()).values()]
    .find((s) => s.type === 'outbound-rtp' && s.kind === 'audio').packetsSent);
  const answer = await agent.evaluate(() => window.oriel.session.pc.remoteDescription.sdp);
  const [, one, another] = /^m=audio \S+ \S+ (\d+) (\d+)/m.exec(answer);
  expect(answer.includes(`a=rtpmap:${one} red/48000/2\r\n`), `redundancy first: ${answer}`);
  expect(new RegExp(`a=fmtp:${another} .*usedtx=1`).test(answer), 'silence may be left out');
  await agent.evaluate(() => {
    window.oriel.session.senders.get('microphone').sender.track.enabled = false;
  });
  await pause(2000); // what was said before has been sent
  await agent.evaluate(() => {
    window.states = [];
    window.oriel.addEventListener('roster', (e) => window.states.push(...e.detail.map((p) => p.sources.microphone)));
  });
  const [a, v] = [await sending(), await viewer.evaluate(() => window.stats())];
  await pause(6000);
  const [b, w] = [await sending(), await viewer.evaluate(() => window.stats())];
  const [up, down] = [b - a, w.packets - v.packets];
  console.log(`# 6 s of silence: ${up} packets up, ${down} down, ${percent((w.concealed - v.concealed)
    / (w.total - v.total))} made up`);
  expect(up > 5 && up < 60, `${up} packets of silence are sent`);
  expect(Math.abs(down - up) <= 5, `${down} of ${up} packets reach the viewer`);
  expectEqual((await agent.evaluate(() => window.states)).join(), '', 'the microphone stays what it was');
  await agent.evaluate(() => {
    window.oriel.session.senders.get('microphone').sender.track.enabled = true;
  });
  await until(async () => (await viewer.evaluate(() => window.stats())).packets > w.packets + 100, 'speech again');
  await Promise.all([close(viewer), agent.close()]);
});

await test('firefox_publishes_plain_opus', async () => {
  const firefox = await launchFirefox();
  try {
    const [page] = await firefox.pages();
    await page.goto(origin);
    const answer = await page.evaluate((...args) => window.publish(...args), `${first.base}/whip/demo`, tokenOf(first.urls.agent));
    expect(!answer.includes(' red/'), 'no redundancy');
    const viewer = await listener(first, 'opus');
    await close(viewer);
  } finally {
    await firefox.close();
  }
});

const towardViewers = () => test('redundancy_goes_to_a_viewer_that_loses_one_packet_of_ten', async (atEnd) => {
  const { server, nat } = first;
  const { page, answer } = await publisher(first, 'opus');
  expect(/^m=audio .* 111 63\r$/m.test(answer), `the answer keeps the order: ${/^m=audio.*/m.exec(answer)}`);
  const [red, plain] = [await listener(first, 'opus'), await listener(first, 'opus only')];
  const [clean] = await madeUp([red]);
  expectEqual(await server.metric('oriel_media_red_out_total'), 0, 'packets with redundancy while nothing is lost');
  atEnd(() => { nat.lossDown = 0; });
  nat.lossDown = LOSS;
  await until(async () => await server.metric('oriel_media_red_out_total') > 200, 'redundancy');
  const [withRed, without] = await madeUp([red, plain]);
  nat.lossDown = 0;
  console.log(`# made up: ${percent(withRed)} with redundancy, ${percent(without)} without, ${percent(clean)} `
    + 'where nothing is lost');
  expect(without > 0.04, 'without redundancy the loss is heard');
  expect(withRed < without / 3, 'redundancy repairs most of it');
  await Promise.all([red, plain, page].map(close));
});

const ofPublisher = (audio) => test(`a_publisher_that_loses_one_packet_of_ten_sends_${audio.replace(' ', '_')}`, async (atEnd) => {
  const { server, nat } = second;
  const repaired = await server.metric('oriel_media_red_repaired_total');
  const { page, answer } = await publisher(second, audio);
  expectEqual(/a=rtpmap:\d+ red\/48000\/2/.test(answer), audio === 'red', 'redundancy is agreed on');
  const viewer = await listener(second, 'opus only');
  atEnd(() => { nat.loss = 0; });
  nat.loss = LOSS;
  const [share] = await madeUp([viewer]);
  nat.loss = 0;
  const found = await server.metric('oriel_media_red_repaired_total') - repaired;
  console.log(`# made up: ${percent(share)}, ${found} packets found in the ones behind them`);
  if (audio === 'red') {
    expect(share < 0.04 && found > 50, 'what was lost is repaired');
  } else {
    // Counters are published once a second: some are of the publisher before this one.
    expect(share > 0.04 && found < 15, 'what was lost is heard');
  }
  await Promise.all([viewer, page].map(close));
});

// It is long what each listens to, and sound alone is little work.
await Promise.all([towardViewers(), ofPublisher('red').then(() => ofPublisher('opus only'))]);

await browser.close();
site.close();
await test('the_servers_end_in_good_order', async () => {
  for (const { server } of [first, second]) {
    expectEqual((await server.stop()).code, 0, 'exit status');
  }
});
first.nat.close();
second.nat.close();
finish();
