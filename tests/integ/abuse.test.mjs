// A tour goes on while strangers do their worst: after each attack the buyer still decodes new
// frames, what was dropped is counted, and at the end memory is bounded and the server stops clean.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { inbound, launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { stun } from './lib/stun.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';
import { WsClient } from './lib/ws.mjs';

// Freed memory stays in AddressSanitizer's quarantine, 256 MiB by default: that would hide growth.
process.env.ASAN_OPTIONS = `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=8`;

const SECRET = 'abuse needs a good secret, of course!';
const HTTP_S = 3;
const FLAPPED = 60; // people in the tour of somebody who flaps
const FLAP_S = 4;
const dir = tempDir();
const file = await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.tours = [...c.tours, { name: 'flap', title: 'Flap', record: 'auto' }];
  c.limits = { cameras: 1, messages_per_second: 400, sessions_per_second: 10000, send_queue_kib: 64, connections: 1000 };
  c.timeouts = { http_s: HTTP_S, headers_s: HTTP_S, body_s: HTTP_S, join_s: 5, resume_s: 15 };
});
const server = new Server([ORIEL, 'serve', '-c', file]);
await server.ready;
const base = new URL(server.urls.agent).origin;
const port = Number(new URL(base).port);
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8');
const TOUR_OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');

const base64url = (x) => Buffer.from(x).toString('base64url');

