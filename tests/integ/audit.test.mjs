// The audit log: one evening of looks, an export, deletions, moderation and bad tokens, over the API, a
// WebSocket and the command line; all of it is in the log, which is sound, also after the server was
// killed, and one changed byte is found.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { hears } from './lib/seat.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'audit-audit-audit-audit-audit-audit';
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');
const mint = minter(SECRET);
const dir = tempDir();
const config = await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours = [{ name: 'demo', title: 'Demo', record: 'auto' }];
  c.timeouts = { join_s: 60 }; // media never come
  c.log = { shorten_addresses: false };
  c.audit = { checkpoint_s: 1, mandatory: true };
});
const log = path.join(dir, 'audit');
const oriel = (...args) => spawnSync(ORIEL, args, { encoding: 'utf8', timeout: 60000 });
const audit = (...args) => oriel('audit', '-c', config, ...args);
let server = await new Server([ORIEL, 'serve', '-c', config]).ready;

/** The records that match, without those of the log itself. */
function records(...filters) {
  const said = audit('list', '--json', ...filters);
  expectEqual(said.status, 0, said.stderr);
  return said.stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l)).filter((r) => r.what === 'audit.list' || !r.what.startsWith('audit.'));
}

/** Waits until the log has one of this kind, and gives the last. */
const recorded = (what, ...filters) => until(() => records('--what', what, ...filters).at(-1), what);

const call = (method, where, { token, body } = {}) => fetch(new URL(`/v1${where}`, server.urls.agent), {
  method, body, headers: { authorization: `Bearer ${token ?? mint({ role: 'ops', sub: 'olga', name: 'Olga', tour: undefined })}` },
});

/** What is answered to a request, whatever else is told meanwhile. */
async function ask(client, message) {
  client.send(JSON.stringify(message));
  for (;;) {
    const told = await client.next();
    if (told.re === message.id) {
      return told;
    }
  }
}

async function join(role, name) {
  const client = await WsClient.open(new URL(server.urls.agent).origin);
  const joined = await ask(client, { type: 'join', id: 1, token: mint({ role, sub: name.toLowerCase(), name }), offer: OFFER,
    sources: [{ mid: '0', kind: 'microphone' }], slots: [{ mid: '3', kind: 'stage' }], consent: { recording: true, version: '1' } });
  expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 200));
  return client;
}

let recording;

await test('hosts_moderate', async () => {
  const ann = await join('agent', 'Ann');
  await hears(ann, 'on', 20000);
  const bob = await join('buyer', 'Bob');
  expectEqual((await ask(bob, { type: 'remove', id: 2, participant: 'p1' })).code, 'forbidden');
  expectEqual((await ask(ann, { type: 'mute', id: 2, participant: 'p2', kind: 'microphone', muted: true })).type, 'ok');
  const platform = mint({ role: 'service', sub: 'platform', scope: 'participants:write' });
  for (const [where, body] of [['/participants/p2/mute', { kind: 'camera' }], ['/participants/p2/allow', { can: { chat: false } }],
    ['/mute', { except: ['p2'], kind: 'screen' }], ['/allow', { participants: ['p2'], can: { screen: 'receive' } }],
    ['/spotlight', { participant: 'p2' }], ['/recording', { paused: true }]]) {
    const answer = await fetch(new URL(`/v1/tours/demo${where}`, server.urls.agent), { method: 'POST', body: JSON.stringify(body),
      headers: { authorization: `Bearer ${platform}`, 'content-type': 'application/json' } });
    expectEqual(answer.status, 204, where);
  }
  await ask(ann, { type: 'record', id: 4, on: true });
  expectEqual((await ask(ann, { type: 'remove', id: 3, participant: 'p2' })).type, 'ok');
  await bob.closed;
  const invited = await ask(ann, { type: 'invite', id: 5, name: 'Bea' });
  const bea = await WsClient.open(new URL(server.urls.agent).origin); // by the link of a host
  const { you, tour } = await ask(bea, { type: 'hello', id: 1, token: new URL(invited.url).hash.slice(1) });
  expectEqual(JSON.stringify([you, tour.name]), JSON.stringify([{ name: 'Bea', role: 'buyer', sub: invited.sub }, 'demo']), 'who was invited');
  await ask(ann, { type: 'end', id: 9 });
  await ann.closed;
  const by = { role: 'agent', sub: 'ann', name: 'Ann', tour: 'demo', address: '127.0.0.1' };
  for (const [what, more] of [['participant.mute', { participant: 'p2', whom: 'bob', outcome: 'done', detail: 'kind=microphone muted=true' }],
    ['participant.remove', { participant: 'p2', whom: 'bob', outcome: 'done' }], ['tour.end', { outcome: 'done' }]]) {
    const r = await recorded(what, '--outcome', 'done', '--who', 'ann');
    for (const [key, value] of Object.entries({ ...by, ...more })) {
      expectEqual(r[key], value, `${key} of ${JSON.stringify(r)}`);
    }
  }
  expectEqual((await recorded('invite.create')).detail, `name=Bea sub=${invited.sub}`, 'who was invited, in the log');
  const ordered = await until(() => {
    const all = records('--who', 'platform');
    return all.length === 6 && all;
  }, 'what the platform did');
  expectEqual(ordered.map((r) => `${r.what} ${r.participant ?? '-'} ${r.whom ?? '-'} ${r.detail}`).join('\n'), [
    'participant.mute p2 bob kind=camera', 'participant.allow p2 bob can={"chat":false}', 'tour.mute_all - - kind=screen except=["p2"]',
    'participant.allow - - can={"screen":"receive"} participants=["p2"]', 'tour.spotlight p2 bob on=true',
    'tour.record - - on=true paused=true'].join('\n'));
  const refused = await recorded('participant.remove', '--outcome', 'refused');
  expect(refused.code === 'forbidden' && refused.sub === 'bob' && refused.whom === 'ann', JSON.stringify(refused));
});

