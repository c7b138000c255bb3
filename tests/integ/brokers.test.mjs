// One ledger, three receivers: a webhook, a stream of NATS JetStream and a topic of Kafka. Whatever becomes of
// the brokers, each gets the same events, those of a tour in order.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { Kafka } from './lib/kafka.mjs';
import { Nats } from './lib/nats.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'what happened is told to the office';
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8');
const token = minter(SECRET);
const dir = tempDir();

/** A webhook that takes everything. */
const office = { taken: [] };
office.server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  office.taken.push(JSON.parse(Buffer.concat(parts).toString()));
  response.writeHead(204).end();
});
await new Promise((resolve) => office.server.listen(0, '127.0.0.1', resolve));
const secret = path.join(dir, 'office.secret');
fs.writeFileSync(secret, `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });

const nats = await Nats.make(path.join(dir, 'nats'));
await nats.start();
const kafka = await Kafka.start('real-estate.events', 4);

const configure = (timeout) => writeConfig(dir, (c) => {
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.tours = ['elm', 'oak', 'ash', 'fir'].map((name) => ({ name, title: `Tour ${name}`, record: 'off' }));
  c.limits = { sessions_per_second: 100000 };
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.events = {
    retry_s: 1,
    retry_max_s: 1,
    attempts: 3,
    timeout_s: timeout,
    webhooks: [{ name: 'office', url: `http://127.0.0.1:${office.server.address().port}/hook`, secret_file: secret }],
    nats: [{ name: 'bus', urls: ['nats://127.0.0.1:1', `tls://localhost:${nats.port}`], stream: 'EVENTS', user: 'oriel',
      password_file: nats.passwordFile, ca_file: nats.ca }],
    kafka: [{ name: 'lake', brokers: kafka.brokers, topic: 'real-estate.events', security_protocol: 'PLAINTEXT' }],
  };
});
let server;

async function start(timeout) {
  server = new Server([ORIEL, 'serve', '-c', await configure(timeout)]);
  await server.ready;
}
await start(2);

/** Somebody joins, and leaves when the returned function is called. */
async function visit(tour, sub, name = 'x') {
  const client = await WsClient.open(new URL(server.urls.agent).origin);
  const joined = await client.ask({ type: 'join', id: 1, token: token({ role: 'agent', tour, sub, name }), offer: OFFER,
    sources: [{ mid: '0', kind: 'microphone' }], consent: { recording: true, version: '1' } });
  expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 200));
  return async () => {
    await client.ask({ type: 'leave', id: 2 });
    await client.close();
  };
}

const failing = (sink) => server.metric(`oriel_events_failing{sink="${sink}"}`);

/** Each once, in the order in which they came first. */
function once(events) {
  const seen = new Set();
  return events.filter((e) => !seen.has(e.id) && seen.add(e.id));
}

const ledger = (events, tour) => once(events).filter((e) => e.data.tour === tour).map((e) => `${e.data.seq} ${e.id}`).join('\n');

/** All three have the same of every tour, but for `lacking` events that a receiver refused. */
async function expectSame(lacking = () => false) {
  const [bus, lake] = [await nats.messages(), await kafka.messages()];
  for (const tour of ['elm', 'oak', 'ash', 'fir']) {
    const wanted = once(office.taken).filter((e) => e.data.tour === tour);
    wanted.forEach((e, i) => expectEqual(e.data.seq, i + 1, tour));
    expectEqual(ledger(bus.map((m) => m.event), tour), ledger(wanted.filter((e) => !lacking('bus', e)), tour), `bus, ${tour}`);
    expectEqual(ledger(lake.map((m) => m.event), tour), ledger(wanted.filter((e) => !lacking('lake', e)), tour), `lake, ${tour}`);
  }
  return { bus, lake };
}

