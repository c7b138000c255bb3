// A platform's back end and the API, by a client that openapi-client-axios makes of the served document: a tour
// is made, people are invited and join by their links in Chromium, it is changed and ended, and all of it is
// there after a restart.
import { spawnSync } from 'node:child_process';
import { Validator } from '@seriousme/openapi-schema-validator';
import { OpenAPIClientAxios } from 'openapi-client-axios';
import { launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'a secret between platform and server';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const mint = minter(SECRET, { role: 'service', tour: undefined, sub: 'backend' });
const dir = tempDir();
const config = await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel', leeway_s: 0 };
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.limits = { tours: 60 };
});
let server;
let base;
let doc;

/** A client of the document, with a token; it does not throw for what is refused. */
async function clientFor(token) {
  const api = new OpenAPIClientAxios({ definition: structuredClone(doc),
    axiosConfigDefaults: { headers: { authorization: `Bearer ${token}` }, validateStatus: () => true } });
  return api.init();
}

async function start() {
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  base = new URL(server.urls.agent).origin;
  doc = await (await fetch(`${base}/v1/openapi.json`)).json();
  return clientFor(mint({ scope: 'openid tours:read tours:write invites:write participants:read participants:write chat:read chat:write' }));
}

let client = await start();
const browsers = [];

await test('the document is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(structuredClone(doc));
  expect(result.valid, JSON.stringify(result.errors));
  expectEqual(doc.openapi, '3.1.0', 'version');
  expectEqual(doc.servers[0].url, base, 'server');
  const url = `${base}/v1/openapi.json`;
  const { headers } = await fetch(url);
  const same = await fetch(url, { headers: { 'if-none-match': headers.get('etag') } });
  expectEqual(`${same.status} ${await same.text()}`, '304 ', 'for who has it');
  expectEqual((await fetch(url, { headers: { 'if-none-match': '"0.0.0-0123456789abcdef"' } })).status, 200, 'for who has another');
});

await test('a tour is made, and people join by the links of their invites', async () => {
  const made = await client.createTour(null, { name: 'villa', title: 'Villa in the hills', record: 'off', property: { listing: 'A-113' } },
    { headers: { traceparent: `00-${TRACE}-b7ad6b7169203331-01` } });
  expectEqual(made.status, 201, JSON.stringify(made.data));
  expectEqual(made.headers.location, '/v1/tours/villa', 'Location');
  expect(made.headers.traceparent.startsWith(`00-${TRACE}-`), made.headers.traceparent);
  await until(() => server.log.some((l) => l.includes('tour_made') && l.includes(TRACE)), 'the trace in the log');
  const agent = await client.createInvite({ tour: 'villa' }, { role: 'agent', name: 'Anna' });
  const buyer = await client.createInvite({ tour: 'villa' }, { role: 'buyer', name: 'Ada', sub: 'customer-17', ttl_s: 600 });
  expectEqual(buyer.status, 201, JSON.stringify(buyer.data));
  expectEqual(buyer.data.sub, 'customer-17', 'sub');
  expect(buyer.data.url.startsWith(`${base}/t/villa#`), buyer.data.url);
  expect(Math.abs(Date.parse(buyer.data.expires_at) - Date.now() - 600000) < 10000, buyer.data.expires_at);
  for (const invite of [agent, buyer]) {
    const browser = await launchChromium({ flags: [SLOW_CAMERA] });
    browsers.push(browser);
    await joinTour(browser.pages()[0], invite.data.url);
  }
  await firstFrame(browsers[1].pages()[0]);
  const tour = await until(async () => {
    const { data } = await client.getTour({ tour: 'villa' });
    return data.participants === 2 ? data : null;
  }, 'two in the tour');
  expectEqual(tour.state, 'live', 'state');
  expectEqual(tour.lead, 'Anna', 'lead');
  expect(tour.began_at, 'began_at');
  const listed = await client.listTours({ state: 'live' });
  expectEqual(JSON.stringify(listed.data.tours.map((t) => t.name)), '["villa"]', 'live tours');
});

