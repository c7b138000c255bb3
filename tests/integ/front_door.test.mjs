// The front door under siege, without a browser: silent and trickling clients, clients that do not
// read, clients that never join. Each attack must end by itself, and strangers are served meanwhile.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { connect, connectMany, drip, open } from './lib/raw.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { WsClient, frame } from './lib/ws.mjs';

const SECRET = 'the front door needs a good secret too';
const PER_ADDRESS = 400;
const AT_ONCE = 20;
const HEADERS_S = 3;
const BODY_S = 4;
const TOKEN_S = 3;
const mint = minter(SECRET);
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');

async function start(change = () => {}) {
  const file = await writeConfig(tempDir(), (c) => {
    c.auth = { hs256_secret: SECRET, audience: 'oriel', leeway_s: 0 };
    c.media = { address: '127.0.0.1', port: 0, workers: 1 };
    c.limits = { connections: 2000, connections_per_address: PER_ADDRESS, requests_per_address: AT_ONCE };
    c.timeouts = { headers_s: HEADERS_S, body_s: BODY_S, token_s: TOKEN_S };
    change(c);
  });
  const server = new Server([ORIEL, 'serve', '-c', file]);
  await server.ready;
  server.base = new URL(server.urls.agent).origin;
  server.port = Number(new URL(server.base).port);
  return server;
}

const server = await start();
const { base, port } = server;

// Most of its time it waits for a server of its own to be well again: the others go on beside it.
const overloaded = test('a server with too much to do refuses newcomers, says when to come again, and keeps its guests', overload);

/** A stranger is served at once: a page, and a WebSocket that shows a token. What holds the server up does so
 *  each time, a busy machine now and then. */
async function expectServed() {
  const took = [];
  do {
    const began = Date.now();
    expectEqual((await fetch(`${base}/health`)).status, 200, 'health');
    const client = await WsClient.open(base);
    expectEqual((await client.ask({ type: 'hello', id: 1, token: mint({ sub: 'stranger' }) })).type, 'welcome', 'hello');
    await client.close();
    took.push(Date.now() - began);
  } while (took.at(-1) >= 1000 && took.length < 3);
  expect(Math.min(...took) < 1000, `it took ${took} ms`);
}

const end = (sockets) => sockets.forEach((s) => s.destroy());

await test('300 connections that say nothing: others are served, and they end', async () => {
  const sockets = await connectMany(300, port, '127.0.0.2');
  await expectServed();
  expect(open(sockets) > 250, `open: ${open(sockets)}`);
  await until(() => open(sockets) === 0, 'silent connections to end', HEADERS_S * 1000 + 3000);
  expect((await server.metric('oriel_http_timeouts_total{phase="headers"}')) >= 300, 'they are counted');
});

await test('300 requests whose headers trickle: others are served, and they end', async () => {
  const sockets = await connectMany(300, port, '127.0.0.2');
  sockets.forEach((s) => s.write('GET /health HTTP/1.1\r\nX-A: '));
  const stop = drip(sockets, 'a', 300);
  try {
    await expectServed();
    await until(() => open(sockets) === 0, 'trickled headers to end', HEADERS_S * 1000 + 3000);
  } finally {
    stop();
    end(sockets);
  }
});

const post = (token, n) => `POST /whip/demo HTTP/1.1\r\nHost: x\r\n${token ? `Authorization: Bearer ${token}\r\n` : ''}`
  + `Content-Type: application/sdp\r\nContent-Length: ${n}\r\n\r\nv`;

await test('300 bodies that trickle without a token: refused before the body, others are served', async () => {
  const sockets = await connectMany(300, port, '127.0.0.2');
  sockets.forEach((s, i) => s.write(post(i % 2 ? '' : 'a.b.c', 20000)));
  const stop = drip(sockets, 'x', 300);
  try {
    await until(() => sockets.every((s) => /^HTTP\/1.1 4(01|29) /.test(s.text)), 'an answer to each', 2000);
    expect(sockets.some((s) => s.text.includes('"token_missing"')), 'token_missing');
    expect(sockets.some((s) => s.text.includes('"token_malformed"')), 'token_malformed');
    await expectServed();
    await until(() => open(sockets) === 0, 'the refused to be closed', 5000);
  } finally {
    stop();
    end(sockets);
  }
});