/** All have heard who left last. */
async function settled(sub) {
  const has = (events) => events.some((e) => e.eventType === 'participant.left' && e.metadata.userId === sub);
  await until(() => has(office.taken), 'the office', 10000);
  await until(async () => has(await nats.lastOf('real-estate.events.participant.left')), 'the bus', 20000);
  await until(async () => has((await kafka.messages()).map((m) => m.event)), 'the lake', 20000);
}

await test('a stream that is not there is said, and its events wait for it', async () => {
  await (await visit('elm', 'ada'))();
  await until(async () => (await failing('bus')) === 1, 'the warning', 10000);
  expect(server.log.some((line) => line.includes('no stream of JetStream takes the subject real-estate.events.tour.started')), 'the log');
  await until(async () => (await server.metric('oriel_events_sent_total{sink="lake"}')) === 3, 'the lake', 10000);
  await nats.stream();
  await settled('ada');
  const { bus, lake } = await expectSame();
  bus.forEach((m) => expectEqual(m.subject, `real-estate.events.${m.event.eventType}`, 'subject'));
  bus.forEach((m) => expectEqual(m.id, m.event.id, 'Nats-Msg-Id'));
  lake.forEach((m) => expectEqual(m.headers, `id=${m.event.id},eventType=${m.event.eventType}`, 'headers'));
  lake.forEach((m) => expectEqual(m.key, m.event.data.tour, 'key'));
});

await test('brokers that are killed in the middle of a tour get what they missed', async () => {
  const leave = [await visit('oak', 'bob'), await visit('ash', 'cem')];
  await nats.kill();
  await kafka.tell('down');
  leave.push(await visit('oak', 'dan'));
  for (let i = 0; i < 5; i++) {
    await (await visit('ash', `eve${i}`))();
  }
  await until(async () => (await failing('bus')) + (await failing('lake')) === 2, 'the warnings', 15000);
  await nats.start();
  await kafka.tell('up');
  await Promise.all(leave.map((l) => l()));
  await settled('dan');
  const { lake } = await expectSame();
  const homes = new Set(lake.filter((m) => m.key === 'ash').map((m) => m.partition));
  expectEqual(homes.size, 1, 'partitions of a tour');
  await until(async () => (await failing('bus')) + (await failing('lake')) === 0, 'the end of the warnings', 5000);
});

const SMALL = 500; // [bytes] with headers: an event of somebody with a long name is larger

await test('an event that is refused is given up, and its tour goes on', async () => {
  await nats.stream({ max_msg_size: SMALL }, 'UPDATE');
  await kafka.tell('refuse 3');
  await (await visit('fir', 'long', 'n'.repeat(120)))();
  await (await visit('fir', 'fay'))();
  await settled('fay');
  expectEqual(await server.metric('oriel_events_given_up_total{sink="bus"}'), 2, 'of the bus');
  expectEqual(await server.metric('oriel_events_given_up_total{sink="lake"}'), 1, 'of the lake');
  await expectSame((sink, e) => e.data.tour === 'fir'
    && (sink === 'bus' ? e.metadata.userId === 'long' : e.data.seq === 1));
});

await test('a stop does not wait for brokers that hang, and the next start tells them the rest', async () => {
  await server.stop();
  await start(60);
  nats.child.kill('SIGSTOP');
  kafka.child.kill('SIGSTOP');
  await (await visit('oak', 'gil'))();
  await until(() => office.taken.some((e) => e.eventType === 'participant.left' && e.metadata.userId === 'gil'), 'the office', 10000);
  const began = Date.now();
  await server.stop();
  const took = Date.now() - began;
  console.log(`# it stopped after ${took} ms`);
  expect(took < 15000, `the stop took ${took} ms`); // and not 60 s
  nats.child.kill('SIGCONT');
  kafka.child.kill('SIGCONT');
  await start(10);
  await settled('gil');
  await expectSame((sink, e) => e.data.tour === 'fir'
    && (sink === 'bus' ? e.metadata.userId === 'long' : e.data.seq === 1));
});

await server.stop();
await nats.kill();
office.server.close();
finish();