function token(claims) {
  const payload = { role: 'buyer', tour: 'demo', aud: 'oriel', exp: Math.floor(Date.now() / 1000) + 600, ...claims };
  const text = `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify(payload))}`;
  return `${text}.${crypto.createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

const browser = await launchChromium();
const agent = browser.pages()[0];
const buyer = await browser.newPage();

/** The tour is unharmed: new frames arrive at the buyer, and strangers get answers. */
async function expectTour() {
  const first = await inbound(buyer);
  await until(async () => {
    const next = await inbound(buyer);
    return next.frames > first.frames + 15 && next.energy > first.energy;
  }, 'new frames and sound at the buyer', 20000);
  expectEqual((await fetch(`${base}/health`)).status, 200, 'health');
}

const rssKib = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
const dropped = () => server.metric('oriel_media_drop_');

let udpPort;
let rss;
const ice = {};

await test('a tour: the agent publishes, the buyer watches', async () => {
  await joinTour(agent, server.urls.agent);
  await joinTour(buyer, server.urls.buyer, { name: 'Bea', camera: false });
  await firstFrame(buyer);
  const { offer, answer } = await agent.evaluate(() => ({
    offer: window.oriel.session.pc.localDescription.sdp, answer: window.oriel.session.pc.remoteDescription.sdp }));
  udpPort = Number(/a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host/i.exec(answer)[1]);
  ice.username = `${/a=ice-ufrag:(\S+)/.exec(answer)[1]}:${/a=ice-ufrag:(\S+)/.exec(offer)[1]}`;
  await expectTour();
  rss = rssKib();
});

// ---- UDP

async function sendAll(packets, { sockets = 1 } = {}) {
  const open = Array.from({ length: sockets }, () => dgram.createSocket('udp4'));
  for (let i = 0; i < packets.length; i += 32) {
    await Promise.all(packets.slice(i, i + 32).map((p, k) => new Promise((resolve) => {
      open[(i + k) % sockets].send(p, udpPort, '127.0.0.1', resolve);
    })));
  }
  open.forEach((s) => s.close());
}

/** Sends packets and waits until at least `share` of them are counted as dropped; the kernel may
 * lose some of a flood, and those it delivers must all be accounted for. */
async function expectDropped(packets, options = {}) {
  const before = await dropped();
  await sendAll(packets, options);
  const wanted = before + Math.floor(packets.length * (options.share ?? 1));
  await until(async () => (await dropped()) >= wanted, `${packets.length} counted drops`, 15000);
  await expectTour();
}

await test('20000 random datagrams from 8 ports', async () => {
  const packets = Array.from({ length: 20000 }, () => crypto.randomBytes(1 + crypto.randomInt(1400)));
  await expectDropped(packets, { sockets: 8, share: 0.5 });
});

await test('every first byte, every short length', async () => {
  const packets = [];
  for (let first = 0; first < 256; first++) {
    for (const n of [1, 2, 3, 4, 8, 11, 12, 13, 19, 20, 24, 28]) {
      packets.push(Buffer.concat([Buffer.from([first]), Buffer.alloc(n - 1, first)]));
    }
  }
  await expectDropped(packets, { share: 0.5 });
});

await test('STUN: wrong keys, no key, unknown and monstrous names, the same request again', async () => {
  const names = [ice.username, ice.username.split(':')[0], ':', '', 'x:y', `${ice.username}x`, 'a'.repeat(513), null];
  const replay = stun(ice.username, 'not the password of anybody');
  const packets = [];
  for (let i = 0; i < 100; i++) {
    packets.push(replay, ...names.flatMap((n) => [stun(n, 'wrong'.repeat(5)), stun(n, null)]));
    const bent = stun(ice.username, 'wrong'.repeat(5));
    bent[crypto.randomInt(2, 40)] ^= 1 << crypto.randomInt(8);
    packets.push(bent);
  }
  const pairs = await server.metric('oriel_media_dtls_done_total');
  await expectDropped(packets, { sockets: 20, share: 0.9 });
  expectEqual(await server.metric('oriel_media_dtls_done_total'), pairs, 'no new association');
});

const hello = (body) => Buffer.concat([Buffer.from('16feff000000000000000000', 'hex').subarray(0, 11),
  Buffer.from([body.length >> 8, body.length & 255]), body]);

await test('DTLS: ClientHellos, alerts and short records from other ports', async () => {
  const random = crypto.randomBytes(32).toString('hex');
  const client = Buffer.from(`010000450000000000000045fefd${random}00000018c02bc02fc00ac014009c0035002f000a130113021303`
    + '00ff0100000300170000', 'hex');
  const packets = [];
  for (let i = 0; i < 200; i++) {
    packets.push(hello(client), hello(crypto.randomBytes(60)), hello(Buffer.alloc(0)),
      Buffer.from('15fefd0001000000000000000202ff', 'hex'), Buffer.from('15fefd00010000000000010002015a', 'hex'),
      Buffer.from('17fefd00010000000000010000', 'hex'), Buffer.from('14fefd0000000000000000000101', 'hex'));
  }
  const failed = await server.metric('oriel_media_dtls_');
  await expectDropped(packets, { sockets: 50 });
  expectEqual(await server.metric('oriel_media_dtls_'), failed, 'no handshake was even tried');
});

await test('RTP and RTCP of a stranger with the SSRC of the agent', async () => {
  const sources = await agent.evaluate(async () => [...(await window.oriel.session.pc.getStats()).values()]
    .filter((s) => s.type === 'outbound-rtp').map((s) => s.ssrc));
  expect(sources.length > 0, 'the agent sends');
  const packets = [];
  for (const ssrc of sources) {
    for (let i = 0; i < 500; i++) {
      const rtp = Buffer.concat([Buffer.from([0x80, 96]), crypto.randomBytes(1000)]);
      rtp.writeUInt32BE(ssrc, 8);
      const bye = Buffer.concat([Buffer.from([0x81, 203, 0, 1]), crypto.randomBytes(18)]);
      bye.writeUInt32BE(ssrc, 4);
      packets.push(rtp, bye);
    }
  }
  await expectDropped(packets, { sockets: 4 });
});

// ---- HTTP

function connect() {
  const socket = net.connect(port, '127.0.0.1');
  socket.text = '';
  socket.on('data', (d) => { socket.text += d.toString('latin1'); });
  socket.on('error', () => {});
  socket.gone = new Promise((resolve) => socket.on('close', resolve));
  return new Promise((resolve) => socket.on('connect', () => resolve(socket)));
}

/** What comes back for raw bytes until the server closes or `ms` have passed. */
async function raw(bytes, ms = 1500) {
  const socket = await connect();
  socket.write(bytes);
  let timer;
  await Promise.race([socket.gone, new Promise((resolve) => { timer = setTimeout(resolve, ms); })]);
  clearTimeout(timer);
  socket.destroy();
  return socket.text;
}

await test('400 half-open requests that trickle: others are served, and they end', async () => {
  const sockets = await Promise.all(Array.from({ length: 400 }, connect));
  let open = sockets.length;
  sockets.forEach((s, i) => {
    s.write(i % 2 ? 'GET /health HTTP/1.1\r\nX-A: ' : 'POST /whip/demo HTTP/1.1\r\nContent-Length: 1000\r\n\r\nv');
    s.gone.then(() => { open--; });
  });
  const drip = setInterval(() => sockets.forEach((s) => s.writable && s.write('a')), 500);
  try {
    await expectTour();
    expect(open > 0, `they are half-open while the tour goes on: ${open}`);
    await until(() => open === 0, 'the trickling requests to end', 3 * HTTP_S * 1000 + 10000);
  } finally {
    clearInterval(drip);
    sockets.forEach((s) => s.destroy());
  }
  await expectTour();
});

await test('huge, many and odd headers', async () => {
  const answer = async (head, method = 'GET /health') => (await raw(`${method} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`)).split('\r\n')[0];
  const refused = /^$|^HTTP\/1.[01] 4\d\d /;
  for (const head of [`X-A: ${'a'.repeat(100000)}`, 'X-A: b\r\n'.repeat(5000), `${'a'.repeat(70000)}: x`,
    `Cookie: ${'a=b; '.repeat(20000)}`]) {
    const line = await answer(head);
    expect(refused.test(line), `${head.slice(0, 20)}: ${line}`);
  }
  for (const head of [`Authorization: Bearer ${'a'.repeat(12000)}`, `Authorization: Bearer ${'.'.repeat(9000)}`]) {
    expect((await answer(head, 'GET /v1/recordings')).includes(' 401 '), 'a long token');
  }
  await expectTour();
});

await test('upgrades to anything but oriel.v1 are refused', async () => {
  const ask = (upgrade, protocol, method = 'GET') => raw(`${method} /v1/signal HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n`
    + `Upgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nSec-WebSocket-Version: 13\r\n`
    + `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`, 1000);
  expect((await ask('websocket', 'oriel.v1')).startsWith('HTTP/1.1 101'), 'the right one is not');
  for (const args of [['h2c', 'oriel.v1'], ['H2C', 'oriel.v1'], ['websocket, h2c', 'oriel.v1'], ['TLS/1.0', 'oriel.v1'],
    ['websocket', 'http, oriel.v1'], ['websocket', 'http'], ['websocket', ''], ['websocket', 'oriel.v2'],
    ['websocket', 'oriel.v1', 'POST']]) {
    const text = await ask(...args);
    expect(!text.includes(' 101 '), `${args}: ${text.slice(0, 200)}`);
  }
  const h2 = await raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 1000);
  expect(/^$|^HTTP\/1.[01] 4\d\d /.test(h2), 'HTTP/2 by prior knowledge');
  await expectTour();
});

await test('paths that climb, encoded or not, find nothing that is not a page', async () => {
  const paths = ['/assets/../conf/dev.json', '/assets/..%2fconf/dev.json', '/assets/%2e%2e/%2e%2e/conf/dev.json',
    '/assets/%252e%252e/conf/dev.json', '/assets/..\\..\\conf\\dev.json', '/assets//etc/passwd', '/assets/%2fetc%2fpasswd',
    '/assets/....//....//etc/passwd', '/../../../etc/passwd', '//etc/passwd', '/assets/.', '/assets/..', '/assets/%00',
    '/assets/tour.js%00.html', '/assets/./../oriel.json', '/%c0%ae%c0%ae/etc/passwd', '/%zz', '/%', '*', 'x',
    'http://127.0.0.1/assets/../../etc/passwd', '/assets/%0d%0aX-Evil:%20yes', `/assets/${'../'.repeat(1000)}etc/passwd`,
    `/${'%2e%2e%2f'.repeat(500)}etc/passwd`, '/t/%0d%0aX-Evil:%20yes', '/t/..%2f..%2fetc%2fpasswd', '/v1/recordings/..%2f..',
    '/v1/recordings/%2e%2e/programme/0.webm', '/whip/..%2f', '/health;x', '/health?%00', '/health?limit=%zz', '/ops/', '/OPS'];
  for (const p of paths) {
    const text = await raw(`GET ${p} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(/^$|^HTTP\/1.[01] (200|400|401|403|404) /.test(text), `${p}: ${text.slice(0, 100)}`);
    const head = text.split('\r\n\r\n')[0];
    expect(!/^x-evil/im.test(head), `${p}: a header of the attacker`);
    expect(!text.includes('root:') && !text.includes('hs256') && !text.includes('state_dir'), `${p}: a file`);
    if (text.includes(' 200 ')) {
      expect(text.includes('<!doctype html>') || text.includes('{"status":"ok"}'), `${p}: ${text.slice(0, 200)}`);
    }
  }
  await expectTour();
});

