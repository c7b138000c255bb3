// The disk fills while a tour is recorded: the tour goes on unharmed, people and metrics are told,
// and when there is room again the recording goes on and verifies. When it fills while a film is made
// of it, that says why it failed, leaves nothing, and is made when there is room.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium, inbound } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, firstFrame, joinTour, listRecordings, untilComplete } from './lib/tour.mjs';

const dir = tempDir();
const small = path.join(dir, 'disk');
fs.mkdirSync(small);
const config = await writeConfig(dir, (c) => {
  c.recording.dir = path.join(small, 'recordings');
  c.recording.quota = { ...c.recording.quota, free_mib: 0 }; // else none would begin there
  c.derived = { ...c.derived, reserve_mib: 0 }; // else no film would
});
// A file system in a mount namespace of the server's own, gone when the server ends, and full but for
// 3 MiB.
const unshare = process.getuid() === 0 ? ['unshare', '-m'] : ['unshare', '-rm'];
const server = await new Server([...unshare, 'sh', '-c',
  `mount -t tmpfs -o size=64m tmpfs ${small} && head -c 61M /dev/zero > ${small}/filler
   exec ${ORIEL} serve -c ${config}`]).ready;
const inside = (name) => path.join(`/proc/${server.pid}/root`, name);

const agentBrowser = await launchChromium();
const buyerBrowser = await launchChromium();
const agent = agentBrowser.pages()[0];
const buyer = buyerBrowser.pages()[0];
let recording;

await test('a_full_disk_raises_the_alarm', async () => {
  await joinTour(agent, server.urls.agent);
  await joinTour(buyer, server.urls.buyer, { camera: false });
  await firstFrame(buyer);
  await until(async () => (await server.metric('oriel_recorder_alarm')) === 1, 'the alarm', 60000);
  await agent.waitForSelector('.rec.failing:has-text("being saved")');
  const listed = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
  expectEqual(listed.map((r) => r.state).join(), 'recording', 'what the list says');
});

await test('the_live_tour_is_unharmed', async () => {
  const first = await inbound(buyer);
  await until(async () => {
    const now = await inbound(buyer);
    return now.frames > first.frames + 60 && now.energy > first.energy;
  }, 'picture and sound to go on');
});

await test('with_room_again_the_recording_goes_on', async () => {
  fs.rmSync(inside(path.join(small, 'filler')));
  await until(async () => (await server.metric('oriel_recorder_alarm')) === 0, 'the alarm to end', 60000);
  await agent.waitForSelector('.rec:not(.failing):has-text("Recording")');
  await endTour(agent);
  recording = await untilComplete(server.urls.ops, tokenOf(server.urls.ops));
  await until(async () => (await server.metric('oriel_recorder_waiting_bytes')) === 0, 'nothing to wait any more');
  const details = await (await fetch(new URL(`/v1/recordings/${recording.id}`, server.urls.ops),
    { headers: { authorization: `Bearer ${tokenOf(server.urls.ops)}` } })).json();
  const ours = details.events.filter((e) => e.type === 'gap' && ['store', 'journal', 'queue'].includes(e.cause));
  expectEqual(JSON.stringify(ours), '[]', 'gaps for the disk');
});

function expectSound() {
  const enter = ['-t', String(server.pid), '-m', '-r', '-w',
    ...(process.getuid() === 0 ? [] : ['-U', '--preserve-credentials'])];
  const said = execFileSync('nsenter', [...enter, ORIEL, 'recordings', '-c', config, 'verify', recording.id]).toString();
  expectEqual(said.trim().split(/\s+/).pop(), 'ok', said);
}

await test('the_recording_verifies', expectSound);

/** All but so much of the disk is taken. @param {number} left [bytes] */
function fill(left) {
  const filler = inside(path.join(small, 'filler'));
  const file = fs.openSync(filler, 'w');
  const { bavail, bsize } = fs.statfsSync(inside(small));
  const block = Buffer.alloc(1 << 16);
  for (let n = bavail * bsize - left; n > 0; n -= block.length) {
    fs.writeSync(file, block, 0, Math.min(n, block.length));
  }
  fs.closeSync(file);
}

const call = (where, method = 'GET') => fetch(new URL(`/v1/recordings/${recording.id}${where}`, server.urls.ops),
  { method, headers: { authorization: `Bearer ${tokenOf(server.urls.ops)}`, connection: 'close' } });

/** Have a film made, and wait until it is or is not. */
async function makeFilm() {
  const ordered = await call('/exports', 'POST');
  expectEqual(ordered.status, 202, 'ordered');
  const { number } = await ordered.json();
  return until(async () => {
    const film = await (await call(`/exports/${number}`)).json();
    return ['failed', 'done'].includes(film.state) && film;
  }, 'the film to be made, or not', 120000);
}

const objects = () => fs.readdirSync(inside(path.join(small, 'recordings/objects')), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`);

await test('a_film_for_which_there_is_no_room_says_so_and_leaves_nothing', async () => {
  const before = objects();
  fill(200 << 10);
  const film = await makeFilm();
  expectEqual(`${film.state} ${film.error}`, 'failed no_space', 'what is said of it');
  expectEqual(objects().filter((name) => !before.includes(name)).join(), '', 'what it left');
  expectEqual(before.filter((name) => !objects().includes(name)).join(), '', 'what it took');
  expectSound();
});

await test('with_room_again_a_film_is_made', async () => {
  fs.rmSync(inside(path.join(small, 'filler')));
  const film = await makeFilm();
  expectEqual(film.state, 'done', JSON.stringify(film));
  const file = Buffer.from(await (await call(`/exports/${film.number}/media`)).arrayBuffer());
  expectEqual(file.length, film.bytes, 'bytes');
  expect(film.bytes > 400 << 10, `${film.bytes} bytes would have fitted into what there was`);
  expectSound();
});

await agentBrowser.close();
await buyerBrowser.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
