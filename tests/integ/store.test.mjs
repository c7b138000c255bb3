// The object store is not there, is another one, or came back: what the server says and does at its
// start. Nothing is recorded into a wrong place, and the right store is taken as it was.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';

const dir = tempDir();
const config = await writeConfig(dir);
const objects = path.join(dir, 'recordings/objects');
const volume = path.join(dir, 'volume');

/** Starts and stops a server; it must become ready. */
async function startAndStop() {
  const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  const metrics = await (await fetch(new URL('/metrics', server.urls.agent))).text();
  expectEqual((await server.stop()).code, 0, 'exit status');
  return metrics;
}

/** Starts a server that must refuse, saying all of `words`. */
function refuses(words) {
  const r = spawnSync(ORIEL, ['serve', '-c', config], { encoding: 'utf8', timeout: 60000 });
  expectEqual(r.status, 1, 'exit status');
  for (const word of words) {
    expect(r.stderr.includes(word), `"${word}" is not in "${r.stderr}"`);
  }
}

const recordings = (...args) =>
  spawnSync(ORIEL, ['recordings', '-c', config, ...args], { encoding: 'utf8', timeout: 60000 });

await test('the_first_start_gives_the_store_an_identity', async () => {
  expect((await startAndStop()).includes('oriel_recorder_unfinished 0'), 'the metric is there');
  expect(/^oriel-store\/1 [0-9a-f]{32}\n$/.test(fs.readFileSync(path.join(objects, 'identity'), 'utf8')),
    'the identity can be read');
});

await test('an_unmounted_volume_is_said_and_left_alone', async () => {
  fs.renameSync(objects, volume);
  refuses(['object folder', objects, 'missing']);
  expect(!fs.existsSync(objects), 'the folder is not made');
  fs.mkdirSync(objects);
  refuses([objects, 'is not the store of the recordings here', 'Mount the right one']);
  expectEqual(fs.readdirSync(objects).length, 0, 'files in the mount point');
  const list = recordings('list');
  expectEqual(list.status, 1, 'exit status of list');
  expect(list.stderr.includes('is not the store'), list.stderr);
});

await test('a_foreign_store_is_said_and_left_alone', async () => {
  fs.writeFileSync(path.join(objects, 'identity'), `oriel-store/1 ${'5'.repeat(32)}\n`);
  refuses([objects, 'another store']);
  expectEqual(fs.readdirSync(objects).join(), 'identity', 'files in the foreign store');
});

await test('the_right_store_is_taken_as_it_was', async () => {
  fs.rmSync(objects, { recursive: true });
  fs.renameSync(volume, objects);
  await startAndStop();
  expectEqual(recordings('list').status, 0, 'exit status of list');
});

await test('another_store_may_be_ordered', async () => {
  fs.rmSync(objects, { recursive: true });
  refuses(['missing']);
  const r = recordings('use-store');
  expectEqual(r.status, 0, `use-store: ${r.stderr}`);
  await startAndStop();
});

await test('a_recording_that_cannot_be_finished_is_told_and_stops_nothing', async () => {
  const id = 'ab'.repeat(16);
  const insert = `import sqlite3; d = sqlite3.connect("${path.join(dir, 'recordings/wraps.db')}")
d.execute("INSERT INTO wraps(recording, wrap) VALUES(x'${id}', zeroblob(60))"); d.commit()`;
  expectEqual(spawnSync('python3', ['-c', insert]).status, 0, 'exit status of sqlite');
  const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  await until(() => server.log.some((line) => line.includes('recording_unfinished') && line.includes(id)),
    'the line in the log');
  expectEqual(await server.metric('oriel_recorder_unfinished'), 1, 'the metric');
  expectEqual((await fetch(new URL('/ready', server.urls.agent))).status, 200, 'ready for new tours');
  expectEqual((await server.stop()).code, 0, 'exit status');
});

await test('not_under_a_running_server', async () => {
  const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  const r = recordings('use-store');
  expectEqual(r.status, 1, 'exit status');
  expect(r.stderr.includes('another process records here'), r.stderr);
  expectEqual((await server.stop()).code, 0, 'exit status of the server');
});
await test('a_volume_that_was_away_with_recordings_is_there_again_with_all_of_them', async () => {
  const place = tempDir();
  const file = await writeConfig(place, (c) => {
    c.recording.kek_file = path.join(place, 'recordings/kek');
  });
  const state = path.join(place, 'recordings');
  fs.cpSync(path.join(ROOT, 'tests/data/recorder/kept/0.1-trees/state'), state, { recursive: true });
  ['kek', 'signing_key'].forEach((name) => fs.chmodSync(path.join(state, name), 0o600));
  const verify = () => spawnSync(ORIEL, ['recordings', '-c', file, 'verify', '--all', '--json'], { encoding: 'utf8' });
  /** What plays, as others get it. */
  const played = async () => {
    const server = await new Server([ORIEL, 'serve', '-c', file]).ready;
    const headers = { authorization: `Bearer ${tokenOf(server.urls.ops)}` };
    const get = (where) => fetch(new URL(`/v1/recordings${where}`, server.urls.ops), { headers });
    const { recordings: [one] } = await (await get('')).json();
    const media = await get(`/${one.id}/programme/0.webm`);
    const seen = { state: one.state, status: media.status,
      digest: createHash('sha256').update(Buffer.from(await media.arrayBuffer())).digest('hex') };
    expectEqual((await server.stop()).code, 0, 'exit status');
    return JSON.stringify(seen);
  };
  const before = await played();
  expect(before.includes('"complete"') && before.includes('200'), before);
  const away = path.join(place, 'away');
  fs.renameSync(path.join(state, 'objects'), away);
  fs.mkdirSync(path.join(state, 'objects'));
  const refused = spawnSync(ORIEL, ['serve', '-c', file], { encoding: 'utf8', timeout: 60000 });
  expect(refused.status === 1 && refused.stderr.includes('is not the store of the recordings here'), refused.stderr);
  fs.rmdirSync(path.join(state, 'objects')); // it is empty
  fs.renameSync(away, path.join(state, 'objects'));
  expectEqual(await played(), before, 'what plays');
  const said = verify();
  const counts = JSON.parse(said.stdout);
  expect(said.status === 0 && counts.ok >= 1 && counts.damaged === 0, said.stdout + said.stderr);
});
finish();