await test('bad ranges are ignored or refused, never more than the file', async () => {
  const whole = (await (await fetch(`${base}/`)).text()).length;
  for (const range of ['bytes=0-', 'bytes=-1', 'bytes=5-2', 'bytes=99999999999999999999-', 'bytes=-', 'bytes=0-0,1-1',
    `bytes=${'0-0,'.repeat(2000)}`, 'bytes=-0', 'lines=1-2', 'bytes', 'bytes=18446744073709551615-18446744073709551616', '\u00ff']) {
    const text = await raw(Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: ${range}\r\n\r\n`, 'latin1'));
    expect(/^HTTP\/1.[01] (200|206|416) /.test(text), `${range.slice(0, 30)}: ${text.slice(0, 100)}`);
    expect((text.split('\r\n\r\n')[1]?.length ?? 0) <= whole, `${range.slice(0, 30)}: too much`);
  }
});

await test('pipelined garbage, smuggled lengths, foreign protocols', async () => {
  const health = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
  const post = (headers, body) => `POST /whip/demo HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`;
  const evil = [health.repeat(200), `${health}${'\0'.repeat(5000)}`, `${health}\r\n\r\n\r\n${health}`, '\r\n'.repeat(20000),
    crypto.randomBytes(20000), Buffer.from(`${'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'}${'a'.repeat(500)}`, 'latin1'),
    post('Content-Length: 5\r\nContent-Length: 50', `hello${health}`), post('Content-Length: 5\r\nTransfer-Encoding: chunked', `0\r\n\r\n${health}`),
    post('Transfer-Encoding: chunked', `ffffffffffffffff\r\n${'x'.repeat(5000)}`), post('Content-Length: 3', 'v=0').repeat(100),
    post('Content-Length: 262144', 'x'.repeat(262144) + health), post('Content-Length: 9000000', 'x'.repeat(300000)),
    `GET /${'a'.repeat(100000)} HTTP/1.1\r\n\r\n`, 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'OPTIONS * HTTP/1.1\r\n\r\n',
    'CONNECT x:80 HTTP/1.1\r\n\r\n', 'TRACE / HTTP/1.1\r\n\r\n', `${'A'.repeat(40)} / HTTP/1.1\r\n\r\n`, 'GET / HTTP/1.1\r\nHost: x\r\n :\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n', 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20)];
  for (const bytes of evil) {
    for (let i = 0; i < 3; i++) {
      await raw(bytes, 300);
    }
    expectEqual((await fetch(`${base}/health`)).status, 200, `the server goes on after ${String(bytes).slice(0, 40)}`);
  }
  await expectTour();
});

await test('300 WHIP posts: bad ones refused, takeovers leave one seat, the unused time out', async () => {
  const seats = await server.metric('oriel_signaling_participants');
  const post = (sub, body) => fetch(`${base}/whip/demo`, { method: 'POST', body,
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token({ sub })}` } }).then(async (r) => (await r.text(), r.status));
  const statuses = { 201: 0, 400: 0 };
  for (let i = 0; i < 300; i += 20) {
    const batch = Array.from({ length: 20 }, (_, k) => (k % 4 === 0 ? post(`flood${i + k}`, OFFER)
      : k % 4 === 1 ? post('flood', OFFER) : post(`bad${k}`, OFFER.slice(0, 8 * k))));
    (await Promise.all(batch)).forEach((s) => { statuses[s]++; });
  }
  expectEqual(statuses[201], 150, 'accepted');
  expectEqual(statuses[400], 150, 'refused');
  expectEqual(await server.metric('oriel_signaling_participants'), seats + 76, 'seats: 75 of their own and a shared one');
  await expectTour();
  await until(async () => (await server.metric('oriel_signaling_participants')) === seats, 'the unused to time out');
  await expectTour();
});

