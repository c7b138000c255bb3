// Nothing of what was shredded is left: real tours, shredded over REST and by the command, with the
// server running and stopped. Every file is searched for names, wraps, keys and plaintext, and whoever
// kept a backup of the store opens nothing of it with all the keys that are there.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { breakOpen, call, expectGone, markersOf, mint, recordTours, SECRET, textMarkers } from './lib/erasure.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { found } from './lib/search.mjs';
import { ORIEL, Server, freePort, tempDir, writeConfig } from './lib/server.mjs';
import { openAll, rootKeys, wrapRows } from './lib/unseal.mjs';

const TOURS = {
  north: { title: 'Zwetschgenhof', agent: 'Wilhelmina Featherstone' },
  south: { title: 'Quittengarten', agent: 'Gunhild Osterberg', buyer: 'Bartholomew Underhill' },
  west: { title: 'Mirabellenweg', agent: 'Philippa Quackenbush' },
};

const dir = path.join(tempDir(), 'var');
const backup = path.join(tempDir(), 'backup'); // elsewhere, as a backup should be
// Nobody is there to be told before it is all shredded, so that everything stays in the ledger of events.
const office = await freePort();
const officeSecret = path.join(tempDir(), 'office.secret');
fs.writeFileSync(officeSecret, `whsec_${crypto.randomBytes(32).toString('base64')}`, { mode: 0o600 });
const config = await writeConfig(path.dirname(dir), (c) => { // the titles are in it
  c.state_dir = dir;
  c.recording.dir = path.join(dir, 'recordings');
  c.recording.kek_file = path.join(dir, 'kek');
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours = Object.entries(TOURS).map(([name, { title }]) => ({ name, title, record: 'auto' }));
  c.derived = { thumbnail_every_s: 1 };
  c.events = { retry_s: 1, retry_max_s: 1, webhooks: [{ name: 'office', url: `http://127.0.0.1:${office}/`, secret_file: officeSecret }] };
  c.audit = { dir: path.join(path.dirname(dir), 'audit') }; // who ended a tour is in it, and stays
});
const state = path.join(dir, 'recordings');
const kek = path.join(dir, 'kek');
const oriel = (...args) => spawnSync(ORIEL, args, { encoding: 'utf8', timeout: 120000 });
const recordings = (...args) => oriel('recordings', '-c', config, ...args);
let server = await new Server([ORIEL, 'serve', '-c', config]).ready;
let tours;
let attack;
let person; // the buyer of south

/** What an attacker with the backup's objects and the keys of today opens of a recording. */
function opensNow(recording, subject) {
  const { tried, opened } = openAll(`${backup}/objects`, rootKeys(wrapRows(`${state}/wraps.db`), kek));
  expect(tried > 10, `${tried} objects in the backup`);
  return opened.filter((o) => o.recording === recording && (!subject || o.subject === subject)).length;
}

await test('three_tours_are_recorded', async () => {
  const browser = await launchChromium({ flags: [SLOW_CAMERA] });
  tours = await recordTours(server, browser, TOURS);
  await browser.close();
  const pictures = await until(async () => {
    const said = await (await call(server, 'GET', `/${tours.north.id}/thumbnails`)).json();
    return said.state === 'ready' && said;
  }, 'thumbnails', 60000);
  expect(pictures.thumbnails.length > 0, JSON.stringify(pictures));
});

const asPlatform = { authorization: `Bearer ${mint({ role: 'service', tour: undefined, scope: 'tours:read tours:write' })}` };

await test('who_has_a_backup_and_its_keys_reads_everything', async () => {
  const kept = await fetch(new URL('/v1/tours', server.urls.agent),
    { method: 'POST', headers: { ...asPlatform, 'content-type': 'application/json' }, body: '{"name":"attic"}' });
  expectEqual(kept.status, 201, 'a tour of the API');
  const made = oriel('backup', '-c', config, backup);
  expectEqual(made.status, 0, made.stderr);
  attack = breakOpen(backup, kek);
  const journal = attack.opened.filter((o) => o.recording === tours.south.id && o.type === 2);
  const lines = Buffer.concat(journal.map((o) => o.plain)).toString().trim().split('\n').map((l) => JSON.parse(l));
  expectEqual(lines[0].type, 'start', 'the first line');
  // Whose tracks there are: two people, each with a key of their own, and the programme.
  const owners = [...new Set(lines.filter((l) => l.type === 'track' && l.kind !== 'none').map((l) => l.participant))];
  expect(owners.length === 2 && Object.keys(attack.keys[tours.south.id]).length === 3, `owners ${owners}`);
  for (const owner of owners) {
    expect(attack.opened.some((o) => o.recording === tours.south.id && o.subject === owner && o.type === 1), `media of ${owner}`);
  }
  console.log(`# ${attack.opened.length} objects opened by another reader`);
});

