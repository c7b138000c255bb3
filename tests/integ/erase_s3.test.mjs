// Recordings in a bucket: what is made of them goes there, too, all of it verifies, and a shred that
// finds the service away or hanging destroys the keys at once and the objects as soon as it can.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createServer } from 'node:tls';
import { Bucket } from './lib/bucket.mjs';
import { launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { breakOpen, call, expectGone, markersOf, recordTours, SECRET, textMarkers } from './lib/erasure.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { openAll, rootKeys, wrapRows } from './lib/unseal.mjs';

const TOURS = {
  north: { title: 'Zwetschgenhof', agent: 'Wilhelmina Featherstone' },
  south: { title: 'Quittengarten', agent: 'Gunhild Osterberg' },
  west: { title: 'Mirabellenweg', agent: 'Philippa Quackenbush' },
};

const place = tempDir();
const dir = path.join(place, 'var');
const backup = path.join(tempDir(), 'backup');
const bucket = await Bucket.up(place);
const config = await writeConfig(place, (c) => { // the titles are in it
  c.state_dir = dir;
  c.recording.dir = path.join(dir, 'recordings');
  c.recording.kek_file = path.join(dir, 'kek');
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours = Object.entries(TOURS).map(([name, { title }]) => ({ name, title, record: 'auto' }));
  c.derived = { thumbnail_every_s: 1, export_width: 320, export_height: 180, export_fps: 5 };
  bucket.configure(c.recording);
  c.audit = { dir: path.join(path.dirname(dir), 'audit') }; // who ended a tour is in it, and stays
});
const state = path.join(dir, 'recordings');
const oriel = (...args) => spawnSync(ORIEL, args, { encoding: 'utf8', timeout: 120000 });
const recordings = (...args) => oriel('recordings', '-c', config, ...args);
const spooled = () => (fs.existsSync(`${state}/spool/recordings`) ? fs.readdirSync(`${state}/spool/recordings`, { recursive: true }).length : 0);
const stored = () => until(async () => await server.metric('oriel_store_waiting_objects') === 0 && spooled() === 0, 'everything to be in the bucket', 60000);
const prefixOf = (tour) => `oriel/recordings/${tours[tour].id}/`;
let server = await new Server([ORIEL, 'serve', '-c', config]).ready;
let tours;
let attack;

await test('three_tours_are_recorded_into_the_bucket', async () => {
  const browser = await launchChromium({ flags: [SLOW_CAMERA] });
  tours = await recordTours(server, browser, TOURS);
  await browser.close();
  await stored();
});

await test('what_is_made_of_a_recording_is_in_the_bucket_and_plays_from_there', async () => {
  const where = `/${tours.north.id}`;
  const { thumbnails } = await until(async () => {
    const said = await (await call(server, 'GET', `${where}/thumbnails`)).json();
    return said.state === 'ready' && said;
  }, 'thumbnails', 60000);
  const ordered = await call(server, 'POST', `${where}/exports`, '{"layout":"stage"}');
  expectEqual(ordered.status, 202, 'order');
  await until(async () => {
    const job = await (await call(server, 'GET', `${where}/exports/0`)).json();
    expect(job.state !== 'failed', `${JSON.stringify(job)}\n${server.tail()}`);
    return job.state === 'done';
  }, 'the export', 120000);
  await stored();
  const keys = bucket.keys(prefixOf('north'));
  for (const kind of [/thumbnails\/.*\.img$/, /waveforms\/.*\.wav$/, /exports\/0-0\.exp$/, /supplement\/.*\.sup$/]) {
    expect(keys.some((k) => kind.test(k)), `${kind} is not in ${keys.join()}`);
  }
  const picture = Buffer.from(await (await call(server, 'GET', `${where}/thumbnails/${thumbnails[0].number}`)).arrayBuffer());
  expect(picture.subarray(0, 2).equals(Buffer.from([0xff, 0xd8])), 'a JPEG');
  const film = Buffer.from(await (await call(server, 'GET', `${where}/exports/0/media`)).arrayBuffer());
  expect(film.subarray(4, 8).toString() === 'ftyp' && film.includes('moov'), 'an MP4');
});

await test('a_seek_into_the_middle_takes_three_requests', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
  server = await new Server([ORIEL, 'serve', '-c', config]).ready; // which has read nothing yet
  const get = (range) => call(server, 'GET', `/${tours.west.id}/programme/0.webm`, undefined, { range });
  const before = await bucket.requests();
  const first = await get('bytes=0-99');
  await first.arrayBuffer();
  const between = await bucket.requests();
  const total = Number(first.headers.get('content-range').split('/')[1]);
  const middle = await get(`bytes=${total >> 1}-${(total >> 1) + 4095}`);
  expectEqual((await middle.arrayBuffer()).byteLength, 4096, 'bytes');
  const after = await bucket.requests();
  console.log(`# ${between - before} requests for the first bytes, ${after - between} for the middle`);
  expect(between - before <= 3 && after - between <= 3, 'more than three');
});