await test('it is changed if it is still as it was', async () => {
  const before = await client.getTour({ tour: 'villa' });
  const have = { tour: 'villa', 'If-None-Match': before.headers.etag };
  expectEqual((await client.getTour(have)).status, 304, 'a tour as it was');
  const people = await until(async () => { // until then they change by themselves
    const answer = await client.listParticipants({ tour: 'villa' });
    const all = answer.data.participants;
    return all.every((x) => x.connected && x.sources.microphone === 'on' && x.sources.camera === 'on') && answer;
  }, 'all of their media');
  expectEqual((await client.listParticipants({ ...have, 'If-None-Match': people.headers.etag })).status, 304, 'people as they were');
  expectEqual((await client.lockTour({ tour: 'villa' })).status, 204, 'lock');
  const locked = await client.getTour(have);
  expectEqual(`${locked.status} ${locked.data.locked}`, '200 true', 'one that is locked now is another answer');
  expectEqual((await client.unlockTour({ tour: 'villa' })).status, 204, 'unlock');
  const wrong = await client.updateTour({ tour: 'villa', 'If-Match': '"other"' }, { title: 'No' });
  expectEqual(`${wrong.status} ${wrong.data.code}`, '412 etag_mismatch', 'another tag');
  const change = { title: 'Villa by the sea', capacity: 10, property: null };
  const changed = await client.updateTour({ tour: 'villa', 'If-Match': before.headers.etag }, change);
  expectEqual(changed.status, 200, JSON.stringify(changed.data));
  expectEqual(changed.data.title, 'Villa by the sea', 'title');
  expectEqual(changed.data.property, null, 'property');
  expect(changed.headers.etag !== before.headers.etag, 'a new tag');
  const again = await client.updateTour({ tour: 'villa', 'If-Match': before.headers.etag }, change);
  expectEqual(again.status, 412, 'the old tag');
  const codec = await client.updateTour({ tour: 'villa' }, { codec: 'av1' });
  expectEqual(`${codec.status} ${codec.data.code}`, '409 tour_running', 'the codec of a tour that runs');
  expectEqual((await client.getTour({ tour: 'villa' })).data.codec, 'vp8', 'codec');
});

await test('who is in it is seen, admitted from the lobby, made to lead, removed', async () => {
  expectEqual((await client.updateTour({ tour: 'villa' }, { lobby: true })).data.lobby, true, 'lobby');
  const eve = await client.createInvite({ tour: 'villa' }, { role: 'buyer', name: 'Eve', sub: 'eve' });
  const browser = await launchChromium({ flags: [SLOW_CAMERA] });
  const page = browser.pages()[0];
  await page.goto(eve.data.url);
  await page.waitForSelector('form.prejoin');
  await page.click('form.prejoin button[type=submit]');
  const people = async () => (await client.listParticipants({ tour: 'villa' })).data.participants;
  const find = async (sub) => (await people()).find((p) => p.sub === sub);
  const waiting = await until(() => find('eve'), 'Eve in the lobby');
  expectEqual(`${waiting.name} ${waiting.where} ${waiting.host}`, 'Eve lobby false', 'who waits');
  expectEqual((await client.getTour({ tour: 'villa' })).data.waiting, 1, 'waiting');
  expectEqual((await client.admitParticipant({ tour: 'villa', participant: waiting.id })).status, 204, 'admit');
  await page.waitForSelector('.tour');
  await until(async () => (await find('eve'))?.connected, 'Eve in the tour');
  const ada = await find('customer-17');
  expectEqual((await client.leadParticipant({ tour: 'villa', participant: ada.id })).status, 204, 'lead');
  expectEqual((await client.getTour({ tour: 'villa' })).data.lead, 'Ada', 'who leads');
  expectEqual((await client.lockTour({ tour: 'villa' })).status, 204, 'lock');
  expectEqual((await client.getTour({ tour: 'villa' })).data.locked, true, 'locked');
  expectEqual((await client.unlockTour({ tour: 'villa' })).status, 204, 'unlock');
  const seen = (await find('eve')).id;
  expectEqual((await client.removeParticipant({ tour: 'villa', participant: seen })).status, 204, 'remove');
  await page.waitForSelector('.tour', { state: 'detached' });
  const gone = await client.removeParticipant({ tour: 'villa', participant: seen });
  expectEqual(`${gone.status} ${gone.data.code}`, '404 participant_unknown', 'again');
  await browser.close();
});