await test('who_looks_exports_and_deletes_is_recorded', async () => {
  recording = await until(async () => {
    const { recordings: [r] } = await (await call('GET', '/recordings')).json();
    return r?.state === 'complete' && r.id;
  }, 'a complete recording');
  const where = `/recordings/${recording}`;
  expectEqual((await call('GET', where)).status, 200, 'details');
  expectEqual((await call('POST', `${where}/playback`)).status, 200, 'a ticket');
  const media = await call('GET', `${where}/programme/0.webm`); // nobody has sent anything: it is asked for all the same
  await media.arrayBuffer();
  const order = await call('POST', `${where}/exports`);
  expectEqual((await call('POST', `${where}/hold`, { body: '{"reason":"a court asks"}' })).status, 204, 'hold');
  expectEqual((await call('DELETE', where)).status, 409, 'held');
  expectEqual((await call('DELETE', `${where}/hold`)).status, 204, 'release');
  const agent = await call('DELETE', where, { token: mint({ role: 'agent', sub: 'ann' }) });
  expectEqual(agent.status, 403, 'an agent');
  const said = oriel('recordings', '-c', config, 'hold', recording, 'by the command');
  expectEqual(said.status, 0, said.stderr);
  expectEqual(oriel('recordings', '-c', config, 'release', recording).status, 0, 'release');
  expectEqual((await call('DELETE', where)).status, 204, 'shred');
  const by = { sub: 'olga', role: 'ops', name: 'Olga' };
  for (const [what, code] of [['recordings.list'], ['recording.get'], ['recording.ticket'],
    ['recording.play', media.ok ? undefined : 'not_found'], ['export.order', order.ok ? undefined : 'refused']]) {
    const r = await recorded(what);
    expect(r.sub === by.sub && r.role === by.role && r.name === by.name && r.trace?.length === 32, JSON.stringify(r));
    expectEqual(r.outcome, code ? 'refused' : 'done', JSON.stringify(r));
    expect(what === 'recordings.list' || r.recording === recording, JSON.stringify(r));
  }
  expectEqual((await call('GET', '/events')).status, 404, 'nobody is told of events');
  expectEqual((await call('POST', '/events/receivers/crm/dead/retry')).status, 404, 'nor again');
  for (const [what, detail] of [['events.list', undefined], ['events.retry', 'crm']]) {
    const r = await recorded(what);
    expectEqual(`${r.sub} ${r.code} ${r.detail}`, `olga events_off ${detail}`, JSON.stringify(r));
  }
  const shreds = await until(() => {
    const all = records('--what', 'recording.shred', '--recording', recording);
    return all.length >= 3 && all;
  }, 'three orders to shred');
  expectEqual(shreds.map((r) => `${r.sub} ${r.code ?? r.outcome}`).join(', '), 'olga recording_held, ann forbidden, olga done');
  const ordered = records('--what', 'recording.shred_order', '--recording', recording).at(-1);
  expect(ordered.sub === 'olga' && ordered.n < shreds.at(-1).n, JSON.stringify(ordered));
  const holds = records('--what', 'recording.hold');
  expectEqual(holds.map((r) => r.role).join(), 'ops,operator', JSON.stringify(holds));
  expect(holds[1].detail.includes('by the command'), JSON.stringify(holds[1]));
});

