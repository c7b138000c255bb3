// SIGHUP while people are in a tour, over TLS: a new certificate is shown to who comes from then on, keys are
// exchanged one after the other, and what is wrong in any part is refused as a whole. Nobody in the tour notices.
// Then the server is emptied: they stay until their tour ends, and no other begins.
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { inbound, launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // certificates of the test's own
const dir = tempDir();
const at = (name) => path.join(dir, name);
const secret = (name, text) => fs.writeFileSync(at(name), text, { mode: 0o600 });
const OWN = ['the first secret of our own, long enough', 'the second secret of our own, as long'];

/** A pair for this machine; its fingerprint. Who gives both types a place would go on to show the older one. */
const kinds = { a: ['ec', 'ec_paramgen_curve:P-256'], b: ['rsa', 'rsa_keygen_bits:2048'], c: ['ec', 'ec_paramgen_curve:P-256'] };
function makePair(name) {
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', kinds[name][0], '-pkeyopt', kinds[name][1], '-nodes', '-keyout',
    at(`${name}.key`), '-out', at(`${name}.pem`), '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']);
  expectEqual(made.status, 0, String(made.stderr));
  fs.chmodSync(at(`${name}.key`), 0o600);
  return new crypto.X509Certificate(fs.readFileSync(at(`${name}.pem`))).fingerprint256;
}

const pairs = ['a', 'b', 'c'].map(makePair);
const install = (from, parts = ['pem', 'key']) => parts.forEach((p) => fs.copyFileSync(at(`${from}.${p}`), at(`tls.${p}`)));

