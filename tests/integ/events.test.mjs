// Events to another program: signed, in order, each at least once, whatever becomes of the receiver and
// of the server meanwhile.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, freePort, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'what happened is told to the office';
const KEY = crypto.randomBytes(32);
const OLD_KEY = crypto.randomBytes(24);
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8');
const SOURCES = [{ mid: '0', kind: 'microphone' }];
const token = minter(SECRET);

/** A receiver that can be away, slow, or of another opinion; it checks every signature. */
const office = {
  port: await freePort(),
  taken: [],
  asked: 0,
  bad: 0,
  answer: () => 204, // status for the n-th request
  delay: 0,
  async open() {
    this.server = http.createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => setTimeout(() => this.take(request, Buffer.concat(parts).toString(), response), this.delay));
    });
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  },
  take(request, body, response) {
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures } = request.headers;
    const status = this.answer(this.asked++, JSON.parse(body));
    const wanted = [KEY, OLD_KEY]
      .map((key) => `v1,${crypto.createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`).join(' ');
    const fresh = Math.abs(Date.now() / 1000 - Number(at)) < 300;
    if (signatures !== wanted || !fresh || JSON.parse(body).id !== id) {
      this.bad++;
    }
    if (status < 300) {
      this.taken.push(JSON.parse(body));
    }
    response.writeHead(status).end();
  },
  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  },
};

const dir = tempDir();
const secret = path.join(dir, 'office.secret');
fs.writeFileSync(secret, `whsec_${KEY.toString('base64')}\nwhsec_${OLD_KEY.toString('base64')}\n`, { mode: 0o600 });
const file = await writeConfig(dir, (c) => {
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  const record = { oak: 'off', lime: 'manual' };
  c.tours = ['elm', 'oak', 'ash', 'fir', 'lime'].map((name) => ({ name, title: `Tour ${name}`, record: record[name] ?? 'auto' }));
  c.limits = { sessions_per_second: 100000 };
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.events = {
    retry_s: 1,
    retry_max_s: 1,
    attempts: 3,
    timeout_s: 5,
    webhooks: [{ name: 'office', url: `http://127.0.0.1:${office.port}/hook`, secret_file: secret }],
  };
});
let server;

async function start() {
  server = new Server([ORIEL, 'serve', '-c', file]);
  await server.ready;
}
await start();