await test('who_has_a_recording_sees_who_has_seen_it', async () => {
  const access = async (query = '', claims) => {
    const answer = await call('GET', `/recordings/${recording}/access${query}`, claims && { token: mint(claims) });
    return { status: answer.status, ...await answer.json() };
  };
  const all = await access();
  expectEqual(all.status, 200, JSON.stringify(all));
  const told = all.records.map((r) => `${r.what} ${r.sub} ${r.code ?? r.outcome}`);
  for (const line of ['recording.shred olga done', 'recording.shred ann forbidden', 'recording.get olga done', 'recording.hold olga done']) {
    expect(told.includes(line), `${line} is not in ${told.join(', ')}`);
  }
  expect(all.records.every((r, i) => r.recording === recording && !r.address && !r.trace && (i === 0 || r.n < all.records[i - 1].n)), JSON.stringify(all.records));
  const first = await access('?limit=2');
  const then = await access(`?limit=2&after=${first.next}`);
  expectEqual([...first.records, ...then.records].length, 4, 'two pages');
  expect(then.records[0].n < first.records[1].n, 'the older behind the newer');
  expectEqual((await access('', { role: 'ops', sub: 'otto', tour: 'another' })).code, 'token_tour', 'of another tour');
  expectEqual((await access('', { role: 'service', sub: 'siem', tour: undefined, scope: 'audit:read' })).code, 'scope_missing', 'whose scope is another');
  expectEqual((await access('?limit=0')).code, 'bad_field', 'no page');
  expectEqual((await call('GET', `/recordings/${'0'.repeat(32)}/access`)).status, 404, 'no such recording');
  const look = await recorded('recording.access', '--outcome', 'done');
  expectEqual(`${look.sub} ${look.recording}`, `olga ${recording}`, 'that it was looked at');
});

await test('refused_tokens_are_counted_and_fill_nothing', async () => {
  for (let i = 0; i < 12; i++) {
    expectEqual((await call('GET', '/recordings', { token: `${mint({ role: 'ops' })}x` })).status, 401, 'a bad token');
  }
  const r = await recorded('token.refuse');
  expect(r.code.startsWith('token_') && r.address === '127.0.0.1' && !r.sub, JSON.stringify(r));
  expect(records('--what', 'token.refuse').length <= 2, 'one record, and perhaps a count');
});