await test('bodies that trickle with a token: a few at once, and each ends by the deadline', async () => {
  const refused = await server.metric('oriel_requests_refused_total');
  const sockets = await connectMany(3 * AT_ONCE, port, '127.0.0.2');
  sockets.forEach((s, i) => s.write(post(mint({ sub: `slow${i}` }), 20000)));
  const stop = drip(sockets, 'x', 300);
  try {
    await until(() => sockets.filter((s) => s.text.startsWith('HTTP/1.1 429 ')).length === 2 * AT_ONCE,
      'too_many_requests', 2000);
    expect(sockets.some((s) => s.text.includes('"too_many_requests"') && /retry-after: \d/i.test(s.text)), 'and says so');
    await expectServed();
    await until(() => open(sockets) === 0, 'the bodies to end', BODY_S * 1000 + 3000);
    expect((await server.metric('oriel_http_timeouts_total{phase="body"}')) >= AT_ONCE, 'they are counted');
    expectEqual((await server.metric('oriel_requests_refused_total')) - refused, 2 * AT_ONCE, 'and the refused, too');
  } finally {
    stop();
    end(sockets);
  }
});

await test('a client that sends its whole body before it reads still sees why it was refused', async () => {
  for (const [n, status] of [[200000, 401], [2000000, 413]]) {
    const socket = await connect(port);
    socket.pause();
    socket.write(post(n > 1e6 ? mint({ sub: 'x' }) : '', n));
    await new Promise((resolve) => socket.write('x'.repeat(n - 1), resolve));
    socket.resume();
    await socket.gone;
    expect(socket.text.startsWith(`HTTP/1.1 ${status} `), `${n} bytes: ${socket.text.slice(0, 100)}`);
  }
});

await test('a client that asks before it sends a body is told to, or why not', async () => {
  const ask = async (token) => {
    const socket = await connect(port);
    socket.write(post(token, OFFER.length).replace('\r\n\r\nv', '\r\nExpect: 100-Continue\r\n\r\n'));
    return socket;
  };
  const good = await ask(mint({ sub: 'polite' }));
  await until(() => good.text === 'HTTP/1.1 100 Continue\r\n\r\n', 'the word', 1000);
  good.write(OFFER);
  await until(() => /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 \d{3} /.test(good.text), 'the answer', 2000);
  expect(good.text.includes('HTTP/1.1 201 '), good.text.slice(0, 200));
  good.destroy();
  const bad = await ask('');
  await until(() => bad.text.startsWith('HTTP/1.1 401 '), 'the refusal', 1000);
  bad.destroy();
});