await test('what a host may a platform may: sources, rights, hosts, the stage, words', async () => {
  const tour = 'villa';
  const done = async (asked, what) => {
    const { status, data } = await asked;
    expectEqual(status, 204, `${what}: ${JSON.stringify(data)}`);
  };
  const find = async (sub) => (await client.listParticipants({ tour })).data.participants.find((p) => p.sub === sub);
  const [anna, ada] = [(await client.listParticipants({ tour })).data.participants.find((p) => p.name === 'Anna'), await find('customer-17')];
  const running = (await (await clientFor(mint({ role: 'ops' }))).listTours({ running: true })).data.tours;
  expectEqual(running.map((t) => `${t.name} ${t.kept} ${t.recording_since}`).join(), 'villa true null', 'what runs, as ops see it');
  const seen = (f, arg) => browsers[1].pages()[0].waitForFunction(f, arg, { timeout: 20000 });
  await done(client.leadParticipant({ tour, participant: anna.id }), 'Anna leads');
  await done(client.unmakeHost({ tour, participant: ada.id }), 'Ada is a guest again');
  await seen((id) => window.oriel.participants.get(id)?.host === false, ada.id);
  const still = await until(async () => { const p = await find('customer-17'); return p.sources.microphone === 'on' && p; }, 'her microphone');
  expectEqual(`${still.can.camera} ${still.hand} ${still.spotlight}`, 'both null false', 'what she may');
  await done(client.muteParticipants({ tour }, { kind: 'microphone', except: [ada.id] }), 'all but Ada');
  await done(client.muteParticipant({ tour, participant: ada.id }, { kind: 'microphone' }), 'mute');
  await seen((id) => window.oriel.participants.get(id).sources.microphone === 'muted', ada.id);
  expectEqual((await find('customer-17')).sources.microphone, 'muted', 'as the platform sees it');
  await done(client.allowParticipant({ tour, participant: ada.id }, { can: { camera: 'receive' } }), 'no camera');
  await seen((id) => window.oriel.participants.get(id).sources.camera === 'off', ada.id);
  await done(client.allowParticipants({ tour }, { can: { camera: 'both' } }), 'all may');
  expectEqual((await find('customer-17')).can.camera, 'both', 'she may again, and decides when');
  await done(client.setSpotlight({ tour }, { participant: ada.id }), 'spotlight');
  await seen((id) => window.oriel.tour.spotlight === id, ada.id);
  await done(client.clearSpotlight({ tour }), 'nobody in particular');
  await done(client.openLobby({ tour }), 'lobby');
  await done(client.admitParticipants({ tour }, {}), 'nobody waits');
  const opened = async () => { const { data } = await client.getTour({ tour }); return `${data.lobby} ${data.lobby_open}`; };
  expectEqual((await client.updateTour({ tour }, { lobby: false })).data.lobby_open, false, 'a lobby that is declared no more');
  await done(client.openLobby({ tour }), 'lobby');
  await client.updateTour({ tour }, { title: 'Villa in the dunes' });
  expectEqual(await opened(), 'false true', 'open for this run');
  expectEqual((await client.updateTour({ tour }, { lobby: false })).data.lobby_open, false, 'closed by who says so');
  await done(client.openLobby({ tour }), 'lobby');
  await done(client.closeLobby({ tour }), 'no lobby');
  expectEqual(await opened(), 'false false', 'no lobby');
  await done(client.setPointer({ tour }, { x: 0.25, y: 0.75, source: `${ada.id}/camera` }), 'point');
  await seen((id) => { const p = window.oriel.tour.pointer; return p?.from === null && p.x === 0.25 && p.source === `${id}/camera`; }, ada.id);
  await done(client.clearPointer({ tour }), 'point no more');
  await seen(() => !window.oriel.tour.pointer);
  await done(client.setView({ tour }, { view: { plan: 'ground floor' } }), 'a plan');
  await seen(() => window.oriel.tour.view?.plan === 'ground floor');
  const large = await client.setView({ tour }, { view: { plan: 'x'.repeat(1024) } });
  expectEqual(`${large.status} ${large.data.errors[0].pointer} ${large.data.errors[0].code}`, '400 /view too_long', 'a large view');
  await done(client.clearView({ tour }), 'as they like');
  await seen(() => !window.oriel.tour.view);
  const never = await client.startRecording({ tour }, {});
  expectEqual(`${never.status} ${never.data.code}`, '403 forbidden', 'a tour that is never recorded');
  const nobody = await client.allowParticipants({ tour }, { can: {}, participants: ['p99'] });
  expectEqual(`${nobody.status} ${nobody.data.code}`, '404 participant_unknown', 'nobody');

  const key = { tour, 'Idempotency-Key': 'word-1' };
  const said = await client.postChat(key, { text: 'We begin\nin five minutes.' });
  expectEqual(said.status, 201, JSON.stringify(said.data));
  expectEqual((await client.postChat(key, { text: 'We begin\nin five minutes.' })).data.seq, said.data.seq, 'said once');
  expectEqual((await client.beginChapter({ tour }, { title: 'Kitchen' })).data.seq, said.data.seq + 1, 'a chapter');
  const history = (await client.listChat({ tour, after: said.data.seq - 1 })).data;
  expectEqual(history.entries.map((e) => `${e.kind} ${e.from} ${e.text ?? e.title}`).join(), 'chat null We begin\nin five minutes.,chapter null Kitchen', 'history');
  await seen((seq) => window.oriel.ledger.entries.some((e) => e.seq === seq && e.from === null), said.data.seq);
  await done(client.retractChat({ tour, seq: said.data.seq }), 'taken back');
  await seen((seq) => !window.oriel.ledger.entries.some((e) => e.seq === seq), said.data.seq);
  const again = await client.retractChat({ tour, seq: said.data.seq });
  expectEqual(`${again.status} ${again.data.code}`, '404 entry_unknown', 'twice');
  const q = await client.answerQuestion({ tour, question: 'q1' }, { state: 'answered' });
  expectEqual(`${q.status} ${q.data.code}`, '404 entry_unknown', 'nobody has asked');
  let often;
  for (let n = 0; n < 30 && often?.status !== 429; n++) {
    often = await client.unlockTour({ tour });
  }
  expectEqual(`${often.status} ${often.data.code}`, '429 rate_limited', 'too many changes');
  expect(Number(often.headers['retry-after']) === 1, `Retry-After ${often.headers['retry-after']}`);
  const metrics = await (await fetch(`${base}/metrics`)).text();
  for (const of of ['signaling_errors', 'http_problems']) {
    expect(new RegExp(`^oriel_${of}_total\\{code="rate_limited"\\} [1-9]`, 'm').test(metrics), `${of}: a refusal that counts`);
  }
  await done(client.muteParticipants({ tour }, { kind: 'microphone' }), 'to mute is never too often');
  const reader = await clientFor(mint({ scope: 'chat:read' }));
  expectEqual((await reader.listChat({ tour })).data.seq, history.seq + 1, 'a reader');
  expectEqual((await reader.postChat({ tour }, { text: 'x' })).data.code, 'scope_missing', 'who only reads');
});

