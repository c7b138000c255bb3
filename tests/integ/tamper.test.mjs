// A real recording, then one flipped byte in each of its objects: verify must fail and name it.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { documented } from './lib/documented.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, untilComplete } from './lib/tour.mjs';

const dir = tempDir();
const config = await writeConfig(dir, (c) => { c.audit = { checkpoint_s: 1 }; });
const objects = path.join(dir, 'recordings/objects');
const verify = (id) => spawnSync(ORIEL, ['recordings', '-c', config, 'verify', id], { encoding: 'utf8' });
let server, token, recording;

const call = (method, where) => fetch(new URL(`/v1/recordings${where}`, server.urls.ops), { method, headers: { authorization: `Bearer ${token}` } });

/** Has it checked over HTTP, and gives what came of it. */
async function checked(check) {
  const ordered = await call('POST', `/${recording.id}/verify`);
  check('verifyRecording', ordered.status, await ordered.json());
  expectEqual(ordered.status, 202, 'status of the order');
  return until(async () => {
    const answer = await call('GET', `/${recording.id}/verify`);
    const v = await answer.json();
    check('getVerification', answer.status, v);
    expect(v.permille >= 0 && v.permille <= 1000, `${v.permille}`);
    return ['done', 'failed'].includes(v.state) && v;
  }, 'the end of the check');
}

await test('a_tour_with_camera_screen_and_voice_is_recorded', async () => {
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  token = tokenOf(server.urls.ops);
  const browser = await launchChromium();
  const agent = browser.pages()[0];
  await joinTour(agent, server.urls.agent);
  await agent.click('[data-control=screen]');
  await until(async () => (await server.metric('oriel_recorder_segments')) >= 6, 'six segments');
  const [open] = (await (await call('GET', '')).json()).recordings;
  const early = await call('POST', `/${open.id}/verify`);
  expectEqual(`${early.status} ${(await early.json()).code}`, '409 recording_open', 'while it is made');
  expectEqual((await (await call('GET', `/${open.id}/verify`)).json()).state, 'none', 'nobody asked');
  await endTour(agent);
  recording = await untilComplete(server.urls.ops, token);
  await browser.close();
});

await test('whoever_may_read_it_has_it_checked_over_http', async () => {
  const check = await documented(server.urls.ops);
  const whole = await checked(check);
  expectEqual(`${whole.state} ${whole.result} ${whole.opened} ${whole.permille} ${whole.findings.length}`, 'done ok true 1000 0', 'of all that is there');
  const programme = path.join(objects, 'recordings', recording.id, 'programme');
  const name = fs.readdirSync(programme).sort()[1];
  const good = fs.readFileSync(path.join(programme, name));
  const changed = Buffer.from(good);
  changed[crypto.randomInt(good.length)] ^= 1 << crypto.randomInt(8);
  fs.writeFileSync(path.join(programme, name), changed);
  const damaged = await checked(check);
  fs.writeFileSync(path.join(programme, name), good);
  const [{ object, problem, kind, track, epoch, segment }, ...others] = damaged.findings;
  expectEqual(`${damaged.state} ${damaged.result} ${others.length}`, 'done damaged 0', 'with a byte changed');
  expectEqual(`${object} ${problem} ${kind} ${track} ${epoch}-${segment}.seg`,
    `recordings/${recording.id}/programme/${name} changed media programme ${name}`, 'what and where');
  expectEqual((await call('GET', `/${'0'.repeat(32)}/verify`)).status, 404, 'one that is none');
  expectEqual((await call('POST', `/${'0'.repeat(32)}/verify`)).status, 404, 'one that is none');
  expectEqual(await server.metric('oriel_recordings_verified_total{result="damaged"}'), 1, 'counted');
  const audit = (what) => until(() => {
    const said = spawnSync(ORIEL, ['audit', '-c', config, 'list', '--json', '--what', what], { encoding: 'utf8' }).stdout;
    const records = said.split('\n').filter(Boolean).map((l) => JSON.parse(l));
    return records.some((r) => r.outcome === 'done') && records;
  }, what);
  expect((await audit('recording.verify')).some((r) => r.recording === recording.id && r.sub), 'who asked is recorded');
  const results = await until(async () => {
    const all = (await audit('recording.verified')).filter((r) => r.recording === recording.id);
    return all.length === 2 && all;
  }, 'what was found is recorded');
  expectEqual(results.map((r) => `${r.detail} ${Boolean(r.sub)}`).join(), 'ok findings=0 true,damaged findings=1 true', 'results');
  expectEqual((await call('POST', `/${recording.id}/verify`)).status, 202, 'one that is not waited for');
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
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
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
