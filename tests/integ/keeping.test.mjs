// What the server does for recordings by itself: it shreds what is too old, unless it is held or the
// clock is wrong, and begins no recording beyond the quota, which harms no tour.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { endSeat, hears, takeSeat } from './lib/seat.mjs';
import { ORIEL, ROOT, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { listRecordings } from './lib/tour.mjs';

/** The orders of the command line on the recordings of this configuration. */
const orders = (config) => (...args) =>
  spawnSync(ORIEL, ['recordings', '-c', config, ...args], { encoding: 'utf8', timeout: 60000 });
const serve = (config) => new Server([ORIEL, 'serve', '-c', config]).ready;
const checks = async (server) => (await (await fetch(new URL('/ready', server.urls.agent))).json()).checks;

const status = (server, token = tokenOf(server.urls.ops)) =>
  fetch(new URL('/v1/recordings/status', server.urls.agent), { headers: { authorization: `Bearer ${token}` } });

/** What lies in clear: a line, a newline, its signature in hex, a newline. */
function signedText(file) {
  const [text, hex] = file.toString('latin1').trimEnd().split('\n');
  return [Buffer.from(text, 'latin1'), Buffer.from(hex, 'hex')];
}

// ---- quota

const small = tempDir();
const limited = await writeConfig(small, (c) => {
  c.recording.quota = { recordings: 1 };
  c.timeouts = { ...c.timeouts, join_s: 600 };
});
const shortOrders = orders(limited);
let server = await serve(limited);
let first;

await test('a_recording_within_the_quota_begins', async () => {
  await until(async () => (await checks(server)).quota === 'ok', 'quota, as /ready says');
  const client = await takeSeat(server);
  await hears(client, 'on');
  await endSeat(client);
  const all = await until(async () => {
    const list = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
    return list.length === 1 && list[0].state === 'complete' ? list : null;
  }, 'the recording to be complete');
  first = all[0].id;
});

await test('who_signs_is_for_everybody', async () => {
  const url = new URL('/v1/recordings/keys', server.urls.agent);
  const answer = await fetch(url);
  expectEqual(answer.status, 200, 'status');
  expectEqual(answer.headers.get('content-type'), 'application/jwk-set+json', 'type');
  expectEqual(answer.headers.get('cache-control'), 'public, max-age=3600', 'caching');
  expectEqual(answer.headers.get('access-control-allow-origin'), '*', 'origins');
  const { keys } = await answer.json();
  expectEqual(keys.length, 1, 'keys');
  expectEqual(keys[0].hex, shortOrders('public-key').stdout.trim(), 'the key');
  // It is the key that signed: checked by another implementation (RFC 8032, RFC 8037).
  const key = crypto.createPublicKey({ key: keys[0], format: 'jwk' });
  expect(key.equals(crypto.createPublicKey(keys[0].pem)), 'the same key in PEM');
  const file = fs.readdirSync(path.join(small, 'recordings/objects'), { recursive: true }).find((name) => name.endsWith('.man'));
  const [text, signature] = signedText(fs.readFileSync(path.join(small, 'recordings/objects', file)));
  expect(crypto.verify(null, text, key, signature), 'the signature of a manifest');
  text[text.length >> 1] ^= 1;
  expect(!crypto.verify(null, text, key, signature), 'of another text');
  expectEqual((await fetch(url, { method: 'POST' })).status, 405, 'status of POST');
});

await test('who_kept_a_public_key_believes_no_other', async () => {
  const keys = await (await fetch(new URL('/v1/recordings/keys', server.urls.agent))).text();
  const kept = path.join(small, 'kept.json');
  const foreign = path.join(small, 'foreign.pem');
  fs.writeFileSync(kept, keys);
  fs.writeFileSync(foreign, crypto.generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
  for (const more of [[], ['--no-key']]) {
    const good = shortOrders('verify', '--all', '--public-key', kept, ...more);
    expect(good.status === 0 && good.stdout.includes('1 ok, 0 damaged'), good.stdout + good.stderr);
    const bad = shortOrders('verify', first, '--public-key', foreign, ...more);
    expect(bad.status === 1 && bad.stdout.includes('not signed by a key that was given'), bad.stdout + bad.stderr);
  }
  const none = shortOrders('verify', first, '--public-key', limited);
  expect(none.status === 1 && none.stderr.includes('must hold Ed25519 public keys'), none.stderr);
  expectEqual(shortOrders('verify', first, '--public-key').status, 2, 'status without a file');
});

await test('beyond_the_quota_a_tour_goes_on_without_a_recording_and_that_is_said', async () => {
  await until(async () => await server.metric('oriel_quota_reached') === 1, 'the quota to be reached');
  const ready = await fetch(new URL('/ready', server.urls.agent));
  expectEqual(ready.status, 200, 'status of /ready');
  expect((await ready.json()).checks.quota.startsWith('quota: '), 'quota, as /ready says');
  const client = await takeSeat(server);
  await hears(client, 'failing');
  const whole = await (await status(server)).json();
  expectEqual(JSON.stringify(whole.quota), '{"recordings":1,"bytes":null,"reached":true,"refused":1}', 'quota');
  expect(whole.recordings === 1 && whole.retention.last === null && whole.retention.days === null, JSON.stringify(whole));
  expectEqual(JSON.stringify(whole.keys), '[{"provider":"file","up":true}]', 'keys');
  const mint = minter(fs.readFileSync(path.join(small, 'jwt.secret'), 'utf8').trim());
  expectEqual((await status(server, mint({ role: 'ops', sub: 'olga', tour: 'demo' }))).status, 403, 'status for a token of one tour');
  expectEqual((await status(server, mint({ role: 'agent', sub: 'olga' }))).status, 403, 'status for an agent');
  await until(() => server.log.some((l) => l.includes('recording_refused') && l.includes('quota')), 'the line in the log');
  expectEqual(await server.metric('oriel_quota_refused_total'), 1, 'refused');
  expectEqual(await server.metric('oriel_recorder_recordings_open'), 0, 'open');
  expectEqual(await server.metric('oriel_recorder_alarm'), 0, 'the alarm of the recorder');
  // The tour answers as ever.
  const told = await client.ask({ type: 'mute', id: 5, kind: 'microphone', muted: true });
  expect(told.type !== 'error', JSON.stringify(told));
  // As soon as there is room the recording begins.
  const shredded = shortOrders('shred', first);
  expectEqual(shredded.status, 0, `shred: ${shredded.stderr}`);
  await hears(client, 'on', 20000);
  expectEqual(await server.metric('oriel_library_recordings'), 0, 'what was there');
  await endSeat(client);
  const list = await until(async () => {
    const all = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
    return all.length === 2 && all[0].state === 'complete' ? all : null;
  }, 'the second recording');
  const r = shortOrders('verify', list[0].id);
  expect(r.status === 0 && /ok\s*$/.test(r.stdout), r.stdout + r.stderr);
});

await test('a_recording_that_was_refused_and_ended_does_not_begin', async () => {
  await until(async () => await server.metric('oriel_quota_reached') === 1, 'the quota to be reached');
  const client = await takeSeat(server);
  await hears(client, 'failing');
  await client.ask({ type: 'record', id: 6, on: false });
  await hears(client, 'off');
  const before = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
  expectEqual(shortOrders('shred', before[0].id).status, 0, 'status of shred');
  await until(async () => await server.metric('oriel_quota_reached') === 0, 'room');
  await endSeat(client);
  // What begins next is the only one: recorder and writer take one after the other.
  const next = await takeSeat(server);
  await hears(next, 'on');
  const after = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
  expectEqual(after.length, before.length + 1, 'recordings');
  await endSeat(next);
});

await test('a_recording_that_was_refused_and_paused_begins_paused', async () => {
  await until(async () => await server.metric('oriel_quota_reached') === 1, 'the quota to be reached');
  const client = await takeSeat(server);
  await hears(client, 'failing');
  await client.ask({ type: 'record', id: 6, on: true, paused: true });
  const list = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
  expectEqual(shortOrders('shred', list[0].id).status, 0, 'status of shred');
  await until(async () => await server.metric('oriel_recorder_recordings_open') === 1, 'the recording to begin');
  await endSeat(client);
  const [newest] = await until(async () => {
    const all = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
    return all.length === list.length + 1 && all[0].state === 'complete' ? all : null;
  }, 'the recording to be complete');
  const details = await (await fetch(new URL(`/v1/recordings/${newest.id}`, server.urls.agent),
    { headers: { authorization: `Bearer ${tokenOf(server.urls.ops)}` } })).json();
  expect(details.events.some((e) => e.type === 'pause'), JSON.stringify(details.events));
});

await test('key_providers_are_asked', async () => {
  await until(async () => await server.metric('oriel_key_provider_up{provider="file"}') === 1, 'the provider');
  expectEqual((await checks(server)).keys, 'ok', 'keys, as /ready says');
  expectEqual((await server.stop()).code, 0, 'exit status');
});

// ---- what is too old: a recording of an earlier release is

const old = tempDir();
fs.cpSync(path.join(ROOT, 'tests/data/recorder/kept/0.1-mix/state'), path.join(old, 'recordings'), { recursive: true });
fs.renameSync(path.join(old, 'recordings/kek'), path.join(old, 'kek'));
for (const key of ['kek', 'recordings/signing_key']) {
  fs.chmodSync(path.join(old, key), 0o600);
}
const aging = await writeConfig(old, (c) => {
  c.recording.retention_days = 1;
  c.recording.sweep_after_s = 0;
});
const oldOrders = orders(aging);
let id;

await test('a_clock_that_is_far_ahead_shreds_nothing', async () => {
  // By this clock nobody has been here since that release.
  fs.writeFileSync(path.join(old, 'recordings/sweep'), `oriel-sweep/1 ${'1600000000000000'.padStart(20, '0')} ${'0'.repeat(20)}\n`);
  server = await serve(aging);
  await until(async () => await server.metric('oriel_sweep_runs_total{result="clock"}') === 1, 'the sweep');
  expectEqual(await server.metric('oriel_sweep_clock_wrong'), 1, 'the alarm');
  expectEqual(await server.metric('oriel_sweep_shredded_total'), 0, 'shredded');
  expect((await checks(server)).retention.includes('clock is wrong'), 'retention, as /ready says');
  expect(server.log.some((l) => l.includes('clock_wrong') && l.includes('--clock-is-right')), 'the line in the log');
  const all = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
  expect(all.length === 1 && all[0].state === 'complete', JSON.stringify(all));
  id = all[0].id;
  const cli = oldOrders('sweep');
  expect(cli.status === 1 && cli.stderr.includes('--clock-is-right'), cli.stdout + cli.stderr);
  expectEqual((await server.stop()).code, 0, 'exit status');
});

await test('a_person_says_that_the_clock_is_right_and_looks_first', async () => {
  const before = fs.readFileSync(path.join(old, 'recordings/sweep'));
  const dry = oldOrders('sweep', '--clock-is-right', '--dry-run');
  expect(dry.status === 0 && dry.stdout.includes(`${id}  would be shredded`), dry.stdout + dry.stderr);
  expectEqual(oldOrders('sweep', '--nonsense').status, 2, 'status of a wrong order');
  // Who only looked has allowed nothing.
  expect(fs.readFileSync(path.join(old, 'recordings/sweep')).equals(before), 'the file "sweep" is as it was');
  server = await serve(aging);
  await until(async () => await server.metric('oriel_sweep_runs_total{result="clock"}') === 1, 'the sweep');
  expectEqual(await server.metric('oriel_sweep_shredded_total'), 0, 'shredded');
  expectEqual((await server.stop()).code, 0, 'exit status');
  expectEqual(oldOrders('hold', id, 'a dispute').status, 0, 'status of hold');
  const right = oldOrders('sweep', '--clock-is-right');
  expect(right.status === 0 && right.stdout.includes('0 shredded for their age, 1 held'), right.stdout + right.stderr);
});

await test('a_sweep_by_command_says_in_the_audit_log_what_it_is_about_to_shred', async () => {
  const copy = tempDir();
  fs.cpSync(path.join(old, 'recordings'), path.join(copy, 'recordings'), { recursive: true });
  fs.cpSync(path.join(old, 'kek'), path.join(copy, 'kek'));
  const config = await writeConfig(copy, (c) => {
    c.recording.retention_days = 1;
  });
  const said = () => spawnSync(ORIEL, ['audit', '-c', config, 'list', '--json', '--recording', id], { encoding: 'utf8', timeout: 60000 })
    .stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const held = orders(config)('sweep');
  expect(held.status === 0 && held.stdout.includes('0 shredded for their age, 1 held'), held.stdout + held.stderr);
  expectEqual(said().length, 0, 'records of what is held');
  expectEqual(orders(config)('release', id).status, 0, 'status of release');
  const swept = orders(config)('sweep');
  expect(swept.status === 0 && swept.stdout.includes('1 shredded for their age'), swept.stdout + swept.stderr);
  expectEqual(said().map((r) => `${r.what} ${r.role} ${r.outcome}`).join(),
    'recording.release operator done,recording.shred_order operator done,recording.sweep operator done', 'in this order');
});

await test('a_hold_wins_and_without_it_the_server_shreds', async () => {
  server = await serve(aging);
  await until(async () => await server.metric('oriel_sweep_runs_total{result="ok"}') === 1, 'the sweep');
  expectEqual(await server.metric('oriel_sweep_held'), 1, 'held');
  expectEqual(await server.metric('oriel_sweep_shredded_total'), 0, 'shredded');
  expectEqual((await server.stop()).code, 0, 'exit status');
  expectEqual(oldOrders('release', id).status, 0, 'status of release');
  server = await serve(aging);
  await until(async () => await server.metric('oriel_sweep_shredded_total') === 1, 'the shred');
  expectEqual((await checks(server)).retention, 'ok', 'retention, as /ready says');
  const { retention } = await (await status(server)).json();
  expect(retention.last === 'ok' && retention.days === 1 && retention.shredded === 1 && retention.last_ok === retention.last_run, JSON.stringify(retention));
  expect(await server.metric('oriel_sweep_last_ok_timestamp_seconds') > Date.now() / 1000 - 3600, 'when it was');
  await until(() => server.log.some((l) => l.includes('shredded for its age') && l.includes(id)), 'the line in the log');
  const all = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
  expect(all.length === 1 && all[0].state === 'shredded', JSON.stringify(all));
  const said = await until(() => {
    const { stdout } = spawnSync(ORIEL, ['audit', '-c', aging, 'list', '--json', '--recording', id], { encoding: 'utf8', timeout: 60000 });
    const by = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((r) => r.sub === 'recording.retention_days');
    return by.some((r) => r.what === 'recording.sweep') && by;
  }, 'what the audit log says');
  expectEqual(said.map((r) => `${r.what} ${r.outcome}`).join(), 'recording.shred_order done,recording.sweep done', 'in this order');
  const left = fs.readdirSync(path.join(old, 'recordings/objects/recordings', id), { recursive: true, withFileTypes: true });
  expectEqual(left.filter((entry) => entry.isFile()).length, 0, 'objects that are left');
  expectEqual((await server.stop()).code, 0, 'exit status');
});

finish();