await test('keys_and_plaintext_are_in_no_file_before_and_names_where_they_are_asked_for', async () => {
  for (const [tour, { title, agent }] of Object.entries(TOURS)) {
    const hits = found(dir, markersOf(attack, tours[tour].id));
    expect(hits.length > 0 && hits.every((h) => /^wrap of .* in recordings\/wraps\.db(-wal)?$/.test(h)), hits.slice(0, 5).join('; '));
    for (const text of [title, agent]) {
      const files = found(dir, textMarkers(text)).join('; ');
      expect(/recordings\/catalogue\.db/.test(files) && /events\.db/.test(files), `${text} in ${files}`);
    }
  }
  const media = Buffer.from(await (await call(server, 'GET', `/${tours.north.id}/programme/0.webm`)).arrayBuffer());
  expect(media.length > 10000, `${media.length} bytes`);
  // What is played is what was opened, so that the search is for the right bytes.
  const plain = attack.opened.find((o) => o.recording === tours.north.id && /programme\/0-0/.test(o.name)).plain;
  expect(media.includes(plain.subarray(100, 1100)), 'the first segment');
});

await test('orders_are_for_ops_of_all_tours', async () => {
  const id = tours.north.id;
  const as = (claims, method, where, body) => fetch(new URL(`/v1/recordings/${where}`, server.urls.agent),
    { method, body, headers: claims ? { authorization: `Bearer ${mint(claims)}` } : {} });
  for (const where of [id, `${id}/hold`, `${id}/participants/${'1'.repeat(16)}`]) {
    expectEqual((await as(null, 'DELETE', where)).status, 401, 'nobody');
    expectEqual((await as({ role: 'agent', tour: 'north' }, 'DELETE', where)).status, 403, 'an agent');
    expectEqual((await as({ role: 'ops', tour: 'north' }, 'DELETE', where)).status, 403, 'ops of a tour');
  }
  expectEqual((await as({ role: 'ops', tour: 'north' }, 'POST', `${id}/hold`, '{"reason":"x"}')).status, 403, 'ops of a tour');
  for (const [method, where, body, status] of [['DELETE', `/${'0'.repeat(32)}`, undefined, 404], ['DELETE', '/zz', undefined, 404],
    ['DELETE', `/${id}/participants/xyz`, undefined, 404], ['DELETE', `/${id}/participants/${'0'.repeat(16)}`, undefined, 404],
    ['DELETE', `/${id}/participants/${'1'.repeat(16)}`, undefined, 404], ['DELETE', `/${id}/hold`, undefined, 404],
    ['POST', `/${id}/hold`, undefined, 400], ['POST', `/${id}/hold`, '{"reason":""}', 400], ['POST', `/${id}/hold`, '{"why":"x"}', 400],
    ['POST', `/${id}/hold`, '[1', 400], ['POST', `/${id}/hold`, JSON.stringify({ reason: 'x'.repeat(129) }), 400],
    ['POST', `/${'0'.repeat(32)}/hold`, '{"reason":"x"}', 404], ['PATCH', `/${id}/hold`, undefined, 405]]) {
    expectEqual((await call(server, method, where, body)).status, status, `${method} ${where} ${body}`);
  }
  expectEqual(opensNow(id), attack.opened.filter((o) => o.recording === id).length, 'objects that open still');
});