await test('all_of_it_verifies_and_an_outage_is_no_damage', async () => {
  const all = () => { const said = recordings('verify', '--all', '--json'); return { ...JSON.parse(said.stdout), status: said.status }; };
  const whole = all();
  expect(whole.status === 0 && whole.ok === 3 && whole.damaged === 0, JSON.stringify(whole));
  bucket.rgw('stop');
  const away = all();
  bucket.rgw('start');
  expect(away.status === 1 && away.ok === 0 && away.damaged === 0, JSON.stringify(away));
});

await test('one_object_of_the_bucket_lost_is_named', () => {
  const key = bucket.keys(prefixOf('west')).find((k) => k.endsWith('.seg'));
  const object = bucket.foreign('GET', `/tours/${key}`);
  bucket.foreign('DELETE', `/tours/${key}`);
  const said = recordings('verify', tours.west.id);
  const file = path.join(place, 'object');
  fs.writeFileSync(file, object);
  bucket.put(key, file);
  expect(said.status === 1 && said.stdout.includes(key.replace('oriel/', '')), said.stdout + said.stderr);
  const again = recordings('verify', tours.west.id);
  expectEqual(again.status, 0, again.stdout + again.stderr);
});

await test('a_backup_of_the_bucket_opens_with_the_keys_of_then', () => {
  const made = oriel('backup', '-c', config, backup);
  expectEqual(made.status, 0, made.stderr);
  attack = breakOpen(backup, path.join(dir, 'kek'));
});

/** Keys, wraps and names of a tour are in no file here, and the backup opens no more. */
function expectForgotten(tour, when) {
  const texts = textMarkers(TOURS[tour].title, TOURS[tour].agent);
  expectGone(dir, { ...markersOf(attack, tours[tour].id), ...texts }, when);
  const { opened } = openAll(`${backup}/objects`, rootKeys(wrapRows(`${state}/wraps.db`), path.join(dir, 'kek')));
  expectEqual(opened.filter((o) => o.recording === tours[tour].id).length, 0, `objects of the backup that open ${when}`);
  expect(opened.some((o) => o.recording === tours.west.id), 'those of another recording do');
}

const AWAY = [['north', 'stop', 'start'], ['south', 'freeze', 'thaw']];
for (const [tour, away, back] of AWAY) {
  await test(`a_shred_while_the_service_is_away_by_${away}_takes_the_keys_at_once`, async () => {
    const where = `/${tours[tour].id}`;
    const held = bucket.keys(prefixOf(tour)).length;
    expect(held > 5, `${held} objects`);
    bucket.rgw(away);
    try {
      const begun = Date.now();
      const answer = await call(server, 'DELETE', where);
      console.log(`# ${answer.status} after ${Date.now() - begun} ms`);
      expectEqual(answer.status, 202, 'status');
      expectForgotten(tour, 'while the service is away');
      expectEqual((await call(server, 'GET', `${where}/programme/0.webm`)).status, 404, 'playback');
      expectEqual((await (await call(server, 'GET', where)).json()).state, 'shredded', 'state');
    } finally {
      bucket.rgw(back);
    }
    expectEqual(bucket.keys(prefixOf(tour)).length, held, 'objects that are still there');
  });
}