await test('one address has its share of connections, another one is served', async () => {
  const refused = await server.metric('oriel_connections_refused_total{why="address"}');
  const sockets = await connectMany(PER_ADDRESS + 50, port, '127.0.0.2');
  try {
    await until(() => open(sockets) === PER_ADDRESS, `${PER_ADDRESS} of ${PER_ADDRESS + 50}`, 2000);
    expectEqual((await server.metric('oriel_connections_refused_total{why="address"}')) - refused, 50, 'counted');
    await expectServed();
  } finally {
    end(sockets);
  }
  await until(async () => (await server.metric('oriel_connections ')) < 20, 'the connections to be given back');
  const again = await connect(port, '127.0.0.2');
  again.write('GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await again.gone;
  expect(again.text.startsWith('HTTP/1.1 200 '), 'the address is served again');
});

await test('behind a trusted proxy the limits are those of the client that it names', async () => {
  const behind = await start((c) => {
    c.trusted_proxies = ['127.0.0.1'];
    c.limits.connections_per_address = 3;
    c.limits.requests_per_address = 2;
  });
  const from = (client) => ({ 'X-Forwarded-For': `6.6.6.6, ${client}` });
  const clients = [];
  for (let i = 0; i < 3; i++) {
    clients.push(await WsClient.open(behind.base, { headers: from('192.0.2.7') }));
  }
  const status = (client) => WsClient.open(behind.base, { headers: from(client) }).then((c) => { c.close(); return 101; }, (e) => e.status);
  expectEqual(await status('192.0.2.7'), 429, 'the fourth of one client');
  expectEqual(await status('192.0.2.8'), 101, 'the first of another');
  expectEqual(await status('2001:db8::1'), 101, 'and of one with IPv6');
  await clients.pop().close();
  await until(async () => (await status('192.0.2.7')) === 101, 'its place to be given back', 3000);
  const many = await Promise.all(Array.from({ length: 20 }, () => fetch(`${behind.base}/health`, { headers: from('192.0.2.9') })));
  expect(many.some((r) => r.status === 200), 'requests in turn are served');
  expectEqual((await behind.stop()).code, 0, 'exit status');
});

await test('a WebSocket that shows no valid token ends, however busy it is', async () => {
  const began = Date.now();
  const noisy = await WsClient.open(base);
  const liar = await WsClient.open(base);
  const guest = await WsClient.open(base);
  expectEqual((await guest.ask({ type: 'hello', id: 1, token: mint({ sub: 'guest' }) })).type, 'welcome', 'hello');
  const chatter = setInterval(() => {
    noisy.send('{"type":"ping"}');
    liar.send(JSON.stringify({ type: 'hello', id: 1, token: mint({ sub: 'liar', ttl: -60 }) }));
    guest.send('{"type":"ping"}');
  }, 200);
  try {
    const codes = await Promise.all([noisy.closed, liar.closed]);
    expectEqual(codes.map((c) => c.code).join(), '4002,4002', 'close codes');
    expect(Date.now() - began < TOKEN_S * 1000 + 2000, `after ${Date.now() - began} ms`);
    expectEqual((await guest.ask({ type: 'ping', id: 9 })).type, 'pong', 'who has shown one stays');
  } finally {
    clearInterval(chatter);
    await guest.close();
  }
});

// ---- clients that are in a tour and do not read

const LONG = 'This tour is recorded. '.repeat(400);

/** A server whose `hello` is answered at length, so that who does not read is full soon. */
const startFull = (change = () => {}) => start((c) => {
  c.limits = { messages_per_second: 10000, send_queue_kib: 65536 };
  c.timeouts = { close_s: 1, ping_s: 600, pong_s: 600 };
  c.recording.consent_text = LONG;
  change(c);
});

async function join(s, claims, more = {}) {
  const client = await WsClient.open(s.base);
  const joined = await client.ask({ type: 'join', id: 1, token: mint(claims), offer: OFFER,
    sources: [{ mid: '0', kind: 'microphone' }], slots: [{ mid: '3', kind: 'stage' }], consent: { recording: true, version: '1' }, ...more });
  expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 200));
  client.joined = joined;
  return client;
}

/** Stops reading and asks for answers until the server's socket takes no more of them. */
async function stuff(s, client, sub) {
  client.socket.pause();
  const hello = JSON.stringify({ type: 'hello', token: mint({ sub }) });
  for (let i = 0; i < 2500 && !client.socket.destroyed; i++) {
    client.send(hello);
    if (i % 100 === 99) {
      await new Promise((resolve) => client.socket.write('', resolve));
    }
  }
}

/** The next event about the participant that says so. */
async function hears(client, id, what) {
  for (;;) {
    const m = await client.next(5000);
    const p = [m.participant ?? [], m.changed ?? []].flat().find((x) => x.id === id);
    if (p && /_changed$/.test(m.type)) {
      client.heard = (client.heard ?? 0) + 1;
      if (what(p)) {
        return m;
      }
    }
  }
}

/** The reply to a request; events that come before it are passed over. */
async function reply(client, request) {
  client.send(JSON.stringify(request));
  for (;;) {
    const m = await client.next(5000);
    if (m.re === request.id) {
      return m;
    }
  }
}

const count = (s) => s.metric('oriel_ws_connections');

