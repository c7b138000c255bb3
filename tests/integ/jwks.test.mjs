// Tokens of an identity provider: made by somebody else's library, with keys at a URL that rotate, go
// away and come back, while people are in the tour.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, freePort, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'keys at a URL do not replace the secret';
const ISSUER = 'https://login.example.com/realms/tours';
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8');
const SOURCES = [{ mid: '0', kind: 'microphone' }, { mid: '1', kind: 'camera' }];
const PAUSE_S = 1;

/** A key of the provider's. */
async function makeKey(alg, kid) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, publicKey, privateKey, jwk: { ...await exportJWK(publicKey), kid, alg, use: 'sig' } };
}

/** The provider's endpoint: what it answers can be changed at any time, and it counts. */
const idp = {
  port: await freePort(),
  keys: [],
  asked: 0,
  cache: 'public, max-age=1', // sooner than jwks.refresh_s
  answer: null, // instead of the keys
  async open() {
    this.server = http.createServer((request, response) => {
      this.asked++;
      if (this.answer) {
        this.answer(request, response);
        return;
      }
      response.setHeader('content-type', 'application/jwk-set+json');
      response.setHeader('cache-control', this.cache);
      response.end(JSON.stringify({ keys: this.keys.map((k) => k.jwk) }));
    });
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  },
  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  },
};

/** A token as the provider issues it: groups, not roles. */
function token(key, claims = {}, { kid = key.kid, ttl = 600, typ = 'JWT' } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const jwt = new SignJWT({ tour: 'demo', realm_access: { roles: ['staff', 'tour-agents'] }, iss: ISSUER, sub: 'ada',
    aud: ['account', 'oriel'], iat: now, exp: now + ttl, ...claims });
  return jwt.setProtectedHeader({ alg: key.alg, typ, ...(kid && { kid }) }).sign(key.privateKey);
}

const rsa = await makeKey('RS256', 'rsa-1');
const ec = await makeKey('ES256', 'ec-1');
const own = minter(SECRET);

const dir = tempDir();
const file = await writeConfig(dir, (c) => {
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.tours = [{ name: 'demo', title: 'Demo', record: 'off' }];
  c.limits = { sessions_per_second: 100000, messages_per_second: 10000, failed_tokens_per_minute: 0 };
  c.log = { format: 'json', level: 'info' };
  c.auth = {
    hs256_secret: SECRET,
    audience: 'oriel',
    issuers: [{
      name: 'idp',
      issuer: ISSUER,
      algorithms: ['RS256', 'ES256'],
      keys_url: `http://127.0.0.1:${idp.port}/certs`,
      max_lifetime_s: 3600,
      role_claim: ['realm_access', 'roles'],
      roles: { 'tour-ops': 'ops', 'tour-agents': 'agent', customers: 'buyer' },
    }],
    jwks: { refresh_s: 10, pause_s: PAUSE_S, retry_max_s: 1 },
  };
});
const server = new Server([ORIEL, 'serve', '-c', file]);
await server.ready;
const base = new URL(server.urls.agent).origin;
const said = (event) => server.log.map((l) => JSON.parse(l)).filter((l) => l.event === event);
const whip = (t, tour = 'demo') => fetch(`${base}/whip/${tour}`, { method: 'POST', body: OFFER,
  headers: { authorization: `Bearer ${t}`, 'content-type': 'application/sdp' } });

/** {status, code} of WHIP with this token. */
async function door(t) {
  const response = await whip(t);
  const text = await response.text();
  return { status: response.status, code: response.status === 201 ? 'ok' : JSON.parse(text).code };
}

/** What `hello` says of this token, on a connection of its own. */
async function hello(t) {
  const client = await WsClient.open(base);
  const reply = await client.ask({ type: 'hello', id: 1, token: t });
  await client.close();
  return reply.type === 'welcome' ? 'ok' : reply.code;
}

/** A client that is in the tour. */
async function join(t) {
  const client = await WsClient.open(base);
  client.send(JSON.stringify({ type: 'join', id: 1, token: t, offer: OFFER, sources: SOURCES }));
  for (;;) {
    const reply = await client.next();
    if (reply.re === 1) {
      expect(reply.type === 'joined', `${reply.type} ${reply.code}`);
      return client;
    }
  }
}

const accepted = (t) => until(async () => await hello(t) === 'ok', 'the token to be taken', 20000);

