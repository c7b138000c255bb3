// A real recording, then one flipped byte in each of its objects: verify must fail and name it.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, untilComplete } from './lib/tour.mjs';

const dir = tempDir();
const config = await writeConfig(dir);
const objects = path.join(dir, 'recordings/objects');
const verify = (id) => spawnSync(ORIEL, ['recordings', '-c', config, 'verify', id], { encoding: 'utf8' });
let recording;

await test('a_tour_with_camera_screen_and_voice_is_recorded', async () => {
  const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  const browser = await launchChromium();
  const agent = browser.pages()[0];
  await joinTour(agent, server.urls.agent);
  await agent.click('[data-control=screen]');
  await until(async () => (await server.metric('oriel_recorder_segments')) >= 6, 'six segments');
  await endTour(agent);
  recording = await untilComplete(server.urls.ops, tokenOf(server.urls.ops));
  await browser.close();
  expectEqual((await server.stop()).code, 0, 'exit status');
  expectEqual(verify(recording.id).status, 0, `verify: ${verify(recording.id).stdout}`);
});

/** The objects of recordings; what names the store is none of them. */
const objectNames = () => fs.readdirSync(objects, { recursive: true })
  .filter((name) => name !== 'identity' && fs.statSync(path.join(objects, name)).isFile());

await test('a_flipped_byte_in_the_identity_parts_no_store_from_its_recordings', async () => {
  const file = path.join(objects, 'identity');
  const changed = fs.readFileSync(file);
  changed[crypto.randomInt(changed.length)] ^= 1 << crypto.randomInt(8);
  fs.writeFileSync(file, changed);
  expectEqual(verify(recording.id).status, 0, 'verify');
  const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  expectEqual((await server.stop()).code, 0, 'exit status');
  expect(/^oriel-store\/1 [0-9a-f]{32}\n$/.test(fs.readFileSync(file, 'utf8')), 'it is whole again');
});

await test('one_flipped_byte_in_any_object_is_found_and_named', () => {
  const names = objectNames();
  expect(names.length >= 8, `${names.length} objects`);
  for (const name of names) {
    const file = path.join(objects, name);
    const good = fs.readFileSync(file);
    const changed = Buffer.from(good);
    const at = crypto.randomInt(good.length);
    changed[at] ^= 1 << crypto.randomInt(8);
    fs.writeFileSync(file, changed);
    const { status, stdout, stderr } = verify(recording.id);
    fs.writeFileSync(file, good);
    expectEqual(status, 1, `verify with byte ${at} of ${name} flipped`);
    expect((stdout + stderr).includes(name), `${name} is not named in: ${stdout}${stderr}`);
  }
  console.log(`# ${names.length} objects, one byte each`);
  expectEqual(verify(recording.id).status, 0, 'verify after all is put back');
});

await test('a_missing_and_a_foreign_object_are_found_and_named', () => {
  const name = fs.readdirSync(objects, { recursive: true }).find((n) => n.endsWith('.seg'));
  const file = path.join(objects, name);
  fs.renameSync(file, `${file}.away`);
  const gone = verify(recording.id);
  fs.renameSync(`${file}.away`, file);
  expect(gone.status === 1 && gone.stdout.includes(name), `missing: ${gone.stdout}`);
  const extra = name.replace(/\d+\.seg$/, '99.seg');
  fs.copyFileSync(file, path.join(objects, extra));
  const more = verify(recording.id);
  fs.rmSync(path.join(objects, extra));
  expect(more.status === 1 && more.stdout.includes(extra), `foreign: ${more.stdout}`);
});

finish();