/** Keys of an issuer, each under its name, and a token that it signs. */
const ISSUER = 'https://platform.example.com';
const keys = Object.fromEntries(['old', 'new'].map((kid) => [kid, crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })]));
const publish = (...kids) => fs.writeFileSync(at('keys.json'), JSON.stringify({ keys: kids.map((kid) => (
  { ...keys[kid].publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' })) }));
function signed(kid) {
  const part = (x) => Buffer.from(JSON.stringify(x)).toString('base64url');
  const text = `${part({ alg: 'ES256', kid })}.${part({ iss: ISSUER, aud: 'oriel', sub: kid, role: 'buyer', tour: 'nowhere',
    exp: Math.floor(Date.now() / 1000) + 600 })}`;
  return `${text}.${crypto.sign('sha256', Buffer.from(text), { key: keys[kid].privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

install('a');
secret('own.secret', OWN[0]);
publish('old');
const file = await writeConfig(dir, (c) => {
  c.tls = { cert: at('tls.pem'), key: at('tls.key') };
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.tours = [{ name: 'demo', title: 'Demo', record: 'off' }, { name: 'kept', title: 'Kept', record: 'auto' }];
  c.auth = { hs256_secret_file: at('own.secret'), audience: 'oriel',
    issuers: [{ name: 'platform', issuer: ISSUER, algorithms: ['ES256'], keys_file: at('keys.json') }] };
  c.log = { format: 'json', level: 'info' };
});
const server = await new Server([ORIEL, 'serve', '-c', file]).ready;
const base = new URL(server.urls.agent).origin;
const said = (event) => server.log.map((l) => JSON.parse(l)).filter((l) => l.event === event);

/** What a new connection is shown. */
const shown = () => new Promise((resolve, reject) => {
  const socket = tls.connect({ port: Number(new URL(base).port), host: '127.0.0.1', rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().fingerprint256);
    socket.destroy();
  });
  socket.on('error', reject);
});

/** The code by which a token is refused; one that is good gets as far as its offer. */
async function refusal(token) {
  const answer = await fetch(`${base}/whep/nowhere`, { method: 'POST', body: 'v=0',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' } });
  const { code } = await answer.json();
  return code.startsWith('token_') ? code : '';
}
const own = (i) => minter(OWN[i])({ sub: 'x', tour: 'nowhere' });
const policy = async () => (await fetch(`${base}/health`)).headers.get('content-security-policy');
const ready = async () => (await (await fetch(`${base}/ready`)).json()).checks.reload;

async function reload(event) {
  const before = said(event).length;
  process.kill(server.pid, 'SIGHUP');
  await until(() => said(event).length > before, event);
  return said(event).at(-1);
}

const browser = await launchChromium({ ignoreHTTPSErrors: true });
const [agent, buyer] = [browser.pages()[0], await browser.newPage()];

/** They have the connections that they came with, and see each other now. */
async function expectUntouched(what) {
  for (const page of [agent, buyer]) {
    expectEqual(await page.evaluate(() => window.first.socket === window.oriel.signal.socket && window.first.pc === window.oriel.session.pc
      && window.first.socket.readyState === 1 && window.first.pc.connectionState === 'connected'
      && window.first.me === window.oriel.me.id && window.links.length === 0 && window.renegotiations === 0), true, `${what}: as before`);
  }
  const { frames } = await inbound(buyer);
  await until(async () => (await inbound(buyer)).frames > frames + 10, `${what}: pictures`);
}

await test('two_people_are_in_a_tour', async () => {
  const mint = minter(OWN[0]);
  await joinTour(agent, `${base}/agent/demo#${mint({ role: 'agent', sub: 'ann', name: 'Ann' })}`);
  await joinTour(buyer, `${base}/t/demo#${mint({ sub: 'bea', name: 'Bea' })}`, { camera: false });
  await firstFrame(buyer);
  for (const page of [agent, buyer]) {
    await until(() => page.evaluate(() => window.oriel.session.pc.connectionState === 'connected'), 'both to be connected');
    await page.evaluate(() => {
      window.first = { socket: window.oriel.signal.socket, pc: window.oriel.session.pc, me: window.oriel.me.id };
      window.links = [];
      window.oriel.addEventListener('link', (e) => window.links.push(e.detail));
    });
  }
  await expectUntouched('at first');
  expectEqual(await shown(), pairs[0], 'certificate');
  expectEqual(`${await refusal(signed('old'))} ${await refusal(signed('new'))}`, ' token_key_unknown', 'the keys');
});

await test('a_new_certificate_and_a_key_beside_the_old_one', async () => {
  install('b');
  publish('old', 'new');
  await reload('reloaded');
  expectEqual(await shown(), pairs[1], 'certificate of who comes now');
  expectEqual(`${await refusal(signed('old'))} ${await refusal(signed('new'))}`, ' ', 'both keys');
  await expectUntouched('after the reload');
});

await test('the_old_key_is_taken_away_and_the_secret_changed', async () => {
  publish('new');
  secret('own.secret', OWN[1]);
  await reload('reloaded');
  expectEqual(`${await refusal(signed('old'))} ${await refusal(signed('new'))}`, 'token_key_unknown ', 'the keys');
  expectEqual(`${await refusal(own(0))} ${await refusal(own(1))}`, 'token_signature ', 'the secrets');
  expectEqual(await ready(), 'ok', 'ready');
  expectEqual(said('restart_needed').length, 0, 'nothing waits for a restart');
  await expectUntouched('although their links are worth nothing any more');
});

await test('what_is_wrong_in_any_part_is_refused_whole', async () => {
  const good = fs.readFileSync(file, 'utf8');
  const web = '"web": { "images": ["https://*.cdn.example"], "frame_ancestors": ["https://agency.example"],';
  const wrong = {
    'log.level': () => fs.writeFileSync(file, good.replace('"level": "info"', '"level": "loud"').replace('"web": {', web)),
    'not a usable certificate': () => fs.writeFileSync(at('tls.pem'), 'nonsense'),
    'not a usable key': () => install('a', ['key']),
    'cannot read the key': () => fs.chmodSync(at('tls.key'), 0o644),
    'cannot read the keys': () => fs.rmSync(at('keys.json')),
    'chmod 0600': () => fs.chmodSync(at('own.secret'), 0o640),
  };
  for (const [why, breaks] of Object.entries(wrong)) {
    install('c'); // all else is new and good: none of it may be taken
    secret('own.secret', OWN[0]);
    publish('old');
    breaks();
    const line = await reload('reload_failed');
    expect(line.msg.includes(why), `${why}: ${line.msg}`);
    expectEqual(await shown(), pairs[1], `certificate, ${why}`);
    expectEqual(`${await refusal(signed('old'))} ${await refusal(signed('new'))}`, 'token_key_unknown ', `keys, ${why}`);
    expectEqual(`${await refusal(own(0))} ${await refusal(own(1))}`, 'token_signature ', `secret, ${why}`);
    expect((await policy()).endsWith("img-src 'self' data:; frame-ancestors 'none'"), `policy, ${why}`);
    expect(/^the last reload was refused \d+ s ago: all is as before$/.test(await ready()), await ready());
    fs.writeFileSync(file, good);
    fs.chmodSync(at('own.secret'), 0o600);
    fs.chmodSync(at('tls.key'), 0o600);
  }
  expectEqual((await fetch(`${base}/ready`)).status, 200, 'it serves');
  await expectUntouched('after all that');
  install('c');
  publish('new');
  fs.writeFileSync(file, good.replace('"workers": 1', '"workers": 2').replace('"web": {', web));
  await reload('reloaded');
  expectEqual(said('restart_needed').map((l) => l.keys).join(), 'media.workers', 'what is not taken is named');
  expectEqual(`${await shown()} ${await ready()}`, `${pairs[2]} ok`, 'what is good is taken');
  expect((await policy()).endsWith("img-src 'self' data: https://*.cdn.example; frame-ancestors https://agency.example"), 'policy');
  await expectUntouched('at last');
});

/** oriel drain, beside all that goes on here. */
const drain = (...args) => new Promise((resolve) => {
  const child = spawn(ORIEL, ['drain', '-c', file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => { said.out += text; });
  child.stderr.on('data', (text) => { said.err += text; });
  child.on('close', (status) => resolve({ status, ...said }));
});
const now = (token) => fetch(`${base}/v1/node`, { headers: { authorization: `Bearer ${token}` } }).then((answer) => answer.json());

/** What WHIP says to an agent who would begin a tour with an offer that is none. */
async function begin() {
  const answer = await fetch(`${base}/whip/other`, { method: 'POST', body: 'v=0',
    headers: { authorization: `Bearer ${minter(OWN[0])({ role: 'agent', sub: 'eve', tour: 'other' })}`, 'content-type': 'application/sdp' } });
  return `${answer.status} ${(await answer.json()).code} ${answer.headers.get('retry-after')}`;
}

await test('while_it_is_emptied_a_tour_goes_on_and_no_other_begins', async () => {
  const mint = minter(OWN[0]);
  const ops = mint({ role: 'ops', sub: 'olga', tour: undefined });
  await joinTour(agent, `${base}/agent/kept#${mint({ role: 'agent', sub: 'ann', name: 'Ann', tour: 'kept' })}`);
  await joinTour(buyer, `${base}/t/kept#${mint({ sub: 'bea', name: 'Bea', tour: 'kept' })}`, { camera: false });
  await firstFrame(buyer);
  await until(() => agent.evaluate(() => window.oriel.recording === 'on'), 'a recording');
  const ordered = await drain('--deadline', '10m');
  expectEqual(ordered.status, 0, `status of the order; it says: ${ordered.err}`);
  expect(/^No tour begins any more, and those that run end by \S+\.\n\d tours? with/.test(ordered.out), ordered.out);
  const { state, deadline } = await now(ops);
  expectEqual(state, 'draining', 'state');
  expectEqual((await drain('--deadline', '2h')).status, 0, 'said again');
  expectEqual((await now(ops)).deadline, deadline, 'the sooner deadline counts');
  const health = await fetch(`${base}/ready`);
  expectEqual(`${health.status} ${(await health.json()).status}`, '503 draining', '/ready');
  expectEqual(await server.metric('oriel_draining'), 1, 'the metric');

  expectEqual(await begin(), '503 draining 30', 'WHIP');
  const made = await fetch(`${base}/v1/tours`, { method: 'POST', headers: { 'content-type': 'application/json',
    authorization: `Bearer ${mint({ role: 'service', scope: 'tours:write', sub: 'backend', tour: undefined })}` }, body: '{"name":"next"}' });
  expectEqual(`${made.status} ${(await made.json()).code} ${made.headers.get('retry-after')}`, '503 draining 30', 'REST');
  const third = await browser.newPage();
  await third.goto(`${base}/agent/other#${mint({ role: 'agent', sub: 'eve', name: 'Eve', tour: 'other' })}`);
  await third.getByText('We are maintaining the system').waitFor();
  await third.goto(`${base}/ops#${ops}`);
  await third.getByText('This server is being emptied').waitFor();
  await joinTour(third, `${base}/t/kept#${mint({ sub: 'cyd', name: 'Cyd', tour: 'kept' })}`, { camera: false });
  await firstFrame(third); // who comes to one that runs is let in
  const { frames } = await inbound(buyer);
  await until(async () => (await inbound(buyer)).frames > frames + 10, 'pictures as ever');
});

await test('at_the_deadline_people_are_told_why_and_the_recording_is_whole', async () => {
  const mint = minter(OWN[0]);
  const ops = mint({ role: 'ops', sub: 'olga', tour: undefined });
  await buyer.evaluate(() => {
    window.endings = [];
    window.oriel.addEventListener('ending', (e) => window.endings.push(e.detail.reason));
  });
  const emptied = await drain('--deadline', '2s', '--wait');
  expectEqual(emptied.status, 0, `status; it says: ${emptied.out}${emptied.err}`);
  expect(emptied.out.endsWith('Nothing runs any more: the server can be stopped.\n'), emptied.out);
  await buyer.getByText('The tour has ended for maintenance').waitFor();
  await agent.getByText('The tour has ended for maintenance').waitFor();
  expectEqual((await buyer.evaluate(() => window.endings)).join(), 'maintenance', 'they were told before');
  const { tours, participants, recordings } = await now(ops);
  expectEqual(`${tours} ${participants} ${recordings}`, '0 0 0', 'what is left');
  await until(() => said('drained').length === 1, 'the log to say so');
  const list = await fetch(`${base}/v1/recordings`, { headers: { authorization: `Bearer ${ops}` } }).then((answer) => answer.json());
  expectEqual(list.recordings.map((r) => `${r.tour} ${r.state}`).join(), 'kept complete', 'the recording');
  const proof = spawnSync(ORIEL, ['recordings', '-c', file, 'verify', list.recordings[0].id], { encoding: 'utf8' });
  expectEqual(proof.status, 0, `${proof.stdout}${proof.stderr}`);
  expectEqual(await begin(), '503 draining 30', 'still none begins');
  expectEqual((await drain('--cancel')).out, 'Tours begin again.\n', 'it is taken back');
  expectEqual(await begin(), '400 sdp_malformed null', 'they do');
  expectEqual((await fetch(`${base}/ready`)).status, 200, '/ready');
});

await browser.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