await test('a client that does not read: others learn at once that it is lost, and its connection ends', async () => {
  const s = await startFull((c) => { c.limits.send_queue_kib = 64; });
  const watcher = await join(s, { sub: 'watcher', role: 'agent' });
  const slow = await join(s, { sub: 'slow' });
  const id = slow.joined.participant.id;
  const lost = hears(watcher, id, (p) => p.link === 'lost');
  await stuff(s, slow, 'slow');
  await lost;
  expectEqual(await s.metric('oriel_ws_slow_closed_total'), 1, 'it was slow');
  await until(async () => (await count(s)) === 1, 'its connection to end', 4000);
  expectEqual((await reply(watcher, { type: 'ping', id: 5 })).type, 'pong', 'the watcher is well');
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('an answer larger than the queue reaches who reads', async () => {
  const s = await startFull((c) => {
    c.limits.send_queue_kib = 64;
    c.recording.consent_text = 'x'.repeat(100000);
  });
  const people = [await join(s, { sub: 'agent', role: 'agent' })];
  const welcome = await people[0].ask({ type: 'hello', id: 2, token: mint({ sub: 'agent' }) });
  expectEqual(welcome.consent?.text.length, 100000, 'welcome');
  while (people.length < 200) {
    people.push(await join(s, { sub: `p${people.length}`, name: '"'.repeat(128) }));
  }
  const last = people.at(-1).joined;
  expect(JSON.stringify(last).length > 70000, `${JSON.stringify(last).length} bytes`);
  expectEqual(last.roster.length, 200, 'everybody');
  expectEqual(await s.metric('oriel_ws_slow_closed_total'), 0, 'nobody is slow');
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('a seat taken over, a tour ended, a flood of messages: the old connection ends although it does not read', async () => {
  const s = await startFull();
  const agent = await join(s, { sub: 'agent', role: 'agent' });
  const old = await join(s, { sub: 'guest' });
  await stuff(s, old, 'guest');
  const fresh = await join(s, { sub: 'guest' }, { seat: 'take_over' });
  await until(async () => (await count(s)) === 2, 'the connection that was taken over to end', 4000);
  await stuff(s, fresh, 'guest');
  expectEqual((await reply(agent, { type: 'end', id: 3 })).type, 'ok', 'end');
  await until(async () => (await count(s)) === 0, 'all connections to end with the tour', 4000);
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('pongs that nobody asked for do not keep a client that does not read', async () => {
  const s = await startFull((c) => { c.timeouts = { ping_s: 1, pong_s: 2, close_s: 1 }; });
  const watcher = await join(s, { sub: 'watcher', role: 'agent' });
  const deaf = await join(s, { sub: 'deaf' });
  const lost = hears(watcher, deaf.joined.participant.id, (p) => p.link === 'lost');
  deaf.socket.pause();
  const chatter = setInterval(() => {
    if (deaf.socket.writable) {
      deaf.socket.write(frame(10, Buffer.alloc(0)));
      deaf.socket.write(frame(10, Buffer.from('12345678')));
      deaf.send('{"type":"ping"}');
    }
  }, 100);
  try {
    await lost;
    await until(async () => (await count(s)) === 1, 'its connection to end', 4000);
    expect((await s.metric('oriel_ws_pong_missing_total')) === 1, 'it is counted');
    expectEqual((await reply(watcher, { type: 'ping', id: 5 })).type, 'pong', 'who answers pings stays');
  } finally {
    clearInterval(chatter);
  }
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('somebody who flips a source without end: readers stay, and are told little', async () => {
  const s = await startFull((c) => {
    c.limits.send_queue_kib = 64;
    c.recording.consent_text = 'Yes?';
  });
  const flipper = await join(s, { sub: 'flipper', role: 'agent' });
  const readers = [];
  for (let i = 0; i < 40; i++) {
    readers.push(await join(s, { sub: `reader${i}` }));
  }
  const id = flipper.joined.participant.id;
  const began = Date.now();
  for (let i = 0; i < 3000; i++) {
    flipper.send(JSON.stringify({ type: 'mute', kind: 'microphone', muted: i % 2 === 0 }));
  }
  flipper.send('{"type":"mute","kind":"microphone","muted":true}');
  expectEqual((await reply(flipper, { type: 'ping', id: 9 })).type, 'pong', 'the last is done');
  const ticks = (Date.now() - began) / 50 + 2;
  for (const reader of readers) {
    await hears(reader, id, (p) => p.sources.microphone === 'muted');
    await reply(reader, { type: 'ping', id: 9 });
    expect(reader.heard <= ticks, `${reader.heard} messages in ${ticks} ticks`);
  }
  expectEqual(await s.metric('oriel_ws_slow_closed_total'), 0, 'nobody is slow');
  expectEqual(await count(s), 41, 'everybody is there');
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('a link that runs out throws nobody out; a secret works once; who is removed stays out', async () => {
  const s = await startFull((c) => { c.recording.consent_text = 'Yes?'; });
  const agent = await join(s, { sub: 'agent', role: 'agent' });
  const link = mint({ sub: 'guest', ttl: 2 });
  const first = await WsClient.open(s.base);
  const ticket = (token) => ({ type: 'join', id: 1, token, offer: OFFER, consent: { recording: true, version: '1' },
    sources: [{ mid: '0', kind: 'microphone' }], slots: [{ mid: '3', kind: 'stage' }] });
  const joined = await first.ask(ticket(link));
  expectEqual(joined.type, 'joined', 'joined');
  const probe = await WsClient.open(s.base);
  await until(async () => (await probe.ask({ type: 'hello', id: 1, token: link })).code === 'token_expired', 'the link to run out', 5000);
  expectEqual((await reply(first, { type: 'ping', id: 2 })).type, 'pong', 'who is in stays in');
  first.socket.destroy();
  const second = await WsClient.open(s.base);
  const resumed = await second.ask({ type: 'resume', id: 1, resume: joined.resume });
  expectEqual(resumed.type, 'resumed', JSON.stringify(resumed).slice(0, 200));
  expectEqual(resumed.participant.id, joined.participant.id, 'the same seat');
  expect(/^[0-9a-f]{32}$/.test(resumed.resume) && resumed.resume !== joined.resume, 'a new secret');
  expectEqual((await reply(second, { type: 'ping', id: 2 })).type, 'pong', 'it has arrived');
  expectEqual((await probe.ask({ type: 'resume', id: 2, resume: joined.resume })).code, 'resume_unknown', 'a leaked secret');
  expectEqual((await reply(second, { type: 'ping', id: 3 })).type, 'pong', 'the owner is still there');
  expectEqual((await reply(agent, { type: 'remove', id: 4, participant: joined.participant.id })).type, 'ok', 'remove');
  expectEqual((await second.closed).code, 4003, 'close code');
  expect(second.messages.some((m) => m.code === 'removed'), 'and is told why');
  expectEqual((await probe.ask({ type: 'resume', id: 5, resume: resumed.resume })).code, 'resume_unknown', 'its secret');
  expectEqual((await probe.ask(ticket(mint({ sub: 'guest' })))).code, 'removed', 'a fresh link of the same person');
  expectEqual((await probe.ask(ticket(mint({ sub: 'other' })))).type, 'joined', 'somebody else');
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('a message that never ends is cut off', async () => {
  const tooLarge = await server.metric('oriel_ws_too_large_total');
  const client = await WsClient.open(base);
  const piece = Buffer.alloc(64 * 1024, 'x');
  client.socket.write(frame(1, piece, { fin: false }));
  for (let i = 0; i < 9 * 16 && !client.socket.destroyed; i++) {
    await new Promise((resolve) => client.socket.write(frame(0, piece, { fin: false }), resolve));
  }
  // A close that finds more bytes of the message may reach the client as a reset connection.
  expect([1006, 1009].includes((await client.closed).code), 'close code');
  expectEqual((await server.metric('oriel_ws_too_large_total')) - tooLarge, 1, 'counted');
});

await test('300 messages that trickle: a join is quick, and they end although they answer pings', async () => {
  const s = await startFull((c) => { c.timeouts = { body_s: BODY_S, ping_s: 1, pong_s: 20, close_s: 1 }; });
  const hello = JSON.stringify({ type: 'hello', id: 1, token: mint({ sub: 'slow' }) });
  const clients = [];
  for (let i = 0; i < 300; i++) {
    clients.push(await WsClient.open(s.base, { from: '127.0.0.5' }));
    clients[i].send(hello); // known, so that only their message can end them
  }
  const ended = [];
  clients.forEach((c) => {
    c.closed.then(({ code }) => ended.push(code));
    c.socket.write(frame(1, Buffer.from('{"type":'), { fin: false }));
  });
  const drips = setInterval(() => clients.forEach((c) => c.socket.writable && c.socket.write(frame(0, Buffer.from(' '), { fin: false }))), 300);
  try {
    await join(s, { sub: 'agent', role: 'agent' });
    expectEqual(ended.length, 0, 'none has ended yet');
    const began = Date.now();
    await join(s, { sub: 'buyer' });
    const took = Date.now() - began;
    console.log(`# a join took ${took} ms`);
    expect(took < 200, `a join took ${took} ms`);
    await until(() => ended.length === 300, 'them to end', BODY_S * 1000 + 10000);
    expectEqual(ended.filter((code) => code !== 1008).length, 0, 'close codes');
    expectEqual(await s.metric('oriel_http_timeouts_total{phase="message"}'), 300, 'counted');
    expectEqual(await count(s), 2, 'who is in the tour stays');
  } finally {
    clearInterval(drips);
  }
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('messages and bodies that are not completed: one address holds only so much', async () => {
  const s = await startFull((c) => {
    c.recording.consent_text = 'Yes?';
    c.limits.input_mib_per_address = 1;
  });
  const big = frame(1, Buffer.alloc(200 * 1024, 'x'), { fin: false });
  const clients = [];
  for (let i = 0; i < 10; i++) {
    clients.push(await WsClient.open(s.base, { from: '127.0.0.4' }));
    clients[i].socket.write(big);
  }
  const codes = [];
  clients.forEach((c) => c.closed.then(({ code }) => codes.push(code)));
  await until(() => codes.length === 5, 'five of ten to be closed', 5000);
  expectEqual(codes.join(), '1013,1013,1013,1013,1013', 'close codes');
  const body = await connect(s.port, '127.0.0.4');
  body.write(`${post(mint({ sub: 'x' }), 200000)}${'x'.repeat(100000)}`);
  await until(() => body.text.startsWith('HTTP/1.1 429 '), 'the body to be refused', 5000);
  expectEqual(await s.metric('oriel_input_refused_total'), 6, 'counted');
  await join(s, { sub: 'agent', role: 'agent' }); // from another address
  clients.forEach((c) => c.socket.destroy());
  await until(async () => (await count(s)) === 1, 'them to be gone', 3000);
  const again = await WsClient.open(s.base, { from: '127.0.0.4' });
  again.sendFragments(['{"type":"hello",', ' '.repeat(200 * 1024), `"token":"${mint({ sub: 'y' })}","id":1}`]);
  expectEqual((await again.next()).type, 'welcome', 'what they held is given back');
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('over TLS: no handshake, no headers, no token: the same deadlines', async () => {
  const dir = tempDir();
  const [cert, key] = ['cert.pem', 'key.pem'].map((f) => path.join(dir, f));
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=127.0.0.1']);
  expectEqual(made.status, 0, `openssl: ${made.stderr}`);
  const s = await start((c) => { c.tls = { cert, key }; });
  const secure = (from) => new Promise((resolve) => {
    const socket = tls.connect({ port: s.port, host: '127.0.0.1', localAddress: from, rejectUnauthorized: false }, () => resolve(socket));
    socket.text = '';
    socket.on('data', (d) => { socket.text += d.toString('latin1'); });
    socket.on('error', () => {});
    socket.on('close', () => { socket.ended = true; });
  });
  const offer = (options) => new Promise((resolve) => {
    const socket = tls.connect({ port: s.port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
      socket.destroy();
    });
    socket.on('error', (error) => resolve(error.code));
  });
  const only = (version, ciphers) => offer({ minVersion: version, maxVersion: version, ciphers });
  expectEqual(await only('TLSv1.3'), 'TLSv1.3 TLS_AES_256_GCM_SHA384', 'TLS 1.3');
  expectEqual(await only('TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'), 'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS 1.2');
  for (const weak of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384']) { // CBC
    expect(!(await only('TLSv1.2', weak)).startsWith('TLS'), weak);
  }
  expect(!(await only('TLSv1.1', 'DEFAULT@SECLEVEL=0')).startsWith('TLS'), 'TLS 1.1');
  const silent = await connectMany(200, s.port, '127.0.0.2');
  const idle = await Promise.all(Array.from({ length: 50 }, () => secure('127.0.0.2')));
  const slow = await Promise.all(Array.from({ length: 10 }, () => secure('127.0.0.2')));
  slow.forEach((c) => c.write(post('', 20000)));
  const stop = drip(slow, 'x', 300);
  try {
    await until(() => slow.every((c) => c.text.startsWith('HTTP/1.1 401 ')), 'the refusals', 3000);
    const stranger = await secure('127.0.0.1');
    stranger.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => stranger.text.startsWith('HTTP/1.1 200 '), 'a stranger to be served', 1000);
    await until(() => open([...silent, ...idle, ...slow]) === 0, 'all of them to end', HEADERS_S * 1000 + 3000);
  } finally {
    stop();
    end([...silent, ...idle, ...slow]);
  }
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('who shows many tokens that nobody signed is not listened to for a while; who is in stays', async () => {
  const s = await start((c) => {
    c.limits = { failed_tokens_per_minute: 6, offers_per_minute: 20 };
    c.timeouts = {};
  });
  const from = '127.0.0.2';
  const guest = await WsClient.open(s.base, { from });
  const joined = await guest.ask({ type: 'join', id: 1, token: mint({ sub: 'guest' }), offer: OFFER,
    sources: [{ mid: '0', kind: 'microphone' }], slots: [{ mid: '3', kind: 'stage' }], consent: { recording: true, version: '1' } });
  expectEqual(joined.type, 'joined', 'join');
  const list = async (token, at) => {
    const socket = await connect(s.port, at);
    socket.write(`GET /v1/recordings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`);
    await socket.gone;
    return socket.text;
  };
  const forged = (i) => mint({ sub: `x${i}` }).replace(/.{6}$/, 'AAAAAA');
  for (let i = 0; i < 10; i++) { // a link that ran out is no guess
    expect((await list(mint({ sub: 'ops', ttl: -60, role: 'ops' }), from)).includes('"token_expired"'), 'an expired token');
  }
  for (let i = 0; i < 3; i++) {
    expect((await list(forged(i), from)).includes('"token_signature"'), 'a forged token');
    const client = await WsClient.open(s.base, { from });
    expectEqual((await client.ask({ type: 'hello', id: 1, token: forged(i) })).code, 'token_signature', 'over WebSocket');
    await client.close();
  }
  const refused = await list(mint({ sub: 'ops', role: 'ops' }), from);
  expect(refused.startsWith('HTTP/1.1 429 ') && refused.includes('"token_attempts"') && /retry-after: \d+/i.test(refused), refused);
  const client = await WsClient.open(s.base, { from });
  expectEqual((await client.ask({ type: 'hello', id: 1, token: mint({ sub: 'good' }) })).code, 'token_attempts', 'over WebSocket');
  expectEqual((await client.ask({ type: 'resume', id: 2, resume: joined.resume, offer: OFFER,
    sources: [{ mid: '0', kind: 'microphone' }], slots: [{ mid: '3', kind: 'stage' }] })).type, 'resumed', 'who is in comes back');
  const other = await list(mint({ sub: 'ops', role: 'ops' }), '127.0.0.3');
  expect(other.startsWith('HTTP/1.1 200 '), `another address: ${other.slice(0, 300)}`);
  expect((await s.metric('oriel_refused_total{reason="failed_tokens"}')) >= 2, 'they are counted');
  const offers = await Promise.all(Array.from({ length: 30 }, () => fetch(`${s.base}/whep/nowhere`, { method: 'POST', body: 'v=0',
    headers: { authorization: `Bearer ${mint({ sub: 'tv', tour: 'nowhere' })}`, 'content-type': 'application/sdp' } })));
  expectEqual(offers.filter((r) => r.status === 429 && Number(r.headers.get('retry-after')) > 0).length, 10, 'offers beyond the rate');
  expectEqual((await s.stop()).code, 0, 'exit status');
});

async function overload() {
  const s = await start((c) => {
    c.overload = { memory_mib: 100000, retry_s: 7 };
    c.timeouts = {};
  });
  const lines = { sources: [{ mid: '0', kind: 'microphone' }], slots: [{ mid: '3', kind: 'stage' }] };
  const ask = (type, more) => ({ type, id: 1, offer: OFFER, ...lines, ...more });
  const consent = { recording: true, version: '1' };
  const guest = await WsClient.open(s.base);
  const joined = await guest.ask(ask('join', { token: mint({ sub: 'guest' }), consent }));
  expectEqual(joined.type, 'joined', 'join');
  const count = await s.metric('oriel_control_lag_seconds_count');
  await until(async () => (await s.metric('oriel_control_lag_seconds_count')) > count + 20, 'the lag to be measured', 10000);
  expectEqual(await s.metric('oriel_overloaded'), 0, 'not overloaded');
  // Its control thread stands still for as long as the process does: it is late by that.
  process.kill(s.pid, 'SIGSTOP');
  await pause(1500);
  process.kill(s.pid, 'SIGCONT');
  await pause(200);
  for (let i = 0; i < 3; i++) {
    process.kill(s.pid, 'SIGSTOP');
    await pause(1000);
    process.kill(s.pid, 'SIGCONT');
    await pause(150);
  }
  await until(async () => (await s.metric('oriel_overloaded')) === 1, 'it to be overloaded', 5000);
  const late = await WsClient.open(s.base);
  const refused = await late.ask(ask('join', { token: mint({ sub: 'late' }), consent }));
  expectEqual(`${refused.code} ${refused.retry_after_s}`, 'server_overloaded 7', JSON.stringify(refused));
  for (const kind of ['whip', 'whep']) {
    const answer = await fetch(`${s.base}/${kind}/demo`, { method: 'POST', body: OFFER,
      headers: { authorization: `Bearer ${mint({ sub: 'obs' })}`, 'content-type': 'application/sdp' } });
    expectEqual(`${answer.status} ${answer.headers.get('retry-after')} ${(await answer.json()).code}`, '503 7 server_overloaded', kind);
  }
  const back = await WsClient.open(s.base);
  expectEqual((await back.ask(ask('resume', { resume: joined.resume }))).type, 'resumed', 'who is in comes back');
  expectEqual((await (await fetch(`${s.base}/ready`)).json()).checks.admission, 'overloaded: newcomers are refused', 'ready says it');
  expect((await s.metric('oriel_refused_total{reason="overload"}')) >= 3, 'they are counted');
  expectEqual(await s.metric('oriel_overloads_total{why="lag"}'), 1, 'and why');
  await until(async () => (await s.metric('oriel_overloaded')) === 0, 'newcomers to be let in again', 30000);
  expectEqual((await late.ask(ask('join', { token: mint({ sub: 'late' }), consent }))).type, 'joined', 'the newcomer');
  expectEqual((await s.stop()).code, 0, 'exit status');
}

await overloaded;

await test('a log that nobody reads holds nobody up', async () => {
  const s = await start((c) => { c.log = { ...c.log, level: 'debug', repeats_per_second: 0 }; });
  s.child.stderr.pause();
  for (let i = 0; i < 5000 && (await s.metric('oriel_log_dropped_total')) === 0; i += 50) {
    await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${s.base}/nothing/${i}`)).text()));
  }
  expect((await s.metric('oriel_log_dropped_total')) > 0, 'lines are dropped and counted');
  expectEqual((await fetch(`${s.base}/health`)).status, 200, 'health');
  s.child.stderr.resume();
  await until(async () => { // the next line that is taken follows one that says so
    await fetch(`${s.base}/nothing`);
    return s.log.some((l) => l.includes('log_dropped'));
  }, 'a line about it', 5000);
  expectEqual((await s.stop()).code, 0, 'exit status');
});

await test('the server ends in good order, without a report of a sanitizer', async () => {
  expectEqual((await server.stop()).code, 0, `exit status\n${server.tail()}`);
  expectEqual(server.log.filter((l) => /Sanitizer|runtime error/.test(l)).join('\n'), '', 'reports');
});
finish();