// ---- WebSockets

await test('200 WebSockets that never join', async () => {
  const clients = await Promise.all(Array.from({ length: 200 }, () => WsClient.open(base)));
  await expectTour();
  expectEqual((await clients[199].ask({ type: 'ping', id: 1 })).type, 'pong', 'they are served, too');
  await Promise.all(clients.map((c) => c.close()));
});

await test('too many messages: rate_limited, then close 1008; the flood cannot go on', async () => {
  const flood = await WsClient.open(base);
  let over = false;
  let sent = 0;
  flood.closed.then(() => { over = true; });
  for (; !over && sent < 60000; sent += 20) { // some thousand a second, evenly
    for (let i = 0; i < 20; i++) {
      flood.send('{"type":"ping"}');
    }
    await pause(5);
  }
  expect(over, `${sent} messages and still open`);
  const told = flood.messages.filter((m) => m.code === 'rate_limited').length;
  expect(told >= 1 && told < sent / 10, `told ${told} times of ${sent}`);
  expectEqual((await flood.closed).code, 1008, 'close code, not a reset connection');
  await expectTour();
});

await test('a seat that asks for large answers and never reads them is closed', async () => {
  const client = await WsClient.open(base);
  const sources = [{ mid: '0', kind: 'microphone' }];
  const slots = [{ mid: '3', kind: 'stage' }, ...[4, 5, 6, 7].map((m) => ({ mid: String(m), kind: 'gallery' }))];
  const join = { type: 'join', id: 1, token: token({ sub: 'slow' }), consent: { recording: true, version: '1' }, offer: TOUR_OFFER, sources, slots };
  expectEqual((await client.ask(join)).type, 'joined', 'joined');
  const closedBefore = await server.metric('oriel_ws_slow_closed_total');
  client.socket.pause();
  const restart = JSON.stringify({ type: 'restart', offer: TOUR_OFFER });
  for (let i = 0; i < 1500 && client.socket.writable; i++) {
    client.send(restart);
    if (client.socket.writableLength > 1 << 20) {
      await Promise.race([new Promise((resolve) => client.socket.once('drain', resolve)), pause(500)]);
    }
    if (i % 50 === 49 && (await server.metric('oriel_ws_slow_closed_total')) > closedBefore) {
      break;
    }
  }
  await until(async () => (await server.metric('oriel_ws_slow_closed_total')) > closedBefore, 'it is closed');
  client.socket.destroy();
  await expectTour();
});

