// Who is removed by a host, and who is revoked by an operator, is out by every door, and stays out: seats,
// viewers, resume secrets, playback of the tour's recording. With real pages and players.
import fs from 'node:fs';
import path from 'node:path';
import { serveBarePage } from './lib/bare_page.mjs';
import { inbound, launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { joinTour, listRecordings } from './lib/tour.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'removed-removed-removed-removed-removed';
const mint = minter(SECRET);
const dir = tempDir();
const list = path.join(dir, 'revoked');
fs.writeFileSync(list, '# nobody yet\n');
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel', revoked_file: list };
  c.dev = {};
  c.tours = [{ name: 'demo', record: 'auto' }];
})]).ready;
const base = /http:\/\/[\d.:]+/.exec(server.log.find((l) => l.includes('The server is ready')))[0];
server.urls.agent = base; // for its metrics
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');
const VIEW = { sources: [], slots: [{ mid: '3', kind: 'stage' }] };

const site = await serveBarePage();
const browser = await launchChromium({ flags: [SLOW_CAMERA] });
const agent = browser.pages()[0];
await joinTour(agent, `${base}/agent/demo#${mint({ role: 'agent', sub: 'ann', name: 'Ann' })}`);

/** What each door says: the code, or that it is open. */
const DOORS = {
  hello: (token) => overSocket({ type: 'hello', token, tour: 'demo' }),
  join: (token) => overSocket({ type: 'join', token, tour: 'demo', offer: OFFER, ...VIEW, seat: 'beside',
    consent: { recording: true, version: '1' } }),
  whip: (token) => post('/whip/demo', token),
  whep: (token) => post('/whep/demo', token),
};
async function overSocket(message) {
  const client = await WsClient.open(base);
  const reply = await client.ask({ id: 1, ...message });
  await client.close();
  return reply.code ?? reply.type;
}
async function post(where, token) {
  const response = await fetch(`${base}${where}`, { method: 'POST', body: OFFER,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' } });
  return response.status === 201 ? 'open' : (await response.json()).code;
}

/** The same of the API, for ops; a cookie may stand for the token. */
const get = async (where, headers, method = 'GET') => {
  const response = await fetch(`${base}${where}`, { method, headers });
  await response.arrayBuffer();
  return { status: response.status, cookie: response.headers.get('set-cookie')?.split(';')[0] };
};
const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** A page in the tour and a player by WHEP with the same link. */
async function comeIn(sub) {
  const token = mint({ sub, name: sub });
  const page = await browser.newPage();
  await joinTour(page, `${base}/t/demo#${token}`, { camera: false });
  const player = await browser.newPage();
  await player.goto(site.url);
  await player.evaluate(([url, t]) => window.play(url, t), [`${base}/whep/demo`, token]);
  await until(async () => (await inbound(player)).frames > 10, `pictures for ${sub}`);
  return { token, page, player, id: await page.evaluate(() => window.oriel.me.id), secret: await page.evaluate(() => window.oriel.resumeToken) };
}

async function expectOut({ page, player, id, secret }, heading) {
  await page.waitForSelector(`.notice h1:has-text("${heading}")`);
  await until(() => agent.evaluate((who) => !window.oriel.participants.has(who), id), 'the roster without him');
  await until(() => player.evaluate(() => window.pc.connectionState !== 'connected'), 'the player to end', 30000);
  expectEqual(await overSocket({ type: 'resume', resume: secret }), 'resume_unknown', 'resume');
}

const OPS = mint({ role: 'ops', sub: 'olga', name: 'Olga', tour: undefined });
const OTHER = mint({ role: 'ops', sub: 'otto', tour: undefined });
let recording;
let cookie;

await test('the_tour_is_recorded_and_ops_can_watch_it', async () => {
  recording = await until(async () => (await listRecordings(base, OPS))[0], 'a recording');
  await until(async () => (await get(`/v1/recordings/${recording.id}/programme/0.webm`, bearer(OPS))).status === 200, 'media');
  cookie = (await get(`/v1/recordings/${recording.id}/playback`, bearer(OPS), 'POST')).cookie;
  expectEqual((await get(`/v1/recordings/${recording.id}/programme/0.webm`, { cookie })).status, 200, 'with the ticket');
});

await test('whom_a_host_removes_is_out_by_every_door', async () => {
  const guest = await comeIn('guest');
  await until(() => agent.evaluate(() => window.oriel.tour.viewers === 1), 'the host to see that somebody watches');
  await agent.evaluate((id) => window.oriel.remove(id), guest.id);
  await expectOut(guest, 'You were removed from the tour');
  for (const [door, knock] of Object.entries(DOORS)) {
    expectEqual(await knock(guest.token), 'removed', door);
  }
  expectEqual(await DOORS.hello(mint({ sub: 'another' })), 'welcome', 'somebody else');
});

await test('an_observer_is_seen_and_can_be_removed_from_the_recording_too', async () => {
  const ops = await browser.newPage();
  await ops.goto(`${base}/t/demo#${OPS}`);
  await ops.waitForSelector('form.prejoin button:has-text("Watch the tour")');
  expect(!(await ops.$('[data-device=camera]')), 'no camera is asked for');
  await ops.click('form.prejoin button[type=submit]');
  await ops.waitForSelector('.tour');
  await until(async () => (await inbound(ops)).frames > 10, 'pictures for the observer');
  const id = await ops.evaluate(() => window.oriel.me.id);
  await agent.waitForSelector(`.people [data-participant=${id}]:has-text("Watching")`);
  await agent.evaluate((who) => window.oriel.remove(who), id);
  await ops.waitForSelector('.notice h1:has-text("You were removed from the tour")');
  expectEqual(await DOORS.join(OPS), 'removed', 'join');
  const file = `/v1/recordings/${recording.id}/programme/0.webm`;
  expectEqual((await get(file, { cookie })).status, 401, 'the ticket');
  expectEqual((await get(file, bearer(OPS))).status, 403, 'media');
  expectEqual((await get(`/v1/recordings/${recording.id}`, bearer(OPS))).status, 403, 'details');
  expectEqual((await get(`/v1/recordings/${recording.id}/playback`, bearer(OPS), 'POST')).status, 403, 'a new ticket');
  expectEqual((await get(file, bearer(OTHER))).status, 200, 'media for somebody else');
});

await test('whom_an_operator_revokes_is_out_at_once', async () => {
  const guest = await comeIn('gone');
  const ticket = (await get(`/v1/recordings/${recording.id}/playback`, bearer(OTHER), 'POST')).cookie;
  fs.appendFileSync(list, 'gone\notto\n');
  server.child.kill('SIGHUP');
  await expectOut(guest, 'Your link was taken back');
  for (const [door, knock] of Object.entries(DOORS)) {
    expectEqual(await knock(guest.token), 'token_revoked', door);
  }
  const file = `/v1/recordings/${recording.id}/programme/0.webm`;
  expectEqual((await get(file, { cookie: ticket })).status, 401, 'the ticket');
  expectEqual((await get(file, bearer(OTHER))).status, 401, 'media');
  expectEqual((await get('/v1/recordings', bearer(OTHER))).status, 401, 'the list');
  expect(await agent.evaluate(() => !window.oriel.over), 'the host is in');
});

await test('a_list_that_cannot_be_read_changes_nothing', async () => {
  const before = server.log.filter((l) => l.includes('reload_failed')).length;
  fs.writeFileSync(list, `${'x'.repeat(65)}\n`);
  server.child.kill('SIGHUP');
  await until(() => server.log.filter((l) => l.includes('reload_failed')).length > before, 'the log to say so');
  expectEqual(await DOORS.hello(mint({ sub: 'gone' })), 'token_revoked', 'who was revoked before');
  fs.writeFileSync(list, '');
  server.child.kill('SIGHUP');
  await until(async () => (await DOORS.hello(mint({ sub: 'gone' }))) === 'welcome', 'an empty list');
});

await browser.close();
site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
