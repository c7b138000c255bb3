// The catalogue is in a PostgreSQL that dies and comes back in mid-tour, at the end of a tour and
// before the server starts: the tour goes on, what is recorded is in journals, and the catalogue has
// all of it when the database is back, without anybody's doing.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { authority } from './lib/certs.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, freePort, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, listRecordings, untilComplete } from './lib/tour.mjs';

const dir = tempDir();
const pgDir = fs.mkdtempSync('/tmp/oriel-pg-');
const port = await freePort();
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
const config = await writeConfig(dir, (c) => {
  c.database = database(ours.pem);
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

await browser.close();
expectEqual((await server.stop()).code, 0, 'exit status');
finish();