await test('a camera too many is refused, told so, and may ask again when there is room', async () => {
  const publish = (page, on) => page.evaluate(async (camera) => {
    const { oriel } = window;
    window.before ??= oriel.published.get('camera');
    window.refused ??= new Promise((resolve) => { oriel.addEventListener('refused', (e) => resolve(e.detail)); });
    const canvas = document.createElement('canvas');
    canvas.getContext('2d').fillRect(0, 0, 9, 9);
    setInterval(() => canvas.getContext('2d').fillRect(Math.random() * 300, 0, 9, 9), 50);
    const track = camera ? window.before ?? canvas.captureStream(20).getVideoTracks()[0] : null;
    return oriel.publish('camera', track).then(() => 'ok', (error) => error.code);
  }, on);
  const sources = (page, role) => page.evaluate((r) => window.oriel.roster().find((p) => p.role === r).sources.camera, role);
  expectEqual(await publish(buyer, true), 'ok', 'it begins');
  expectEqual((await buyer.evaluate(() => window.refused)).code, 'sources_full', 'refused');
  expectEqual(await publish(buyer, true), 'sources_full', 'in vain');
  expect((await server.metric('oriel_signaling_errors_total')) > 0, 'counted');
  expectEqual(await publish(agent, false), 'ok', 'the agent stops');
  await until(async () => await sources(buyer, 'agent') === 'off', 'room');
  expectEqual(await publish(buyer, true), 'ok', 'asked again');
  await until(async () => await sources(agent, 'buyer') === 'on', 'the agent sees it');
  expectEqual(await publish(agent, true), 'ok', 'a host takes the place of a guest');
  await until(async () => await sources(buyer, 'agent') === 'on' && await sources(agent, 'buyer') !== 'on', 'the host is on');
  await expectTour();
});