await test('ended for good: all leave, and no token opens it again', async () => {
  const { data: late } = await client.createInvite({ tour: 'villa' }, { role: 'agent' });
  expectEqual((await client.endTour({ tour: 'villa' })).status, 204, 'end');
  await Promise.all(browsers.map((b) => b.pages()[0].waitForSelector('.tour', { state: 'detached', timeout: 20000 })));
  await Promise.all(browsers.map((b) => b.close()));
  const ws = await WsClient.open(base);
  expectEqual((await ws.ask({ type: 'hello', id: 1, token: late.token })).code, 'tour_ended', 'a host who is late');
  await ws.close();
  const { data } = await client.getTour({ tour: 'villa' });
  expectEqual(`${data.state} ${data.participants}`, 'ended 0', 'state');
  expect(data.ended_at, 'ended_at');
  const invite = await client.createInvite({ tour: 'villa' }, { role: 'buyer' });
  expectEqual(`${invite.status} ${invite.data.code}`, '410 tour_ended', 'an invite');
  expectEqual((await client.updateTour({ tour: 'villa' }, { title: 'x' })).status, 410, 'a change');
  expectEqual((await client.endTour({ tour: 'villa' })).status, 204, 'the end again');
});

await test('the same request with the same key is done once', async () => {
  const body = { title: 'Once' };
  const key = { 'Idempotency-Key': 'order-4711' };
  const all = await Promise.all([1, 2, 3].map(() => client.createTour(key, body)));
  const made = all.find((x) => x.status === 201);
  expect(all.every((x) => x.status === 201 || x.data.code === 'idempotency_key_busy'), JSON.stringify(all.map((x) => x.status)));
  const again = await client.createTour(key, body);
  expectEqual(again.status, 201, 'again');
  expectEqual(again.data.id, made.data.id, 'the same tour');
  expectEqual(again.headers.etag, made.headers.etag, 'ETag');
  const other = await client.createTour(key, { title: 'Twice' });
  expectEqual(`${other.status} ${other.data.code}`, '422 idempotency_key_reused', 'another body');
  const { data } = await client.listTours({});
  expectEqual(data.tours.filter((t) => t.title === 'Once').length, 1, 'tours');
  const somebody = await clientFor(mint({ sub: 'another', scope: 'tours:write' }));
  expectEqual((await somebody.createTour(key, { title: 'Mine' })).status, 201, 'keys are of whoever asks');
});