/** A program's token, and what the API says of the ledger to it. */
const program = (claims = {}) => token({ role: 'service', sub: 'platform', tour: undefined, scope: 'events:read events:write', ...claims });
async function api(where, method = 'GET', body = undefined, claims = {}, of = '/v1/events', headers = {}) {
  const answer = await fetch(new URL(`${of}${where}`, server.urls.agent), { method, body,
    headers: { authorization: `Bearer ${program(claims)}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers } });
  const text = await answer.text();
  return { status: answer.status, data: text ? JSON.parse(text) : null };
}

/** The reply to a request. */
async function request(client, message) {
  client.send(JSON.stringify({ id: 1, ...message }));
  for (;;) {
    const reply = await client.next();
    if (reply.re === 1) {
      return reply;
    }
  }
}

/** Somebody joins, and leaves when the returned function is called. */
async function visit(tour, sub, role = 'agent') {
  const client = await WsClient.open(new URL(server.urls.agent).origin);
  const joined = await request(client, {
    type: 'join', token: token({ role, tour, sub, name: sub }), offer: OFFER, sources: SOURCES,
    consent: { recording: true, version: '1' },
  });
  expectEqual(joined.type, 'joined', joined.code);
  return async () => {
    await request(client, { type: 'leave' });
    await client.close();
  };
}

/** The tour's events, in the order in which they were first taken. */
function first(tour) {
  const seen = new Set();
  return office.taken.filter((e) => e.data.tour === tour && !seen.has(e.id) && seen.add(e.id));
}

function inOrder(tour, n) {
  const seqs = first(tour).map((e) => e.data.seq);
  expectEqual(JSON.stringify(seqs), JSON.stringify(Array.from({ length: n }, (_, i) => i + 1)));
}

const types = (tour) => first(tour).map((e) => e.eventType);

await test('what happens in a tour arrives, signed and in order', async () => {
  await office.open();
  const leave = await visit('elm', 'ada');
  await until(() => types('elm').includes('recording.started'), 'the events', 10000);
  await leave();
  await until(() => types('elm').includes('participant.left'), 'the events', 10000);
  expectEqual(types('elm').slice(0, 2).join(' '), 'tour.started participant.joined');
  const joined = first('elm')[1];
  expectEqual(joined.metadata.userId, 'ada');
  expectEqual(JSON.stringify(joined.data.participant), JSON.stringify({ id: 'p1', name: 'ada', role: 'agent' }));
  expectEqual(joined.data.consent.recording, true);
  expect(/^[0-9a-f]{32}$/.test(first('elm').find((e) => e.eventType === 'recording.started').data.recording));
  inOrder('elm', first('elm').length);
  expectEqual(office.bad, 0);
});

/** What a platform does in a tour, as a step of something larger. */
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const act = (where, method, body) => api(where, method, body && JSON.stringify(body), { scope: 'tours:read participants:write recordings:read' },
  '/v1/tours', { traceparent: `00-${TRACE}-b7ad6b7169203331-01` });

await test('what a platform does is told with the trace of its request', async () => {
  const leave = await visit('lime', 'ann');
  await visit('lime', 'zoe', 'buyer');
  expectEqual((await act('/lime/participants/p2', 'DELETE')).status, 204, 'remove');
  const left = await until(() => first('lime').find((e) => e.eventType === 'participant.left'), 'the event', 10000);
  expectEqual(`${left.metadata.userId} ${left.metadata.correlationId}`, `zoe ${TRACE}`);
  const joined = first('lime').find((e) => e.metadata.userId === 'ann');
  expectEqual(joined.metadata.correlationId, joined.metadata.sessionId, 'what no request has done');
  await leave();
});

await test('a platform records: begins, pauses, goes on, stops', async () => {
  const leave = await visit('lime', 'ben');
  const told = (type, paused) => until(() => first('lime').find((e) => e.eventType === type && e.data.paused === paused), `${type} ${paused}`, 10000);
  const stands = async (wanted) => until(async () => {
    const { data } = await act('/lime', 'GET');
    return `${data.recording} ${data.recording_paused}` === wanted;
  }, `a tour with ${wanted}`, 10000);
  await stands('false false');
  expectEqual((await act('/lime/recording', 'POST', {})).status, 204, 'begin');
  const { recording } = (await told('recording.started')).data;
  await stands('true false');
  expectEqual((await act('/lime/recording', 'POST', { paused: true })).status, 204, 'pause');
  await told('recording.paused', true);
  await stands('true true');
  const { data } = await act('/lime', 'GET');
  const [began, paused] = [data.recording_since, data.recording_paused_since].map((t) => Date.parse(t));
  expectEqual(`${began > 0 && began <= paused && paused <= Date.now()} ${data.recording_failing}`, 'true false', 'since when');
  expectEqual((await act('/lime/recording', 'POST', { paused: false })).status, 204, 'go on');
  await told('recording.paused', false);
  await stands('true false');
  expectEqual((await act('/lime/recording', 'DELETE')).status, 204, 'stop');
  expectEqual((await told('recording.completed')).data.recording, recording, 'which');
  await stands('false false');
  const kept = await until(async () => {
    const answer = await api(`/${recording}`, 'GET', undefined, { scope: 'recordings:read' }, '/v1/recordings');
    return answer.data.state === 'complete' && answer.data;
  }, 'a complete recording', 20000);
  expectEqual(kept.tour, 'lime');
  await leave();
  await until(() => first('lime').some((e) => e.eventType === 'participant.left' && e.metadata.userId === 'ben'), 'the last event', 10000);
});

await test('a receiver that was killed gets what it missed, also over a restart of the server', async () => {
  const before = first('oak').length;
  await office.close();
  await (await visit('oak', 'bob'))();
  await until(async () => (await server.metric('oriel_events_failing{sink="office"}')) === 1, 'the events', 15000);
  server.child.kill('SIGKILL');
  await server.gone;
  await start();
  await (await visit('oak', 'cem'))();
  await office.open();
  await until(() => first('oak').filter((e) => e.eventType === 'participant.left').length === 2, 'the events', 20000);
  inOrder('oak', first('oak').length);
  expect(first('oak').length > before);
  expectEqual(office.bad, 0);
  await until(async () => (await server.metric('oriel_events_failing{sink="office"}')) === 0, 'the events', 5000);
});

await test('a slow receiver gets everything, and nobody in a tour waits for it', async () => {
  office.delay = 300;
  const began = Date.now();
  for (let i = 0; i < 5; i++) {
    await (await visit('oak', `dan${i}`))();
  }
  const took = Date.now() - began;
  const left = () => first('oak').filter((e) => e.eventType === 'participant.left').length;
  await until(() => left() === 7, 'the events', 20000);
  office.delay = 0;
  console.log(`# five visits took ${took} ms, their ten events at 300 ms each came ${Date.now() - began} ms after the first`);
  inOrder('oak', first('oak').length);
});

await test('an event that is refused holds up its own tour, and is given up', async () => {
  let refused = null;
  office.answer = (n, event) => {
    if (event.eventType === 'participant.joined' && event.metadata.userId === 'eve') {
      refused = event;
      return 422;
    }
    return 204;
  };
  const leaveEve = await visit('oak', 'eve');
  await until(() => refused !== null, 'the events', 5000);
  const leaveElm = await visit('elm', 'fay');
  await until(() => first('elm').some((e) => e.metadata.userId === 'fay'), 'the events', 5000);
  expect(!first('oak').some((e) => e.data.seq > refused.data.seq));
  await leaveEve();
  await until(() => first('oak').some((e) => e.eventType === 'participant.left' && e.metadata.userId === 'eve'), 'the events', 15000);
  expectEqual(await server.metric('oriel_events_given_up_total{sink="office"}'), 1);
  await leaveElm();
  const mine = await api('/receivers');
  expectEqual(`${mine.status} ${mine.data.receivers[0].name} ${mine.data.receivers[0].dead}`, '200 office 1', JSON.stringify(mine.data));
  const [dead] = (await api('/receivers/office/dead')).data.events;
  expectEqual(`${dead.event.id} ${dead.attempts}`, `${refused.id} 3`, 'what was given up');
  expect(/422/.test(dead.why), dead.why);
  office.answer = () => 204;
  expectEqual((await api(`/receivers/office/dead/${dead.number}/retry`, 'POST')).status, 204, 'again');
  await until(() => first('oak').some((e) => e.id === refused.id), 'what was given up', 10000);
  const none = await api(`/receivers/office/dead/${dead.number}/retry`, 'POST');
  expectEqual(`${none.status} ${none.data.code}`, '404 event_unknown', 'twice');
  expectEqual((await api('/receivers/office/dead/retry', 'POST')).status, 204, 'all of none');
});

await test('the ledger is read and replayed over REST', async () => {
  const all = [];
  let after = 0;
  while (after !== null) {
    const { data } = await api(`?limit=7&after=${after}`);
    all.push(...data.events);
    after = data.next;
  }
  const numbers = all.map((e) => e.number);
  expect(all.length > 20 && numbers.every((n, i) => i === 0 || n > numbers[i - 1]), numbers.join());
  const oak = await api(`?tour=oak&limit=500`);
  expectEqual(oak.data.events.map((e) => e.event.id).join(), all.filter((e) => e.event.data.tour === 'oak').map((e) => e.event.id).join(), 'of a tour');
  const left = await api('?type=participant.left&tour=oak&limit=500');
  expectEqual(left.data.events.length, all.filter((e) => e.event.eventType === 'participant.left' && e.event.data.tour === 'oak').length, 'of a type');
  const one = await fetch(new URL('/v1/tours/oak/events?limit=500', server.urls.agent), { headers: { authorization: `Bearer ${program({ tour: 'oak' })}` } });
  expectEqual(JSON.stringify(await one.json()), JSON.stringify(oak.data), 'as the tour has it');
  for (const [status, where, method, body, claims] of [
    [400, '?type=nothing'], [400, '?limit=501'], [400, '?after=-1'], [403, '?tour=elm', 'GET', undefined, { tour: 'oak' }],
    [403, '/receivers', 'GET', undefined, { tour: 'oak' }], [403, '', 'GET', undefined, { scope: 'tours:read' }],
    [403, '/receivers/office/replay', 'POST', '{"from":1}', { scope: 'events:read' }], [404, '/receivers/nobody/dead'],
    [404, '/receivers/nobody/replay', 'POST', '{"from":1}'], [415, '/receivers/office/replay', 'POST'],
    [400, '/receivers/office/replay', 'POST', '{"all":true}'], [400, '/receivers/office/replay', 'POST', '{"from":0}'],
    [404, '/receivers/office/dead/x/retry', 'POST']]) {
    const said = await api(where, method, body, claims);
    expectEqual(said.status, status, `${method} ${where} ${body}: ${JSON.stringify(said.data)}`);
  }
  const before = office.taken.length;
  const from = all[all.length - 5];
  const replayed = await api('/receivers/office/replay', 'POST', JSON.stringify({ since: from.event.timestamp }));
  expectEqual(replayed.status, 200, JSON.stringify(replayed.data));
  expect(replayed.data.from <= from.number, `from ${replayed.data.from}`);
  await until(() => office.taken.length >= before + all.length - numbers.indexOf(replayed.data.from), 'all of it again', 10000);
  expectEqual(office.taken[before].id, all[numbers.indexOf(replayed.data.from)].event.id, 'the first');
  const last = await api('/receivers/office/replay', 'POST', JSON.stringify({ from: from.number, since: '2026-01-01T00:00:00Z' }));
  expectEqual(last.data.from, from.number, 'the later of the two');
});

for (const [tour, signal, reason] of [['ash', 'SIGTERM', 'shutdown'], ['fir', 'SIGKILL', 'crash']]) {
  await test(`the end of a recorded tour is told after ${signal}`, async () => {
    const of = (type) => first(tour).filter((e) => e.eventType === type);
    await visit(tour, signal);
    await until(() => of('recording.started').length === 1, 'the recording', 10000);
    server.child.kill(signal);
    await server.gone;
    await start();
    await until(() => of('recording.completed').length === 1 && of('tour.ended').length === 1, 'the end', 20000);
    const [begun] = of('tour.started');
    const [ended] = of('tour.ended');
    const [completed] = of('recording.completed');
    expectEqual(ended.data.reason, reason);
    expectEqual(completed.data.recording, of('recording.started')[0].data.recording);
    expectEqual(completed.data.recovered ?? false, signal === 'SIGKILL');
    expect(first(tour).every((e) => e.metadata.sessionId === begun.metadata.sessionId));
    expectEqual(of('participant.left').length, signal === 'SIGTERM' ? 1 : 0);
    inOrder(tour, first(tour).length);
    await (await visit(tour, 'again'))();
    await until(() => of('participant.left').some((e) => e.metadata.userId === 'again'), 'the next run', 10000);
    expect(of('tour.started')[1].metadata.sessionId > begun.metadata.sessionId);
  });
}

await server.stop();
await office.close();
finish();