// ---- participants

await test('a source that flaps 4000 packets a second: nobody is closed, the recording stays small', async () => {
  const sources = [{ mid: '0', kind: 'microphone' }];
  const slots = [{ mid: '3', kind: 'stage' }, ...[4, 5, 6, 7].map((m) => ({ mid: String(m), kind: 'gallery' }))];
  const consent = { recording: true, version: '1' };
  const people = [];
  for (let i = 0; i < FLAPPED; i++) {
    const client = await WsClient.open(base);
    const claims = { tour: 'flap', sub: `flapped${i}`, role: i ? 'buyer' : 'agent' };
    const answer = await client.ask({ type: 'join', id: 1, token: token(claims), consent, offer: TOUR_OFFER, sources, slots });
    expectEqual(answer.type, 'joined', JSON.stringify(answer));
    client.mark = client.messages.length;
    people.push(client);
  }
  let closed = 0;
  people.forEach((c) => c.closed.then(() => { closed++; }));
  const files = () => fs.readdirSync(path.join(dir, 'recordings'), { recursive: true }).length;
  const before = files();
  const flapper = spawn('/usr/bin/python3', [path.join(ROOT, 'tests/integ/clients/flap.py'), `${base}/whip/flap`,
    token({ tour: 'flap', sub: 'flapper' }), String(FLAP_S)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let sent = '';
  flapper.stdout.on('data', (text) => { sent += text; });
  expectEqual(await new Promise((resolve) => { flapper.on('exit', resolve); }), 0, 'it has done so');
  const told = people.map((c) => c.messages.length - c.mark);
  const made = files() - before;
  console.log(`# ${sent.trim()} packets in ${FLAP_S} s; each was told at most ${Math.max(...told)} things, ${made} files`);
  expect(Number(sent) >= 4000, `it flaps: ${sent}`);
  expect(people[0].messages.slice(people[0].mark).some((m) => /"(microphone|camera)":"on"/.test(JSON.stringify(m))), 'it was seen');
  expectEqual(closed, 0, 'who were closed');
  // Eight at once and four a second of who is here, and no more than that of slots and speakers.
  expect(Math.max(...told) < 100, `told ${Math.max(...told)}`);
  expect(made > 0 && made < 100, `${made} files`);
  people[1].send('{"type":"ping","id":2}');
  await until(() => people[1].messages.some((m) => m.type === 'pong'), 'they are served');
  await expectTour();
  await Promise.all(people.map((c) => c.close()));
});

// ---- afterwards

await test('the tour is the same, nothing is left of the strangers', async () => {
  await expectTour();
  await until(async () => (await server.metric('oriel_signaling_participants')) === 2, 'agent and buyer', 40000);
  await until(async () => (await server.metric('oriel_ws_connections')) === 2, 'their connections');
  await until(async () => (await server.metric('oriel_connections')) < 20, 'few TCP connections');
  expectEqual(await server.metric('oriel_media_dtls_done_total'), 3, 'theirs, and of who flapped');
  const grown = rssKib() - rss;
  console.log(`# resident memory ${Math.round(rss / 1024)} MiB, grown by ${Math.round(grown / 1024)} MiB`);
  expect(grown < 150 * 1024, `resident memory grew by ${grown} KiB`);
});

await browser.close();
await test('the server ends in good order, without a report of a sanitizer', async () => {
  expectEqual((await server.stop()).code, 0, `exit status\n${server.tail()}`);
  expectEqual(server.log.filter((l) => /Sanitizer|runtime error/.test(l)).join('\n'), '', 'reports');
});
finish();