await test('a_program_reads_the_log_page_by_page', async () => {
  const reads = (claims = {}) => mint({ role: 'service', sub: 'siem', tour: undefined, scope: 'audit:read', ...claims });
  const page = async (query, claims) => (await call('GET', `/audit?${query}`, { token: reads(claims) })).json();
  const numbers = async (order, limit) => {
    const all = [];
    for (let next = '', pages = 0; next !== null && pages < 500; pages++) {
      const got = await page(`order=${order}&limit=${limit}${next && `&after=${next}`}`);
      expect(got.records.length <= limit && got.damaged === false, JSON.stringify(got).slice(0, 300));
      all.push(...got.records.map((r) => r.n));
      next = got.next;
    }
    return all;
  };
  const oldest = await numbers('oldest', 7);
  expectEqual(oldest.join(), oldest.map((_, i) => i + 1).join(), 'each once, in order, from the first on');
  const newest = await numbers('newest', 7);
  expectEqual(newest.slice(-oldest.length).join(), oldest.toReversed().join(), 'and the other way');
  const { records: shreds, end } = await page(`what=recording.shred&recording=${recording}&order=oldest`);
  expectEqual(JSON.stringify(shreds), JSON.stringify(records('--what', 'recording.shred', '--recording', recording)), 'as the command has it');
  expectEqual((await page(`after=${end}&order=oldest&what=recording.`)).records.length, 0, 'nothing came since');
  expect((await page('who=ann&outcome=refused')).records.every((r) => r.sub === 'ann' || r.whom === 'ann'), 'of one person');
  const tour = await page('limit=500', { tour: 'demo' });
  expect(tour.records.length > 2 && tour.records.every((r) => r.tour === 'demo'), JSON.stringify(tour.records.map((r) => r.tour)));
  const status = async (query, token) => (await call('GET', `/audit${query}`, { token })).status;
  expectEqual(await status(''), 403, 'it is about ops, and not for them');
  expectEqual(await status('', reads({ scope: 'recordings:read' })), 403, 'without the scope');
  expectEqual(await status('?tour=other', reads({ tour: 'demo' })), 403, 'of another tour');
  expectEqual(await status('?after=1-', reads()), 400, 'a cursor that is none');
  expectEqual(await status('?after=1-5&order=oldest', reads()), 200, 'one that was made up');
  const look = await recorded('audit.list', '--outcome', 'done', '--who', 'siem');
  expect(look.sub === 'siem' && look.role === 'service', JSON.stringify(look));
  const one = await until(() => records('--what', 'audit.list').find((r) => r.detail?.includes(recording)), 'what was looked for');
  expectEqual(one.detail, `what=recording.shred recording=${recording}`);
});

/** Objects of a recording that are stored. */
const stored = (id) => fs.readdirSync(path.join(dir, 'recordings/objects/recordings', id), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).length;