await test('and once over a server that is killed before it has answered', async () => {
  const ask = (key, title) => client.createTour({ 'Idempotency-Key': key }, { title });
  const [first] = (await client.listTours({})).data.tours.filter((t) => t.title === 'Once');
  const made = () => server.log.filter((l) => l.includes('tour_made')).length;
  const before = made();
  const lost = ask('order-4712', 'Unanswered').catch(() => {});
  await until(() => made() > before, 'it is durable', 10000);
  server.child.kill('SIGKILL');
  await server.gone;
  await lost;
  client = await start();
  const again = await ask('order-4711', 'Once');
  expectEqual(`${again.status} ${again.data.id}`, `201 ${first.id}`, 'one of before');
  const unanswered = await ask('order-4712', 'Unanswered');
  expectEqual(unanswered.status, 201, 'one that nobody got an answer to');
  expectEqual((await ask('order-4712', 'Other')).data.code, 'idempotency_key_reused', 'another body');
  const { data } = await client.listTours({});
  for (const title of ['Once', 'Unanswered']) {
    expectEqual(data.tours.filter((t) => t.title === title).length, 1, title);
  }
});

await test('pages are full, in order, and what is made meanwhile moves none', async () => {
  for (let i = 0; i < 7; i++) {
    expectEqual((await client.createTour(null, { name: `house-${i}` })).status, 201, `house-${i}`);
  }
  const names = [];
  let after;
  do {
    const { data } = await client.listTours({ limit: 3, ...(after ? { after } : {}) });
    expect(data.tours.length === 3 || !data.next, 'a page that is full');
    names.push(...data.tours.map((t) => t.name));
    after = data.next;
    await client.createTour(null, { name: `new-${names.length}` });
  } while (after);
  expectEqual(names.filter((n) => n.startsWith('house')).join(), 'house-6,house-5,house-4,house-3,house-2,house-1,house-0', 'order');
  expectEqual(new Set(names).size, names.length, 'each once');
  expect(names.every((n) => !n.startsWith('new')), 'none that is newer');
});

await test('who may do what is a matter of scopes', async () => {
  const refused = async (claims, ask) => {
    const { status, data } = await ask(await clientFor(mint(claims)));
    return `${status} ${data.code}`;
  };
  const create = (c) => c.createTour(null, { name: 'never' });
  expectEqual(await refused({ scope: 'tours:read' }, create), '403 scope_missing', 'a reader');
  expectEqual(await refused({ scope: 'openid profile' }, create), '401 token_claims', 'scopes of others');
  expectEqual(await refused({ role: 'agent', tour: 'never', scope: 'tours:write' }, create), '403 forbidden', 'a person');
  expectEqual(await refused({ role: 'ops' }, create), '403 forbidden', 'ops');
  expectEqual(await refused({ scope: 'tours:write', tour: 'house-1' }, create), '403 token_tour', 'of another tour');
  expectEqual(await refused({ scope: 'tours:read', tour: 'house-1' }, (c) => c.getTour({ tour: 'house-2' })), '403 token_tour', 'look');
  const one = await clientFor(mint({ scope: 'tours:read', tour: 'house-1' }));
  expectEqual((await one.listTours({})).data.tours.map((t) => t.name).join(), 'house-1', 'its list');
  expectEqual((await (await clientFor(mint({ role: 'ops' }))).getTour({ tour: 'demo' })).data.kept, false, 'ops look');
  expectEqual((await (await clientFor(mint({ scope: 'recordings:read' }))).listRecordings({})).status, 200, 'recordings');
  const ws = await WsClient.open(base);
  expectEqual((await ws.ask({ type: 'hello', id: 1, token: mint({ tour: 'demo', scope: 'tours:write' }) })).code, 'token_claims', 'no seat');
  await ws.close();
  const made = spawnSync(ORIEL, ['token', '-c', config, '--role', 'service', '--scope', 'tours:read', '--sub', 'cli'], { encoding: 'utf8' });
  expectEqual((await (await clientFor(made.stdout.trim())).listTours({})).status, 200, `oriel token: ${made.stderr}`);
});

