// Recordings in a bucket: a real S3 (Ceph's gateway) with keys from a key service, a real tour, and
// everything that can be away: the service, its keys, the bucket, the credentials. Nothing is lost.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { portOfMany } from './lib/bucket.mjs';
import { inbound, launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { freePort, ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, firstFrame, joinTour, listRecordings, untilComplete } from './lib/tour.mjs';

const LIB = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib');
const dir = tempDir();
const service = path.join(dir, 'rgw');
const rgw = (...args) => execFileSync(path.join(LIB, 'rgw.sh'), [service, ...args], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 120000 });
// Before the folder goes in which the pids are.
process.prependListener('exit', () => spawnSync(path.join(LIB, 'rgw.sh'), [service, 'down']));

const port = await portOfMany();
const kms = await freePort();
const endpoint = `http://127.0.0.1:${port}`;
rgw('up', String(port), String(kms));
/** Gives how many requests were answered slowly so far. */
const keyService = async (mode) => (await (await fetch(`http://127.0.0.1:${kms}/mode/${mode}`, { method: 'POST' })).json()).slow;

/** Somebody else's S3 client: curl, with its own signer. Its answer's headers and body. */
function foreign(method, where, ...headers) {
  const how = method === 'HEAD' ? ['-I'] : ['-X', method, '-D', '-'];
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  return execFileSync('curl', ['-sS', '--path-as-is', '--aws-sigv4', 'aws:amz:us-east-1:s3', '-u', 'testkey:testsecret',
    ...how, ...headers.flatMap((h) => ['-H', h]), '-H', `x-amz-content-sha256: ${empty}`, endpoint + where], { encoding: 'latin1', maxBuffer: 1 << 26 });
}

/** The keys in the bucket, as the foreign client lists them. */
const keys = () => [...foreign('GET', '/tours?list-type=2&max-keys=1000').matchAll(/<Key>([^<]+)<\/Key>/g)].map((m) => m[1]);