// All that is owed is tried again at once, half a minute after the first of it.
for (const [tour, away] of AWAY) {
  await test(`what_it_held_while_it_was_away_by_${away}_is_removed_later`, async () => {
    await until(() => bucket.keys(prefixOf(tour)).length === 0, 'the objects to be removed', 120000);
    await until(() => server.log.some((l) => l.includes('shred_finished') && l.includes(tours[tour].id)), 'the line in the log');
    expectForgotten(tour, 'and afterwards');
    expectEqual((await call(server, 'DELETE', `/${tours[tour].id}`)).status, 204, 'said again');
  });
}

await test('a_hold_wins_and_a_sweep_leaves_what_it_does_not_know', async () => {
  expectEqual((await call(server, 'POST', `/${tours.west.id}/hold`, '{"reason":"a court asks"}')).status, 204, 'hold');
  expectEqual((await call(server, 'DELETE', `/${tours.west.id}`)).status, 409, 'held');
  const orphan = `oriel/recordings/${'ab'.repeat(16)}/journal/0.jnl`;
  bucket.put(orphan, config);
  const said = recordings('sweep');
  expect(said.status === 0 && /1 without a recording, 0 failed/.test(said.stdout) && said.stdout.includes('ab'.repeat(16)), said.stdout + said.stderr);
  expect(bucket.keys().includes(orphan), 'it stays');
  bucket.foreign('DELETE', `/tours/${orphan}`);
});

await test('nothing_is_left_in_the_bucket_nor_here_after_a_stop_and_the_rest_is_whole', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
  expectForgotten('north', 'after the stop');
  expectForgotten('south', 'after the stop');
  const keys = bucket.keys();
  expect(keys.every((k) => k === 'oriel/identity' || k.startsWith(prefixOf('west'))), keys.join());
  const said = JSON.parse(recordings('verify', '--all', '--json').stdout);
  expect(said.ok === 1 && said.shredded === 2 && said.damaged === 0, JSON.stringify(said));
});

await test('a_service_behind_tls_is_trusted_by_its_own_ca_and_by_no_other', async () => {
  const made = (name, host) => {
    const [key, cert] = ['key', 'cert'].map((what) => path.join(place, `${name}.${what}`));
    const run = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
      '-subj', '/CN=test', '-addext', `subjectAltName=IP:${host}`, '-keyout', key, '-out', cert], { encoding: 'utf8' });
    expectEqual(run.status, 0, run.stderr);
    return { key, cert };
  };
  const [right, other, elsewhere] = [made('right', '127.0.0.1'), made('other', '127.0.0.1'), made('elsewhere', '127.0.0.9')];
  /** TLS in front of the gateway, which sees what was signed. */
  const front = async (pair) => {
    const tls = createServer({ key: fs.readFileSync(pair.key), cert: fs.readFileSync(pair.cert) }, (inner) => {
      const outer = net.connect(bucket.port, '127.0.0.1');
      inner.pipe(outer).pipe(inner);
      inner.on('error', () => outer.destroy());
      outer.on('error', () => inner.destroy());
    });
    tls.on('tlsClientError', () => {});
    await new Promise((resolve) => tls.listen(0, '127.0.0.1', resolve));
    return tls;
  };
  const start = async (tls, ca) => {
    const at = tempDir();
    const file = await writeConfig(at, (c) => {
      bucket.configure(c.recording);
      Object.assign(c.recording.s3, { endpoint: `https://127.0.0.1:${tls.address().port}`, prefix: 'tls/', ca_file: ca });
    });
    const s = new Server([ORIEL, 'serve', '-c', file]);
    const said = await s.ready.then(() => '', (e) => e.message);
    const { code } = await s.stop();
    return { said, code };
  };
  const good = await front(right);
  for (const ca of ['', other.cert]) {
    const refused = await start(good, ca);
    expect(refused.code === 1 && /certificate/i.test(refused.said), `with ${ca}: ${JSON.stringify(refused)}`);
  }
  const wrong = await front(elsewhere);
  const named = await start(wrong, elsewhere.cert);
  expect(named.code === 1 && /certificate/i.test(named.said), `another host's: ${JSON.stringify(named)}`);
  expectEqual(bucket.keys('tls/').length, 0, 'objects');
  const taken = await start(good, right.cert);
  expect(taken.code === 0 && taken.said === '', JSON.stringify(taken));
  expectEqual(bucket.keys('tls/').join(), 'tls/identity', 'objects');
  good.close();
  wrong.close();
});

finish();
