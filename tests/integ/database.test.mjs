// The catalogue is in a PostgreSQL that dies and comes back in mid-tour, at the end of a tour and
// before the server starts: the tour goes on, what is recorded is in journals, and the catalogue has
// all of it when the database is back, without anybody's doing.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, freePort, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, listRecordings, untilComplete } from './lib/tour.mjs';

const dir = tempDir();
const pgDir = fs.mkdtempSync('/tmp/oriel-pg-');
const port = await freePort();
const pg = (...args) => execFileSync(path.join(ROOT, 'tests/integ/lib/pg.sh'), [pgDir, ...args], { stdio: 'ignore' });
process.on('exit', () => pg('down'));
pg('up', String(port));

const password = path.join(dir, 'pg.password');
fs.writeFileSync(password, 'secret\n', { mode: 0o600 });
const config = await writeConfig(dir, (c) => {
  c.database = { url: `postgresql://app@127.0.0.1:${port}/postgres`, password_file: password, connect_s: 2, answer_s: 3 };
});
const oriel = (...args) => spawnSync(ORIEL, [args[0], '-c', config, ...args.slice(1)], { encoding: 'utf8', timeout: 60000 });
const rows = (text) => execFileSync('psql', ['-h', pgDir, '-p', String(port), '-U', 'app', '-AtXqc', text, 'postgres'],
  { encoding: 'utf8' }).trim();
const segments = () => Number(rows('SELECT COUNT(*) FROM oriel_catalogue.segments'));
const objects = path.join(dir, 'recordings/objects');
const stored = () => fs.readdirSync(objects, { recursive: true }).length;

let server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const token = () => tokenOf(server.urls.ops);
const listStatus = async () => (await fetch(new URL('/v1/recordings', server.urls.ops),
  { headers: { authorization: `Bearer ${token()}` } })).status;
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

await test('without_its_database_a_tour_is_recorded_on', async () => {
  pg('kill');
  await until(async () => (await listStatus()) >= 500, 'the list to fail');
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
  expect((await listStatus()) >= 500, 'the list fails');
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