await test('the keys are away at the start: the server works, and its own tokens do', async () => {
  const t = await token(rsa);
  expectEqual(await hello(t), 'token_keys_unavailable', 'over the WebSocket');
  const { status, code } = await door(t);
  expectEqual(`${status} ${code}`, '503 token_keys_unavailable', 'by WHIP');
  expectEqual((await whip(t)).headers.get('retry-after'), '5', 'and says when to come back');
  expectEqual(await hello(own({ sub: 'us' })), 'ok', 'a token of our own');
  await until(() => said('keys_fetch_failed').length === 1, 'the log to say it');
  expectEqual(said('keys_fetch_failed')[0].issuer, 'idp', 'whose they are');
  const ready = await (await fetch(`${base}/ready`)).json();
  expect(/^idp: keys cannot be fetched for \d+ s$/.test(ready.checks.tokens), ready.checks.tokens);
  expectEqual(ready.status, 'ready', 'and yet');
  expect(await server.metric('oriel_jwks_failures_total{issuer="idp"}') >= 1, 'they are counted');
});

await test('and then they are there: RS256 and ES256 of another library join, by WebSocket and WHIP', async () => {
  idp.keys = [rsa, ec];
  await idp.open();
  await accepted(await token(rsa));
  expectEqual(said('keys_fetch_recovered').length, 1, 'the log says that, too');
  for (const key of [rsa, ec]) {
    const client = await join(await token(key, { sub: `ws-${key.alg}` }));
    await client.close();
    const { status } = await door(await token(key, { sub: `whip-${key.alg}` }));
    expectEqual(status, 201, `WHIP with ${key.alg}`);
    await accepted(await token(key, {}, { kid: null }));
    await accepted(await token(key, {}, { typ: 'at+jwt' }));
  }
  expectEqual(await server.metric('oriel_token_keys{issuer="idp"}'), 2, 'keys');
  const ready = await (await fetch(`${base}/ready`)).json();
  expectEqual(ready.checks.tokens, 'ok', '/ready');
});

await test('groups become roles, and a sub is one of its issuer', async () => {
  const buyer = await token(ec, { realm_access: { roles: ['customers'] }, sub: 'bob' });
  const client = await WsClient.open(base);
  const welcome = await client.ask({ type: 'hello', id: 1, token: buyer });
  expectEqual(welcome.you.role, 'buyer', 'role');
  await client.close();
  // The same sub of ourselves is another seat: nobody is put out.
  const theirs = await join(await token(ec, { sub: 'same' }));
  const ours = await join(own({ sub: 'same', role: 'agent' }));
  expectEqual(await Promise.race([theirs.closed, theirs.ask({ type: 'ping', id: 2 }).then(() => 'in')]), 'in', 'theirs');
  await Promise.all([theirs.close(), ours.close()]);
});