await test('a_hold_wins_over_rest_and_command', async () => {
  const where = `/${tours.west.id}`;
  expectEqual(JSON.stringify(await (await call(server, 'GET', `${where}/hold`)).json()), '{"held":false}', 'at first');
  expectEqual((await call(server, 'POST', `${where}/hold`, '{"reason":"a court asks"}')).status, 204, 'hold');
  const held = await (await call(server, 'GET', `${where}/hold`)).json();
  expect(held.held && held.by === 'olga' && held.reason === 'a court asks' && Date.parse(held.since) > Date.now() - 60000, JSON.stringify(held));
  const refused = await call(server, 'DELETE', where);
  expectEqual(refused.status, 409, 'status');
  expectEqual((await refused.json()).code, 'recording_held', 'code');
  const said = recordings('shred', tours.west.id);
  expect(said.status === 1 && said.stderr.includes('held'), said.stderr);
});

await test('a_recording_shredded_over_rest_is_in_no_file_of_a_running_server', async () => {
  const markers = { ...markersOf(attack, tours.north.id), ...textMarkers(TOURS.north.title, TOURS.north.agent) };
  expectEqual((await call(server, 'DELETE', `/${tours.north.id}`)).status, 204, 'status');
  expectGone(dir, markers, 'while the server runs');
  expectEqual(opensNow(tours.north.id), 0, 'objects of the backup that open');
  expectEqual((await call(server, 'GET', `/${tours.north.id}/programme/0.webm`)).status, 404, 'playback');
  const details = await (await call(server, 'GET', `/${tours.north.id}`)).json();
  expectEqual(details.state, 'shredded', 'state');
  expectEqual((await call(server, 'DELETE', `/${tours.north.id}`)).status, 204, 'said twice');
});

await test('a_person_shredded_over_rest_is_in_no_file_and_the_others_are_there', async () => {
  const { events, tracks } = await (await call(server, 'GET', `/${tours.south.id}`)).json();
  person = events.find((e) => e.type === 'participant' && e.name === TOURS.south.buyer).participant;
  const own = markersOf(attack, tours.south.id, person);
  expect(Object.keys(own).length > 10, `${Object.keys(own).length} markers of ${person}`);
  const others = opensNow(tours.south.id) - opensNow(tours.south.id, person);
  expectEqual((await call(server, 'DELETE', `/${tours.south.id}/participants/${person}`)).status, 204, 'status');
  expectGone(dir, { ...own, ...textMarkers(TOURS.south.buyer) }, 'while the server runs');
  expectEqual(opensNow(tours.south.id, person), 0, 'objects of the backup that open');
  expectEqual(opensNow(tours.south.id), others, 'objects of others');
  const agents = tracks.filter((t) => t.participant === TOURS.south.agent);
  expect(agents.length >= 2, JSON.stringify(tracks));
  for (const t of [{ id: 'programme' }, ...agents]) {
    expectEqual((await call(server, 'GET', `/${tours.south.id}/${t.id}/0.webm`)).status, 200, t.id);
  }
});

const MOMENT = { from_ms: 0, to_ms: 100, reason: 'an account number was read out' };
const redact = (id, body, headers) => call(server, 'POST', `/${id}/redactions`, JSON.stringify(body), { 'content-type': 'application/json', ...headers });

await test('a_redaction_is_refused_in_words_of_its_own', async () => {
  const { id } = tours.south;
  const other = '9'.repeat(32);
  for (const [where, body, status, code] of [[tours.west.id, { ...MOMENT, tracks: ['programme'] }, 409, 'recording_held'],
    [tours.north.id, { ...MOMENT, tracks: ['programme'] }, 404, 'recording_unknown'], ['0'.repeat(32), { ...MOMENT, tracks: ['programme'] }, 404, 'recording_unknown'],
    [id, { ...MOMENT, tracks: ['programme', other] }, 404, 'track_unknown'], [id, { ...MOMENT, tracks: [] }, 400, 'bad_field'],
    [id, { ...MOMENT, tracks: ['zz'] }, 400, 'bad_field'], [id, { ...MOMENT, tracks: ['programme'], reason: '' }, 400, 'bad_field'],
    [id, { tracks: ['programme'], from_ms: 0, to_ms: 100 }, 400, 'bad_field'], [id, { ...MOMENT, tracks: ['programme'], to_ms: 0 }, 400, 'bad_field'],
    [id, { ...MOMENT, tracks: ['programme'], from_ms: 900000, to_ms: 900001 }, 409, 'span_empty']]) {
    const refused = await redact(where, body);
    const said = await refused.json();
    expectEqual(`${refused.status} ${said.code}`, `${status} ${code}`, JSON.stringify(body));
  }
  const stranger = await redact(id, { ...MOMENT, tracks: ['programme'] }, { authorization: `Bearer ${mint({ role: 'ops', tour: 'south' })}` });
  expectEqual(stranger.status, 403, 'ops of a tour');
  expectEqual((await (await call(server, 'GET', `/${id}`)).json()).redacted, undefined, 'nothing is gone');
});