await test('what_cannot_be_recorded_is_not_erased', async () => {
  const ann = await join('agent', 'Ann');
  await hears(ann, 'on', 20000);
  await ask(ann, { type: 'end', id: 9 });
  await ann.closed;
  const kept = await until(async () => {
    const { recordings: [r] } = await (await call('GET', '/recordings')).json();
    return r?.state === 'complete' && r.id;
  }, 'a complete recording');
  const all = stored(kept);
  expect(all > 0, 'it has objects');
  const refused = async (text) => {
    const answer = await call('DELETE', `/recordings/${kept}`);
    expectEqual(answer.status, 503, text);
    expectEqual((await answer.json()).code, 'audit_unavailable', text);
    expectEqual(stored(kept), all, `objects, ${text}`);
  };
  fs.renameSync(log, `${log}.away`); // a disk that fails
  await refused('when nobody knows it yet: the order waits for the disk');
  await refused('when it is known');
  expectEqual((await (await fetch(new URL('/ready', server.urls.agent))).json()).checks.audit, 'acts cannot be recorded');
  fs.renameSync(`${log}.away`, log);
  // No file may grow: not the log, and nothing else is touched.
  const shred = ['recordings', '-c', config, 'shred', kept];
  const full = spawnSync('bash', ['-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'bash', ORIEL, ...shred], { encoding: 'utf8', timeout: 60000 });
  expect(full.status === 1 && full.stderr.includes('this is not recorded'), full.stdout + full.stderr);
  expectEqual(stored(kept), all, 'objects, by command');
  const done = await until(async () => {
    const answer = await call('DELETE', `/recordings/${kept}`);
    return answer.status !== 503 && answer;
  }, 'an answer');
  expectEqual(done.status, 204, 'shred');
  expectEqual(stored(kept), 0, 'objects');
  expectEqual(oriel(...shred).status, 0, 'once more, by command');
  const said = await until(() => {
    const list = records('--recording', kept).filter((r) => r.what.startsWith('recording.shred'));
    return list.filter((r) => r.outcome === 'done' && r.what === 'recording.shred').length === 2 && list;
  }, 'both shreds');
  const words = said.map((r) => `${r.role} ${r.what} ${r.code ?? r.outcome}`);
  expect(words.includes('ops recording.shred audit_unavailable'), words.join());
  expectEqual(words.slice(-4).join(), ['ops', 'operator'].map((who) => `${who} recording.shred_order done,${who} recording.shred done`).join(), 'first the order');
});

await test('what_cannot_be_recorded_is_refused_until_it_can', async () => {
  const status = async () => (await (await fetch(new URL('/ready', server.urls.agent))).json()).checks.audit;
  expectEqual(await status(), 'ok');
  fs.renameSync(log, `${log}.away`); // a disk that fails
  await call('GET', `/recordings/${'f'.repeat(32)}`); // what is only counted needs no disk
  await until(async () => {
    const answer = await call('GET', `/recordings/${recording}`);
    return answer.status === 503 && (await answer.json()).code === 'audit_unavailable';
  }, 'a refusal');
  expectEqual(await status(), 'acts cannot be recorded');
  expectEqual((await call('GET', '/tours')).status, 200, 'what is no look at a recording goes on');
  fs.renameSync(`${log}.away`, log);
  await until(async () => (await call('GET', `/recordings/${recording}`)).status === 200, 'an answer');
  const refused = await recorded('recording.get', '--outcome', 'refused');
  expect(refused.code === 'audit_unavailable' && refused.sub === 'olga', JSON.stringify(refused));
  expectEqual(await server.metric('oriel_audit_lost_total'), 0, 'lost');
});

await test('a_server_that_is_killed_leaves_a_sound_log', async () => {
  await server.stop('SIGKILL');
  const file = fs.readdirSync(log).filter((f) => f.endsWith('.jsonl')).sort().at(-1);
  fs.appendFileSync(path.join(log, file), '{"n":99,"at":"20'); // as a crash in the middle of a write
  const torn = audit('verify');
  expect(torn.status === 1 && torn.stdout.includes('(torn)'), torn.stdout);
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  const said = audit('list', '--what', 'audit.repair');
  expect(said.stdout.includes('16 bytes of a torn line'), said.stdout);
  expectEqual((await server.stop()).code, 0, 'exit status');
  const verdict = JSON.parse(audit('verify', '--json').stdout);
  expect(verdict.result === 'sound' && verdict.signed_upto === verdict.last && verdict.signatures >= 2, JSON.stringify(verdict));
  expectEqual(records('--what', 'server.').map((r) => r.what).join(), 'server.start,server.start,server.stop');
});

await test('a_changed_byte_and_a_missing_end_are_found', () => {
  const file = path.join(log, fs.readdirSync(log).filter((f) => f.endsWith('.jsonl')).sort().at(-1));
  const whole = fs.readFileSync(file);
  const { last, hash } = JSON.parse(audit('verify', '--json').stdout);
  const changed = Buffer.from(whole.toString().replace('"olga"', '"vera"'));
  fs.writeFileSync(file, changed);
  const said = audit('verify');
  expect(said.status === 1 && said.stdout.includes('(changed)') && /line \d+/.test(said.stdout), said.stdout);
  const lines = whole.toString().trimEnd().split('\n');
  fs.writeFileSync(file, `${lines.slice(0, -3).join('\n')}\n`);
  expect(audit('verify').stdout.includes('(cut_off)'), 'without its end');
  fs.rmSync(path.join(log, 'head')); // who takes this, too, is found by who has written the head down
  expectEqual(audit('verify').status, 0, 'without its head');
  const known = audit('verify', '--known', `${last}:${hash}`);
  expect(known.status === 1 && known.stdout.includes('(cut_off)'), known.stdout);
  fs.writeFileSync(file, whole);
  expectEqual(audit('verify', '--known', `${last}:${hash}`).status, 0, 'as it was');
  const key = oriel('recordings', '-c', config, 'public-key').stdout;
  fs.writeFileSync(path.join(dir, 'public'), key);
  expectEqual(oriel('audit', 'verify', '--dir', log, '--public-key', path.join(dir, 'public')).status, 0, 'elsewhere');
  fs.writeFileSync(path.join(dir, 'public'), `${'a'.repeat(63)}b\n`);
  expectEqual(oriel('audit', 'verify', '--dir', log, '--public-key', path.join(dir, 'public')).status, 1, 'by another key');
});

finish();