/** Requests that the service has answered: a line each in its log. */
const requests = () => (fs.readFileSync(path.join(service, 'log/client.rgw.log'), 'utf8')
  .match(/ beast: .*"(?:GET|HEAD|PUT|DELETE) \/tours\S*/g) ?? []);

const secret = (name, text) => {
  const file = path.join(dir, name);
  fs.writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
};
const accessKey = secret('access_key', 'testkey');
const secretKey = secret('secret_key', 'testsecret');
const withBucket = (change = () => {}) => writeConfig(dir, (c) => {
  c.recording.store = 's3';
  c.recording.s3 = { endpoint, bucket: 'tours', prefix: 'oriel/', access_key_file: accessKey,
    secret_key_file: secretKey, encryption: 'aws:kms', kms_key: 'testkey-1', connect_timeout_s: 2, stall_timeout_s: 8 };
  c.recording.spool = { retry_max_s: 2, reserve_mib: 0 };
  change(c.recording);
});

/** Starts a server that must refuse, and gives what it says. */
function refusal(config) {
  const r = spawnSync(ORIEL, ['serve', '-c', config], { encoding: 'utf8', timeout: 60000 });
  expectEqual(r.status, 1, 'exit status');
  return r.stderr;
}

const spool = path.join(dir, 'recordings/spool/recordings');
const waiting = () => fs.existsSync(spool) && fs.readdirSync(spool, { recursive: true }).length > 0;

await test('a_wrong_bucket_and_wrong_credentials_are_one_clear_message', async () => {
  const none = refusal(await withBucket());
  expect(/bucket tours: .*404 NoSuchBucket: create the bucket, or correct its name/.test(none), none);
  foreign('PUT', '/tours');
  const wrong = secret('wrong', 'wrong');
  const denied = refusal(await withBucket((r) => { r.s3.secret_key_file = wrong; }));
  expect(/403 SignatureDoesNotMatch: check the secret key/.test(denied), denied);
  fs.chmodSync(wrong, 0o644);
  const open = refusal(await withBucket((r) => { r.s3.secret_key_file = wrong; }));
  expect(open.includes('chmod 0600'), open);
  expectEqual(keys().length, 0, 'objects in the bucket');
});

await test('an_encryption_that_the_service_ignores_is_refused', async () => {
  // This one takes the header and stores in clear.
  const said = refusal(await withBucket((r) => { r.s3.encryption = 'AES256'; r.s3.kms_key = ''; }));
  expect(/did not encrypt identity with AES256 and was removed again/.test(said), said);
  expectEqual(keys().length, 0, 'objects in the bucket');
});

const config = await withBucket();
let server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const agentBrowser = await launchChromium();
const agent = agentBrowser.pages()[0];
const ops = () => tokenOf(server.urls.ops);
const verify = (id) => spawnSync(ORIEL, ['recordings', '-c', config, 'verify', id], { encoding: 'utf8' });
const ready = async () => (await fetch(new URL('/ready', server.urls.agent))).json();
const stored = () => until(async () => await server.metric('oriel_store_waiting_objects') === 0 && !waiting(), 'everything to be in the bucket', 60000);

/** Records a tour until so many segments are sealed. `during` happens in the middle. */
async function tour(segments, during = async () => {}) {
  const before = await server.metric('oriel_recorder_segments_total');
  await agent.goto('about:blank'); // the next link may differ behind the '#' only
  await joinTour(agent, server.urls.agent);
  await firstFrame(agent);
  await until(async () => await server.metric('oriel_recorder_segments_total') > before + 2, 'the first segments');
  await during();
  await until(async () => await server.metric('oriel_recorder_segments_total') > before + segments, 'segments', 60000);
  await endTour(agent);
}

let recording;
await test('a_tour_is_in_the_bucket_sealed_and_encrypted', async () => {
  await tour(6);
  recording = await untilComplete(server.urls.ops, ops());
  await stored();
  const objects = keys().filter((k) => k.startsWith(`oriel/recordings/${recording.id}/`));
  expect(objects.some((k) => k.endsWith('.seg')) && objects.some((k) => k.endsWith('.jnl'))
    && objects.some((k) => k.endsWith('.man')), objects.join());
  for (const key of objects) {
    const head = foreign('HEAD', `/tours/${key}`);
    expect(/^x-amz-server-side-encryption: aws:kms\r$/mi.test(head), `${key}: ${head}`);
    const body = foreign('GET', `/tours/${key}`).split('\r\n\r\n').slice(1).join('\r\n\r\n');
    expect(body.length > 0 && !body.includes('\x1a\x45\xdf\xa3') && !body.includes('"type"'), `${key} is not sealed`);
  }
  const r = verify(recording.id);
  expect(r.status === 0 && /ok\s*$/.test(r.stdout), r.stdout + r.stderr);
  const check = async (method) => (await fetch(new URL(`/v1/recordings/${recording.id}/verify`, server.urls.agent), { method, headers: { authorization: `Bearer ${ops()}` } })).json();
  await check('POST');
  const checked = await until(async () => {
    const v = await check('GET');
    return ['done', 'failed'].includes(v.state) && v;
  }, 'the server to have checked it', 60000);
  expectEqual(`${checked.result} ${checked.opened} ${checked.findings.length}`, 'ok true 0', 'what the server finds');
  expectEqual((await ready()).checks.store, 'ok', 'the store, as /ready says');
});

/** The requests since there were so many. The log comes late: the service is asked something, and that must be in it, too. */
async function requestsSince(before, mark) {
  foreign('GET', `/tours/${mark}`);
  return until(() => {
    const lines = requests().slice(before);
    return lines.some((l) => l.includes(`/tours/${mark}`)) && lines.filter((l) => !l.includes('/tours/last'));
  }, 'the log of the service');
}

await test('a_playback_begins_after_three_requests', async () => {
  await server.stop();
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  const url = new URL(`/v1/recordings/${recording.id}/programme/0.webm`, server.urls.agent);
  const get = (range) => fetch(url, { headers: { authorization: `Bearer ${ops()}`, range } });
  const before = requests().length;
  const first = await get('bytes=0-65535');
  expectEqual(first.status, 206, 'status');
  expect((await first.arrayBuffer()).byteLength > 1000, 'the first bytes');
  const used = await requestsSince(before, 'last');
  console.log(`# ${used.length} requests before the first bytes`);
  expect(used.length <= 3, used.join('\n'));
  const total = Number(first.headers.get('content-range').split('/')[1]);
  const last = await get(`bytes=${total - 1000}-`);
  expectEqual((await last.arrayBuffer()).byteLength, 1000, 'the last bytes');
});

await test('a_segment_is_one_request_for_all_who_follow', async () => {
  const url = new URL(`/v1/recordings/${recording.id}/programme/0/segments/1`, server.urls.agent);
  const get = () => fetch(url, { headers: { authorization: `Bearer ${ops()}` } });
  await requestsSince(requests().length, 'last-of-playback');
  const before = requests().length;
  for (let follower = 0; follower < 3; follower++) {
    const answer = await get();
    expectEqual(answer.status, 200, 'status');
    expectEqual((await answer.arrayBuffer()).byteLength, Number(answer.headers.get('content-length')), 'the bytes');
  }
  const used = await requestsSince(before, 'last-segment');
  expectEqual(used.length, 1, `requests of three followers: ${used.join('\n')}`);
});

await test('a_service_that_is_away_for_a_tour_loses_nothing', async () => {
  rgw('stop');
  await tour(8, async () => {
    await until(async () => await server.metric('oriel_store_breaker_open') === 1, 'the breaker', 60000);
    const state = await ready();
    expectEqual(state.status, 'ready', 'status of /ready');
    expect(state.checks.store.includes('does not take recordings'), JSON.stringify(state));
    // Who watches does not notice.
    const viewer = await agentBrowser.newPage();
    await joinTour(viewer, server.urls.buyer, { camera: false });
    await firstFrame(viewer);
    const first = await inbound(viewer);
    await until(async () => {
      const now = await inbound(viewer);
      return now.frames > first.frames + 60 && now.energy > first.energy;
    }, 'picture and sound to go on');
    expectEqual(await server.metric('oriel_store_breaker_open'), 1, 'the breaker, still');
    await viewer.close();
  });
  const [newest] = await until(async () => {
    const all = await listRecordings(server.urls.ops, ops());
    return all.length === 2 && all[0].state === 'waiting_for_store' ? all : null;
  }, 'the recording to wait');
  expectEqual(await server.metric('oriel_recorder_alarm'), 0, 'the recorder\'s alarm');
  expect(await server.metric('oriel_store_waiting_bytes') > 10000, 'bytes that wait');
  // What waits can be watched meanwhile: it is here.
  const media = await fetch(new URL(`/v1/recordings/${newest.id}/programme/0.webm`, server.urls.agent),
    { headers: { authorization: `Bearer ${ops()}`, range: 'bytes=0-9999' } });
  expectEqual(media.status, 206, 'status of playback');
  // And be followed; of a recording in the bucket the list is here, and for its media one asks again.
  const follow = (id, what) => fetch(new URL(`/v1/recordings/${id}/programme/0/${what}`, server.urls.agent),
    { headers: { authorization: `Bearer ${ops()}` } });
  for (const what of ['init', 'segments', 'segments/0']) {
    const answer = await follow(newest.id, what);
    expectEqual(answer.status, 200, `${what} of what waits`);
    expect((await answer.arrayBuffer()).byteLength > 0, what);
  }
  expectEqual((await follow(recording.id, 'segments')).status, 200, 'the list of what is in the bucket');
  const away = await follow(recording.id, 'segments/0');
  expectEqual(`${away.status} ${(await away.json()).code} ${away.headers.get('retry-after')}`, '503 unavailable 2',
    'a segment that is in the bucket');
  // A machine that is started anew while the service is away goes on.
  await server.stop();
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  rgw('start');
  await stored();
  const done = await untilComplete(server.urls.ops, ops(), 1);
  expectEqual(done.id, newest.id, 'the recording');
  const r = verify(done.id);
  expect(r.status === 0 && /ok\s*$/.test(r.stdout), r.stdout + r.stderr);
  const details = await (await fetch(new URL(`/v1/recordings/${done.id}`, server.urls.agent),
    { headers: { authorization: `Bearer ${ops()}` } })).json();
  expectEqual(details.events.filter((e) => e.type === 'gap').length, 0, 'gaps');
  expect(server.log.every((l) => !l.includes('store_conflict')), 'no conflicts');
});

for (const [mode, words] of [['deny', /check the key/], ['gone', /check the key|tried again/], ['slow', null]]) {
  await test(`a_key_service_that_is_${mode}_loses_nothing`, async () => {
    const known = (await listRecordings(server.urls.ops, ops())).length;
    const slow = await keyService(mode);
    await tour(4);
    if (mode === 'slow') {
      await until(async () => await keyService(mode) > slow, 'a key that came slowly', 60000);
    }
    if (words) {
      const line = await until(() => server.log.find((l) => l.includes('store_failing')), 'the line in the log', 60000);
      expect(words.test(line), line);
      expect(waiting(), 'it waits');
    }
    await keyService('ok');
    server.log.length = 0;
    await stored();
    const done = await untilComplete(server.urls.ops, ops(), known);
    const r = verify(done.id);
    expect(r.status === 0 && /ok\s*$/.test(r.stdout), r.stdout + r.stderr);
    if (words) {
      await until(() => server.log.some((l) => l.includes('store_recovered')), 'the line in the log');
    }
  });
}

await test('a_service_that_hangs_keeps_no_server_from_starting', async () => {
  rgw('freeze');
  await server.stop();
  const begun = Date.now();
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  const took = Date.now() - begun;
  console.log(`# ready after ${took} ms`);
  expect(took < 4 * 8000, `${took} ms`); // stall_timeout_s is 8: readers and jobs do not wait for it once more
  const known = (await listRecordings(server.urls.ops, ops())).length;
  await tour(4);
  rgw('thaw');
  await stored();
  const done = await untilComplete(server.urls.ops, ops(), known);
  const r = verify(done.id);
  expect(r.status === 0 && /ok\s*$/.test(r.stdout), r.stdout + r.stderr);
});

await test('a_sweep_finishes_what_an_outage_left_and_names_what_belongs_to_nobody', async () => {
  const sweep = () => spawnSync(ORIEL, ['recordings', '-c', config, 'sweep'], { encoding: 'utf8', timeout: 120000 });
  const of = (id) => keys().filter((k) => k.includes(`/recordings/${id}/`)).length;
  const known = await listRecordings(server.urls.ops, ops());
  const clean = sweep();
  expect(clean.status === 0 && clean.stdout.includes('0 shreds finished, 0 of unknown age, 0 without a key, 0 without a recording, 0 failed'), clean.stdout + clean.stderr);
  // The keys go although the bucket is away.
  rgw('stop');
  const shred = spawnSync(ORIEL, ['recordings', '-c', config, 'shred', recording.id], { encoding: 'utf8', timeout: 120000 });
  expectEqual(shred.status, 1, `shred: ${shred.stdout}`);
  const away = sweep();
  expect(away.status === 1 && !away.stdout.includes('1 shreds finished'), away.stdout + away.stderr);
  rgw('start');
  expect(of(recording.id) > 3, 'its objects are still there');
  const nobody = 'ab'.repeat(16);
  for (const name of [`oriel/recordings/${nobody}/journal/0.jnl`, 'oriel/recordings/notes',
    `other/recordings/${nobody}/journal/0.jnl`]) { // the last of another installation
    const answer = foreign('PUT', `/tours/${name}`, 'Content-Length: 0');
    expect(/^HTTP\S* 200/.test(answer), answer);
  }
  const after = sweep();
  expect(after.status === 0 && after.stdout.includes('1 shreds finished, 0 of unknown age, 0 without a key, 2 without a recording, 0 failed'), after.stdout + after.stderr);
  expectEqual(of(recording.id), 0, 'objects of what was shredded');
  expectEqual(keys().filter((k) => k.includes(nobody) || k.endsWith('notes')).length, 3, 'what belongs to nobody, and stays');
  const states = Object.fromEntries((await listRecordings(server.urls.ops, ops())).map((r) => [r.id, r.state]));
  expectEqual(states[recording.id], 'shredded', 'its state');
  expect(known.filter((r) => r.id !== recording.id).every((r) => states[r.id] === r.state), 'the others are as they were');
});

await agentBrowser.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