await test('a_moment_redacted_over_rest_is_gone_from_its_track_alone', async () => {
  const { id } = tours.south;
  const order = { ...MOMENT, tracks: ['programme'], reason: 'somebody’s name was said' };
  const before = opensNow(id);
  const bytes = async (track) => Number((await call(server, 'HEAD', `/${id}/${track}/0.webm`)).headers.get('content-length'));
  const own = (await (await call(server, 'GET', `/${id}`)).json()).tracks.find((t) => t.kind === 'camera' && !t.erased).id;
  const sizes = [await bytes('programme'), await bytes(own)];
  expectEqual((await redact(id, order)).status, 204, 'status');
  const { redacted } = await (await call(server, 'GET', `/${id}`)).json();
  expect(redacted.length === 1 && redacted[0].track === 'programme' && redacted[0].to_ms > order.to_ms, JSON.stringify(redacted));
  const { segments } = await (await call(server, 'GET', `/${id}/programme/0/segments`)).json();
  expect(segments[0].erased && segments.slice(1).every((s) => !s.erased), JSON.stringify(segments));
  expectEqual((await call(server, 'GET', `/${id}/programme/0/segments/${segments[0].number}`)).status, 410, 'the segment');
  expect(await bytes('programme') < sizes[0], 'the programme is shorter');
  expectEqual(await bytes(own), sizes[1], 'a camera');
  expectEqual((await redact(id, order)).status, 204, 'said twice');
  expect(opensNow(id) < before, 'the backup does not open it with the keys of today');
  const proof = recordings('verify', id);
  expectEqual(proof.status, 0, proof.stdout + proof.stderr);
  const records = oriel('audit', '-c', config, 'list', '--recording', id, '--json');
  const said = records.stdout.trim().split('\n').map((line) => JSON.parse(line)).filter((r) => r.detail?.includes(order.reason));
  expectEqual(said.map((r) => `${r.what} ${r.outcome}`).join(), Array(2).fill('recording.shred_order done,recording.redact done').join(), 'first the order');
  expectEqual(said[0].detail, `programme, 0.000 to 0.100 s: ${order.reason}`, 'what was ordered');
});

await test('a_recording_shredded_by_the_command_is_in_no_file_of_a_running_server', async () => {
  const markers = { ...markersOf(attack, tours.south.id), ...textMarkers(TOURS.south.title, TOURS.south.agent, TOURS.south.buyer) };
  const said = recordings('shred', tours.south.id);
  expectEqual(said.status, 0, said.stderr);
  expectGone(dir, markers, 'while the server runs');
  expectEqual(opensNow(tours.south.id), 0, 'objects of the backup that open');
});

await test('who_is_told_of_it_later_is_told_no_names_and_that_they_are_erased', async () => {
  const told = [];
  const receiver = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      told.push(JSON.parse(Buffer.concat(parts)));
      response.writeHead(204).end();
    });
  }).listen(office, '127.0.0.1');
  const of = (type) => told.filter((e) => e.eventType === type);
  await until(() => of('recording.erased').length === 2, 'what is told', 20000);
  const [gone] = of('participant.erased');
  expectEqual(`${gone.data.recording} ${gone.data.recorded_as}`, `${tours.south.id} ${person}`, 'who is erased');
  const begun = of('recording.started').find((e) => e.data.recording === tours.south.id);
  expectEqual(gone.metadata.sessionId, begun.metadata.sessionId, 'the run');
  const joined = of('participant.joined').filter((e) => e.metadata.sessionId === gone.metadata.sessionId);
  expectEqual(joined.map((e) => Object.keys(e.data).join()).join(' '), 'tour,seq,erased tour,seq,erased', 'who joined');
  const text = JSON.stringify(told);
  for (const [name, word] of Object.entries(textMarkers(TOURS.south.agent, TOURS.south.buyer, TOURS.north.agent, TOURS.north.title))) {
    expect(!text.includes(word.toString()), `${name} is told`);
  }
  expect(text.includes(TOURS.west.agent), 'who was not erased');
  for (const tour of Object.keys(TOURS)) {
    const seqs = told.filter((e) => e.data.tour === tour).map((e) => e.data.seq);
    expectEqual(seqs.join(), seqs.map((_, i) => i + 1).join(), `numbers in ${tour}`);
  }
  receiver.closeAllConnections();
  receiver.close();
});

