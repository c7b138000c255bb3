// The catalogue is in a PostgreSQL that dies and comes back in mid-tour, at the end of a tour and
// before the server starts: the tour goes on, what is recorded is in journals, and the catalogue has
// all of it when the database is back, without anybody's doing. Events and audit records are copied there,
// each once, also when it dies again and again while they come, and the server with it.
import { execFileSync, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { authority } from './lib/certs.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, freePort, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { endTour, joinTour, listRecordings, untilComplete } from './lib/tour.mjs';
import { WsClient } from './lib/ws.mjs';

const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8');
const dir = tempDir();
const pgDir = fs.mkdtempSync('/tmp/oriel-pg-');
const port = await freePort();
/** It runs when a test has failed, too: the ones after it have nothing to do with that. */
const startPg = () => spawnSync(path.join(ROOT, 'tests/integ/lib/pg.sh'), [pgDir, 'start'], { stdio: 'ignore' });
const pg = (...args) => execFileSync(path.join(ROOT, 'tests/integ/lib/pg.sh'), [pgDir, ...args], { stdio: 'ignore' });
process.on('exit', () => pg('down'));
const ours = authority(dir, 'ours');
const { cert, key } = ours.sign('localhost');
pg('up', String(port), cert, key);

const password = path.join(dir, 'pg.password');
fs.writeFileSync(password, 'secret\n', { mode: 0o600 });
const database = (ca) => ({
  url: `postgresql://app@localhost:${port}/postgres?sslmode=verify-full&sslrootcert=${ca}`, password_file: password, connect_s: 2, answer_s: 3,
});
const office = http.createServer((request, response) => request.on('end', () => response.writeHead(204).end()).resume());
await new Promise((resolve) => office.listen(0, '127.0.0.1', resolve));
const hook = path.join(dir, 'office.secret');
fs.writeFileSync(hook, `whsec_${crypto.randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
const config = await writeConfig(dir, (c) => {
  c.database = database(ours.pem);
  c.tours.push({ name: 'open-house', title: 'Open house', record: 'off' });
  c.limits = { sessions_per_second: 100000 };
  c.events = { webhooks: [{ name: 'office', url: `http://127.0.0.1:${office.address().port}/`, secret_file: hook }] };
});
const run = (file, args) => spawnSync(ORIEL, [args[0], '-c', file, ...args.slice(1)], { encoding: 'utf8', timeout: 60000 });
const oriel = (...args) => run(config, args);
const rows = (text) => execFileSync('psql', ['-h', pgDir, '-p', String(port), '-U', 'app', '-AtXqc', text, 'postgres'],
  { encoding: 'utf8' }).trim();
const segments = () => Number(rows('SELECT COUNT(*) FROM oriel_catalogue.segments'));
const objects = path.join(dir, 'recordings/objects');
const stored = () => fs.readdirSync(objects, { recursive: true }).length;

let server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const token = () => tokenOf(server.urls.ops);
const list = () => fetch(new URL('/v1/recordings', server.urls.ops), { headers: { authorization: `Bearer ${token()}` } });
const listStatus = async () => (await list()).status;
/** Who asks is told that it is the database, and to ask again. */
async function listIsAway() {
  const answer = await until(async () => {
    const a = await list();
    return a.status === 200 ? null : a;
  }, 'the list to fail', 60000);
  expectEqual(`${answer.status} ${(await answer.json()).code}`, '503 database_unavailable', 'what the list answers');
  expect(Number(answer.headers.get('retry-after')) > 0, 'Retry-After');
}
const listAnswers = () => until(async () => (await listStatus()) === 200, 'the list to answer', 30000);

/** People who come and go, of whom each asks for a recording that there is not: events and records, until it is told
 *  to end. `more` waits until some more of them have come. */