await test('each way to be wrong has its code', async () => {
  const other = await makeKey('RS256', 'rsa-1');
  const unknown = await makeKey('ES256', 'nobody');
  const pem = await exportSPKI(rsa.publicKey);
  const now = Math.floor(Date.now() / 1000);
  const text = (o) => Buffer.from(typeof o === 'string' ? o : JSON.stringify(o)).toString('base64url');
  const hmac = (header, payload, secret) => {
    const input = `${text(header)}.${text(payload)}`;
    return `${input}.${crypto.createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const claims = { iss: ISSUER, sub: 'eve', tour: 'demo', aud: 'oriel', exp: now + 600,
    realm_access: { roles: ['tour-ops'] } };
  const [head, body, signature] = (await token(rsa)).split('.');
  const rows = [
    ['another key of the same name', await token(other), 'token_signature'],
    ['a body that was changed', `${head}.${text(claims)}.${signature}`, 'token_signature'],
    ['a key that is not there', await token(unknown), 'token_key_unknown'],
    ['the public key as a secret', hmac({ alg: 'HS256', kid: 'rsa-1' }, claims, pem), 'token_algorithm'],
    ['our secret for their issuer', hmac({ alg: 'HS256' }, claims, SECRET), 'token_algorithm'],
    ['none', `${text({ alg: 'none' })}.${text(claims)}.`, 'token_algorithm'],
    ['RS384', await new SignJWT(claims).setProtectedHeader({ alg: 'RS384' }).sign(rsa.privateKey), 'token_algorithm'],
    ['their key for ourselves', await token(rsa, { iss: undefined }), 'token_algorithm'],
    ['a doubled claim', hmac({ alg: 'HS256' }, `{"sub":"a",${JSON.stringify({ ...claims, iss: 'us' }).slice(1)}`, SECRET),
      'token_doubled'],
    ['a doubled header', hmac('{"alg":"HS256","alg":"HS256"}', claims, SECRET), 'token_doubled'],
    ['a logout token', await token(rsa, {}, { typ: 'logout+jwt' }), 'token_type'],
    ['expired', await token(ec, {}, { ttl: -60 }), 'token_expired'],
    ['not yet', await token(ec, { nbf: now + 300 }), 'token_not_yet_valid'],
    ['too long a life', await token(ec, {}, { ttl: 7200 }), 'token_lifetime'],
    ['issued too long ago', await token(ec, { iat: now - 7200 }), 'token_lifetime'],
    ['for somebody else', await token(ec, { aud: 'account' }), 'token_audience'],
    ['no group of ours', await token(ec, { realm_access: { roles: ['staff'] } }), 'token_claims'],
    ['our own word for a role', await token(ec, { role: 'ops', realm_access: undefined }), 'token_claims'],
    ['no tour', await token(ec, { tour: undefined }), 'token_claims'],
  ];
  for (const [what, t, code] of rows) {
    expectEqual(await hello(t), code, `${what}, over the WebSocket`);
    const answer = await door(t);
    expectEqual(`${answer.status} ${answer.code}`, `401 ${code}`, `${what}, by WHIP`);
  }
  expect(await server.metric('oriel_tokens_total{code="token_doubled"}') >= 4, 'refusals are counted');
});

await test('keys rotate under load: nobody is put out, and newcomers come in all the time', async () => {
  const seats = [];
  for (let i = 0; i < 12; i++) {
    seats.push(await join(await token(i % 2 ? rsa : ec, { sub: `seat-${i}` })));
  }
  const lost = [];
  seats.forEach((s, i) => s.closed.then((c) => lost.push([i, c])));
  // The provider publishes the next keys before it signs with them, as providers do.
  const next = [await makeKey('RS256', 'rsa-2'), await makeKey('ES256', 'ec-2')];
  const refused = [];
  let signing = [rsa, ec];
  let tries = 0;
  let over = false;
  const load = (async () => {
    while (!over) {
      const key = signing[tries % 2];
      const code = await hello(await token(key, { sub: `new-${tries++}` }));
      if (code !== 'ok') {
        refused.push([key.kid, code]);
      }
    }
  })();
  try {
    idp.keys = [rsa, ec, ...next];
    await until(() => server.metric('oriel_token_keys{issuer="idp"}').then((n) => n === 4), 'four keys', 20000);
    signing = next;
    const before = tries;
    await until(() => tries > before + 20, 'tokens by the new keys');
    idp.keys = next;
    await until(() => server.metric('oriel_token_keys{issuer="idp"}').then((n) => n === 2), 'two keys', 20000);
    const after = tries;
    await until(() => tries > after + 20, 'tokens after the rotation');
  } finally {
    over = true;
    await load;
  }
  expectEqual(JSON.stringify(refused), '[]', `refused of ${tries}`);
  expectEqual(await hello(await token(rsa)), 'token_key_unknown', 'the old key');
  for (const [i, seat] of seats.entries()) {
    expectEqual((await seat.ask({ type: 'ping', id: 9 })).type !== undefined, true, `seat ${i}`);
  }
  expectEqual(JSON.stringify(lost), '[]', 'who was put out');
  // One that signs at once with a key that nobody has seen: it is asked for, and soon taken.
  const sudden = await makeKey('ES256', 'sudden');
  idp.keys = [...next, sudden];
  await accepted(await token(sudden));
  // And one that has no name: the signature is wrong until its key is there.
  const nameless = await makeKey('ES256', undefined);
  idp.keys = [...next, nameless];
  expectEqual(await hello(await token(nameless)), 'token_signature', 'before its key is there');
  await accepted(await token(nameless));
  idp.keys = next; // a key without a name fits any, and the next test is about names
  await until(() => server.metric('oriel_token_keys{issuer="idp"}').then((n) => n === 2), 'two keys again', 20000);
  [rsa, ec].forEach((k, i) => Object.assign(k, next[i]));
  await Promise.all(seats.map((s) => s.close()));
});

await test('hostile names of keys: the provider is asked now and then, however many there are', async () => {
  idp.cache = 'no-cache';
  const asked = idp.asked;
  const began = Date.now();
  const client = await WsClient.open(base);
  let n = 0;
  while (Date.now() - began < 4000) {
    const t = await token(ec, {}, { kid: `k${crypto.randomUUID()}` });
    const answer = await client.ask({ type: 'hello', id: 1, token: t });
    expectEqual(answer.code, 'token_key_unknown', 'refused');
    n++;
  }
  await client.close();
  const seconds = (Date.now() - began) / 1000;
  expect(idp.asked - asked <= seconds / PAUSE_S + 2, `${n} tokens asked ${idp.asked - asked} times in ${seconds} s`);
  expectEqual(await hello(await token(ec)), 'ok', 'everybody else');
});

await test('the provider answers nonsense, redirects, or is gone: its keys go on to serve', async () => {
  const nonsense = [
    (q, r) => r.end('<html>maintenance</html>'),
    (q, r) => r.end('{"keys":[]}'),
    (q, r) => r.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    (q, r) => r.writeHead(500).end(),
    (q, r) => r.end('x'.repeat(300 * 1024)),
  ];
  for (const answer of nonsense) {
    const before = await server.metric('oriel_jwks_failures_total{issuer="idp"}');
    idp.answer = answer;
    await hello(await token(ec, {}, { kid: 'whoever' }));
    await until(async () => await server.metric('oriel_jwks_failures_total{issuer="idp"}') > before, 'a failure', 20000);
    expectEqual(await hello(await token(ec)), 'ok', 'meanwhile');
  }
  await idp.close();
  const before = await server.metric('oriel_jwks_failures_total{issuer="idp"}');
  await until(async () => await server.metric('oriel_jwks_failures_total{issuer="idp"}') > before + 1, 'it to be away');
  expectEqual(await hello(await token(ec)), 'ok', 'while it is gone');
  idp.answer = null;
  await idp.open();
  await until(async () => await server.metric('oriel_jwks_failing_seconds{issuer="idp"}') === 0
    && said('keys_fetch_recovered').length >= 2, 'it to be back', 20000);
});

await test('SIGHUP reads issuers and files of keys again, and refuses nobody meanwhile', async () => {
  const good = fs.readFileSync(file, 'utf8');
  const pem = path.join(dir, 'partner.pem');
  const partner = await makeKey('ES256', 'partner');
  const theirs = await token(partner, { iss: 'partner', role: 'agent', realm_access: undefined });
  const config = JSON.parse(good);
  expectEqual(await hello(theirs), 'token_algorithm', 'before');
  config.auth.issuers.push({ name: 'partner', issuer: 'partner', algorithms: ['ES256'], keys_file: pem });
  fs.writeFileSync(file, JSON.stringify(config, null, 2));
  const seat = await join(await token(ec, { sub: 'seat' }));
  process.kill(server.pid, 'SIGHUP');
  await until(() => said('reload_failed').length === 1, 'a file that is missing to be refused');
  expect(said('reload_failed')[0].msg.includes(`${pem}: cannot read the keys`), said('reload_failed')[0].msg);
  expectEqual(await hello(await token(ec)), 'ok', 'all is as before');
  fs.writeFileSync(pem, await exportSPKI(partner.publicKey));
  const asked = idp.asked;
  process.kill(server.pid, 'SIGHUP');
  await until(() => said('reloaded').length === 1, 'the reload');
  expectEqual(await hello(theirs), 'ok', 'the new issuer');
  expectEqual(await hello(await token(ec)), 'ok', 'and the old one');
  await until(() => idp.asked > asked, 'the keys to be asked for anew');
  expectEqual((await seat.ask({ type: 'ping', id: 9 })).type !== undefined, true, 'who is in stays in');
  await seat.close();
});

await test('oriel token keeps to the longest lifetime', async () => {
  const short = path.join(dir, 'short.json');
  const config = JSON.parse(fs.readFileSync(file, 'utf8'));
  config.auth.max_lifetime_s = 60;
  fs.writeFileSync(short, JSON.stringify(config));
  const make = (...more) => spawnSync(ORIEL, ['token', '-c', short, '--role', 'buyer', '--tour', 'demo', ...more],
    { encoding: 'utf8' });
  const { exp, iat } = JSON.parse(Buffer.from(make().stdout.split('.')[1], 'base64url').toString());
  expectEqual(exp - iat, 60, 'without --ttl');
  expect(make('--ttl', '61').stderr.includes('auth.max_lifetime_s'), 'with too much');
  config.auth.hs256_secret = '';
  config.auth.hs256_secret_file = '';
  fs.writeFileSync(short, JSON.stringify(config));
  expect(make('--ttl', '60').stderr.includes('no secret of ours'), 'without a secret');
});

await test('check-config names what is wrong', async () => {
  const wrong = path.join(dir, 'wrong.json');
  const check = (change) => {
    const config = JSON.parse(fs.readFileSync(file, 'utf8'));
    change(config.auth.issuers);
    fs.writeFileSync(wrong, JSON.stringify(config, null, 2));
    const { status, stderr, stdout } = spawnSync(ORIEL, ['check-config', wrong], { encoding: 'utf8' });
    return status === 0 ? stdout : stderr;
  };
  expectEqual(check(() => {}), `${wrong}: ok\n`, 'a good one');
  const line = /:\d+: "auth\.issuers\[0\]\.(\w+)": /;
  for (const [member, value] of [['keys_url', 'http://login.example.com/certs'], ['algorithms', ['none']],
    ['roles', { x: 'king' }], ['name', '']]) {
    const told = check((issuers) => { issuers[0][member] = value; });
    expectEqual(line.exec(told)?.[1], member, told);
  }
  const told = check((issuers) => { issuers[1].keys_file = '/nowhere/keys'; });
  expect(told.includes('/nowhere/keys: cannot read the keys'), told);
});

await test('the example of the documentation makes a token that joins', async () => {
  const page = fs.readFileSync(path.join(ROOT, 'docs/tokens.md'), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(page)[1];
  const module = path.join(ROOT, `tests/integ/example-${process.pid}.mjs`);
  process.on('exit', () => fs.rmSync(module, { force: true }));
  fs.writeFileSync(module, code);
  const { makeToken, keySet } = await import(module);
  const t = await makeToken({ sub: 'ada', name: 'Ada', role: 'agent', tour: 'demo' });
  const claims = JSON.parse(Buffer.from(t.split('.')[1], 'base64url').toString());
  const config = JSON.parse(fs.readFileSync(file, 'utf8'));
  const keys = path.join(dir, 'example.json');
  fs.writeFileSync(keys, JSON.stringify(keySet));
  config.auth.issuers.push({ name: 'example', issuer: claims.iss, algorithms: ['ES256'], keys_file: keys });
  fs.writeFileSync(file, JSON.stringify(config, null, 2));
  process.kill(server.pid, 'SIGHUP');
  await until(() => said('reloaded').length === 2, 'the reload');
  const client = await join(t);
  await client.close();
});

await test('over TLS a provider is believed whose name and CA are right, and nobody else', async () => {
  const cert = path.join(dir, 'idp.pem');
  const key = path.join(dir, 'idp.key');
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
    key, '-out', cert, '-subj', '/CN=idp', '-days', '2', '-addext', 'subjectAltName=IP:127.0.0.1']);
  expectEqual(made.status, 0, String(made.stderr));
  const signer = await makeKey('ES256', 'tls');
  const secure = https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) },
    (q, r) => r.end(JSON.stringify({ keys: [signer.jwk] })));
  await new Promise((resolve) => secure.listen(0, '127.0.0.1', resolve));
  const { port } = secure.address();
  const config = JSON.parse(fs.readFileSync(file, 'utf8'));
  const issuer = (name, host, more) => ({ name, issuer: name, algorithms: ['ES256'],
    keys_url: `https://${host}:${port}/certs`, ...more });
  config.auth.issuers.push(issuer('right', '127.0.0.1', { ca_file: cert }), issuer('stranger', '127.0.0.1'),
    issuer('name', 'localhost', { ca_file: cert }));
  fs.writeFileSync(file, JSON.stringify(config, null, 2));
  const reloads = said('reloaded').length;
  process.kill(server.pid, 'SIGHUP');
  await until(() => said('reloaded').length === reloads + 1, 'the reload');
  const claims = { role: 'agent', realm_access: undefined };
  await accepted(await token(signer, { ...claims, iss: 'right' }));
  for (const name of ['stranger', 'name']) {
    await until(() => said('keys_fetch_failed').some((l) => l.issuer === name && /certificate|SSL|subject/i.test(l.why)),
      `${name} to be refused`);
    expectEqual(await hello(await token(signer, { ...claims, iss: name })), 'token_keys_unavailable', name);
  }
  secure.closeAllConnections();
  await new Promise((resolve) => secure.close(resolve));
});

await test('it ends in good order', async () => {
  const { code, signal } = await server.stop();
  expectEqual(code, 0, `exit status (${signal})\n${server.tail()}`);
  await idp.close();
});

finish();