/** All that was shredded, after everything else that may write it again. */
function expectAllGone(when) {
  const texts = textMarkers(TOURS.north.title, TOURS.north.agent, TOURS.south.title, TOURS.south.agent, TOURS.south.buyer);
  expectGone(dir, { ...markersOf(attack, tours.north.id), ...markersOf(attack, tours.south.id), ...texts }, when);
  expectEqual(opensNow(tours.north.id) + opensNow(tours.south.id), 0, `objects that open ${when}`);
}

await test('nor_when_it_was_stopped_and_started_again_and_made_its_catalogue_anew', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
  expectAllGone('after the stop');
  fs.rmSync(path.join(state, 'catalogue.db'));
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  await until(async () => (await server.metric('oriel_recorder_unfinished')) === 0, 'recovery');
  expectAllGone('with a catalogue made anew');
  const swept = recordings('sweep');
  expectEqual(swept.status, 0, swept.stdout + swept.stderr);
  expectAllGone('after a sweep');
});

await test('what_was_held_is_whole', async () => {
  const media = Buffer.from(await (await call(server, 'GET', `/${tours.west.id}/programme/0.webm`)).arrayBuffer());
  const plain = attack.opened.find((o) => o.recording === tours.west.id && /programme\/0-0/.test(o.name)).plain;
  expect(media.includes(plain.subarray(100, 1100)), 'it plays');
  expect(found(dir, textMarkers(TOURS.west.agent)).length > 0, 'its name is known');
  const said = recordings('verify', '--all', '--json');
  const { recordings: all, ...counts } = JSON.parse(said.stdout);
  expectEqual(all.find((r) => r.id === tours.west.id)?.result, 'ok', said.stdout);
  expectEqual(counts.damaged, 0, said.stdout);
  expectEqual(said.status, 0, `exit status of verify --all: ${said.stdout}`);
});

await test('a_backup_that_is_brought_back_shreds_again', async () => {
  const elsewhere = tempDir();
  const other = await writeConfig(elsewhere, (c) => {
    c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  });
  fs.copyFileSync(kek, path.join(elsewhere, 'kek'));
  fs.chmodSync(path.join(elsewhere, 'kek'), 0o600);
  expectEqual((await server.stop()).code, 0, 'exit status');
  const restored = oriel('restore', '-c', other, '--shredded', path.join(state, 'wraps.db'), backup);
  expectEqual(restored.status, 0, restored.stderr);
  const texts = textMarkers(TOURS.north.title, TOURS.north.agent, TOURS.south.title, TOURS.south.agent, TOURS.south.buyer);
  expectGone(elsewhere, { ...markersOf(attack, tours.north.id), ...markersOf(attack, tours.south.id), ...texts }, 'in what was brought back');
  const said = oriel('recordings', '-c', other, 'verify', tours.west.id);
  expectEqual(said.status, 0, said.stdout + said.stderr);
  const files = found(elsewhere, textMarkers(TOURS.west.agent)).join('; ');
  expect(/ in events\.db/.test(files), `the ledger of events: ${files}`);
  const back = await new Server([ORIEL, 'serve', '-c', other]).ready;
  expectEqual((await fetch(new URL('/v1/tours/attic', back.urls.agent), { headers: asPlatform })).status, 200, 'the tour of the API');
  expectEqual((await back.stop()).code, 0, 'exit status');
  const twice = oriel('restore', '-c', other, backup);
  expect(twice.status === 1 && /something already/.test(twice.stderr), twice.stderr);
});


finish();