function crowd() {
  const mint = minter(fs.readFileSync(path.join(dir, 'jwt.secret'), 'utf8').trim());
  const ask = async (client, message) => {
    client.send(JSON.stringify({ id: 1, ...message }));
    return until(async () => (await client.next()).re === 1, `the reply to ${message.type}`);
  };
  let n = 0;
  let ended = false;
  const visit = async (sub) => {
    const client = await WsClient.open(new URL(server.urls.agent).origin);
    await ask(client, { type: 'join', token: mint({ role: 'agent', tour: 'open-house', sub, name: sub }), offer: OFFER,
      sources: [{ mid: '0', kind: 'microphone' }], consent: { recording: true, version: '1' } });
    await ask(client, { type: 'leave' });
    await client.close();
    await (await fetch(new URL(`/v1/recordings/${'0'.repeat(32)}`, server.urls.ops),
      { headers: { authorization: `Bearer ${mint({ role: 'ops', sub, tour: undefined })}` } })).text();
  };
  const all = (async () => {
    for (; !ended; n++) {
      await visit(`guest-${n}`);
    }
  })();
  return {
    more: (count) => until(((had) => () => n >= had + count)(n), 'more guests', 60000),
    end: () => (ended = true) && all,
  };
}

/** A platform makes a tour. */
async function makeTour(name) {
  const mint = minter(fs.readFileSync(path.join(dir, 'jwt.secret'), 'utf8').trim());
  const made = await fetch(new URL('/v1/tours', server.urls.agent), { method: 'POST', body: JSON.stringify({ name, title: name }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${mint({ role: 'service', sub: 'platform', tour: undefined, scope: 'tours:write' })}` } });
  expectEqual(made.status, 201, `POST of ${name}: ${await made.text()}`);
}

const lines = (text) => text.split('\n').filter((l) => l !== '');
/** What is written here, and what is in the database, in their order. */
const written = {
  events: () => lines(execFileSync('python3', ['-c',
    `import sqlite3; [print(r[0]) for r in sqlite3.connect("file:${path.join(dir, 'events.db')}?mode=ro", uri=True).execute("SELECT id FROM event ORDER BY n")]`],
  { encoding: 'utf8' })),
  records: () => fs.readdirSync(path.join(dir, 'audit')).filter((f) => f.endsWith('.jsonl')).sort()
    .flatMap((f) => lines(fs.readFileSync(path.join(dir, 'audit', f), 'utf8'))),
};
const copied = {
  events: () => lines(rows('SELECT id FROM oriel_ledger.events ORDER BY n')),
  records: () => lines(rows('SELECT line FROM oriel_ledger.audit ORDER BY number')),
};
async function allIsThereOnce() {
  for (const what of ['events', 'records']) {
    await until(() => JSON.stringify(copied[what]()) === JSON.stringify(written[what]()), `all ${what} to be there, each once`, 60000);
  }
  const verify = oriel('audit', 'verify', '--database', '--json');
  expectEqual(`${verify.status} ${JSON.parse(verify.stdout).result}`, '0 sound', verify.stderr);
}

const browser = await launchChromium();
const agent = browser.pages()[0];
let recording;

await test('a_recording_is_in_the_database', async () => {
  await joinTour(agent, server.urls.agent);
  await until(() => segments() > 0, 'a segment to be there', 60000);
  const listed = await listRecordings(server.urls.ops, token());
  expectEqual(listed.map((r) => r.state).join(), 'recording', 'what the list says');
  expect(!fs.existsSync(path.join(dir, 'recordings/catalogue.db')), 'no file beside it');
});

await test('whom_another_authority_vouches_for_is_not_spoken_to', async () => {
  expect(Number(rows("SELECT COUNT(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'oriel' AND s.ssl")) > 0,
    'the server speaks TLS with it');
  const file = path.join(dir, 'other.json');
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(config, 'utf8')), database: database(authority(dir, 'other').pem) }));
  const listed = run(file, ['recordings', 'list']);
  expect(listed.status !== 0 && /certificate verify failed/.test(listed.stderr), `list: ${listed.status} ${listed.stderr}`);
});

await test('what_happens_while_it_is_restarted_is_there_once', async (atEnd) => {
  const guests = crowd();
  atEnd(guests.end);
  atEnd(startPg);
  for (let i = 0; i < 3; i++) {
    await guests.more(3);
    pg('kill'); // what it had committed last, and not written, is lost with it
    await until(async () => (await server.metric('oriel_database_away')) === 1, 'it to be known', 60000);
    await makeTour(`house-${i}`);
    await guests.more(3);
    pg('start');
    await until(async () => (await server.metric('oriel_database_away')) === 0, 'it to be back', 60000);
  }
  await guests.end();
  expect(written.events().length > 30 && written.records().length > 15, 'a crowd');
  await allIsThereOnce();
  await until(() => rows("SELECT string_agg(name, ' ' ORDER BY name) FROM oriel_ledger.tours") === 'house-0 house-1 house-2',
    'tours that were made meanwhile to be there, each once');
  const said = server.log.filter((l) => /"database_(away|back)"|database_(away|back)/.test(l)).length;
  expectEqual(said, 6, 'lines of the log: one when it goes, one when it comes back');
});

await test('a_frozen_database_stops_nothing_but_itself', async (atEnd) => {
  pg('freeze');
  atEnd(listAnswers);
  atEnd(() => pg('thaw'));
  const before = stored();
  await listIsAway();
  await until(() => stored() > before + 4, 'more to be stored meanwhile', 60000);
  expectEqual((await fetch(new URL('/health', server.urls.agent))).status, 200, 'health');
});

await test('without_its_database_a_tour_is_recorded_on', async () => {
  pg('kill');
  await listIsAway();
  const before = stored();
  await until(() => stored() > before + 4, 'more to be stored meanwhile', 60000);
  await until(async () => (await server.metric('oriel_recorder_catalogue_errors_total')) > 0, 'it to be counted');
  expectEqual(await server.metric('oriel_recorder_alarm'), 0, 'alarm: nothing is lost, nothing waits in memory');
  expectEqual((await fetch(new URL('/health', server.urls.agent))).status, 200, 'health');
});

await test('when_it_is_back_the_catalogue_has_what_it_missed', async () => {
  pg('start');
  const had = segments();
  await until(() => segments() > had + 3, 'the catalogue to follow', 60000);
  await listAnswers();
});

await test('a_tour_that_ends_without_it_is_complete_when_it_is_back', async () => {
  pg('kill');
  await endTour(agent);
  pg('start');
  await listAnswers();
  recording = await untilComplete(server.urls.ops, token());
  const verify = oriel('recordings', 'verify', recording.id);
  expectEqual(verify.status, 0, `verify: ${verify.stdout}${verify.stderr}`);
});

await test('a_server_starts_without_it', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
  pg('kill');
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  await listIsAway();
  pg('start');
  await listAnswers();
  expectEqual((await listRecordings(server.urls.ops, token())).map((r) => r.id).join(), recording.id, 'the list');
});

await test('a_backup_has_the_catalogue', async () => {
  const copy = path.join(dir, 'copy');
  const made = oriel('backup', copy);
  expectEqual(made.status, 0, made.stderr);
  const count = spawnSync('python3', ['-c',
    `import sqlite3; print(sqlite3.connect("${path.join(copy, 'catalogue.db')}").execute("SELECT COUNT(*) FROM segments").fetchone()[0])`],
  { encoding: 'utf8' });
  expectEqual(Number(count.stdout), segments(), 'segments in the copy');
});

await test('a_killed_server_has_lost_nothing_of_what_it_could_not_copy', async (atEnd) => {
  const guests = crowd();
  atEnd(guests.end);
  pg('kill');
  await guests.more(5);
  await guests.end();
  await server.stop('SIGKILL');
  pg('start');
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  await allIsThereOnce();
});

await browser.close();
office.close();
expectEqual((await server.stop()).code, 0, 'exit status');
finish();