await test('each fault is named with its place', async () => {
  const { status, data } = await client.createTour(null, { title: 5, capacity: 0, codec: 'mpeg2', 'a/b': 1, starts_at: '2026-01-02' });
  expectEqual(`${status} ${data.code}`, '400 bad_field', 'a wrong body');
  expectEqual(data.errors.map((e) => `${e.pointer} ${e.code}`).sort().join(),
    '/a~1b unknown,/capacity too_small,/codec enum,/starts_at format,/title type', 'errors');
  const list = await client.listTours({ limit: 501 });
  expectEqual(JSON.stringify(list.data.errors.map((e) => [e.parameter, e.code])), '[["limit","too_large"]]', 'a wrong query');
  const order = await client.createTour(null, { starts_at: '2030-01-02T00:00:00Z', ends_at: '2030-01-01T00:00:00Z' });
  expectEqual(`${order.status} ${order.data.errors[0].pointer}`, '400 /ends_at', 'it ends before it begins');
  const again = await client.createTour(null, { name: 'house-1' });
  expectEqual(`${again.status} ${again.data.code}`, '409 tour_exists', 'a name that is there');
  expectEqual((await client.updateTour({ tour: 'demo' }, { title: 'x' })).data.code, 'tour_not_kept', 'one of the configuration');
});

await test('all of it is there after kill -9', async () => {
  await client.updateTour({ tour: 'house-1' }, { title: 'Changed', ends_at: new Date(Date.now() + 3600000).toISOString() });
  await client.deleteTour({ tour: 'house-2' });
  const before = (await client.listTours({ limit: 500 })).data;
  await server.stop('SIGKILL');
  client = await start();
  const after = (await client.listTours({ limit: 500 })).data;
  expectEqual(JSON.stringify(after.tours, null, 1), JSON.stringify(before.tours, null, 1), 'tours');
  expectEqual(after.tours.find((t) => t.name === 'house-1').title, 'Changed', 'a change');
  expectEqual((await client.getTour({ tour: 'house-2' })).status, 404, 'one that was forgotten');
  const ws = await WsClient.open(base);
  const hello = (tour) => ws.ask({ type: 'hello', id: 1, token: mint({ role: 'agent', tour, sub: 'a' }) });
  expectEqual((await hello('villa')).code, 'tour_ended', 'one that has ended');
  expectEqual((await hello('house-1')).type, 'welcome', 'one that has not');
  await ws.close();
});

await test('a tour that its time has ended takes no place', async () => {
  const ends_at = new Date(Date.now() + 1500).toISOString();
  expectEqual((await client.createTour(null, { name: 'short', ends_at })).status, 201, 'a short one');
  const ended = await until(async () => {
    const { data } = await client.listTours({ state: 'ended' });
    const tour = data.tours.find((t) => t.name === 'short');
    return tour?.ended_at ? tour : null;
  }, 'its end');
  expectEqual(ended.ended_at, ends_at, 'ended_at');
  let n = 0;
  let last;
  do {
    last = await client.createTour(null, {});
    n += last.status === 201;
  } while (last.status === 201 && n < 70);
  expectEqual(`${last.status} ${last.data.code}`, '503 server_full', 'limits.tours');
  const name = (await client.listTours({ limit: 1 })).data.tours[0].name;
  expectEqual((await client.deleteTour({ tour: name })).status, 204, 'one less');
  expectEqual((await client.createTour(null, {})).status, 201, 'one more');
});

await test('it ends in good order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});

finish();
