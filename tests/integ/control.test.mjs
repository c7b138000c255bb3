// The control plane from outside: command line, configuration errors, HTTP, WebSocket, tokens.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import zlib from 'node:zlib';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, freePort, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { WsClient } from './lib/ws.mjs';

const dir = tempDir();
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const AUDIENCE = 'oriel';

function own(config) {
  config.state_dir = path.join(dir, 'var');
  config.listen.port = port;
  config.auth.hs256_secret_file = path.join(dir, 'var/jwt.secret');
  config.media = { address: '127.0.0.1', port: 0, workers: 2 };
  config.recording.dir = path.join(dir, 'var/recordings');
  config.recording.kek_file = path.join(dir, 'var/kek');
  config.origins = ['https://shop.example'];
  config.log = { level: 'debug', format: 'json' };
}

const file = await writeConfig(dir, own);
const oriel = (...args) => spawnSync(ORIEL, args, { cwd: ROOT, encoding: 'utf8' });

function bad(text) {
  const name = path.join(dir, 'bad.json');
  fs.writeFileSync(name, text);
  return { name, ...oriel('check-config', name) };
}

const base64url = (x) => Buffer.from(x).toString('base64url');
let secret = '';

function token(claims, { alg = 'HS256', key = secret } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const payload = { role: 'agent', tour: 'demo', sub: 'x', aud: AUDIENCE, exp: now + 60, ...claims };
  const text = `${base64url(JSON.stringify({ alg, typ: 'JWT' }))}.${base64url(JSON.stringify(payload))}`;
  return `${text}.${crypto.createHmac('sha256', key).update(text).digest('base64url')}`;
}

await test('command line: version, help, usage', () => {
  expect(/^oriel \d+\.\d+\.\d+\n$/.test(oriel('--version').stdout), 'version');
  expectEqual(oriel('--help').status, 0, '--help');
  expectEqual(oriel('serve', '--help').status, 0, 'serve --help');
  expect(oriel('token', '--help').stdout.includes('--role'), 'token --help');
  for (const args of [[], ['fly'], ['serve'], ['serve', '-c'], ['token', '--role'], ['token', '--x', '1'],
    ['check-config'], ['recordings'], ['recordings', 'sing'], ['token', '-c', file, '--role', 'king', '--tour', 'a'],
    ['token', '-c', file, '--role', 'agent'], ['token', '-c', file, '--role', 'agent', '--tour', 'a b']]) {
    expectEqual(oriel(...args).status, 2, `exit status of oriel ${args.join(' ')}`);
  }
});

await test('check-config: good files', () => {
  expectEqual(oriel('check-config', file).stdout, `${file}: ok\n`, 'own file');
  expectEqual(oriel('check-config', 'conf/dev.json').status, 0, 'conf/dev.json');
  expectEqual(oriel('check-config', 'conf/oriel.json').status, 0, 'conf/oriel.json');
});

await test('check-config: one clear line with its number', () => {
  for (const [text, message] of [
    ['{\n  "listen": {\n    "prot": 1\n  }\n}', ':3: "listen.prot": unknown key (did you mean "listen.port"?)'],
    ['{ // x\n  "listen": { "port": 99999 } }', ':2: "listen.port": must be a whole number 0..65535'],
    ['{\n\n  "a": }', ':3: '],
    ['{ "tls": { "cert": "/nonexistent", "key": "/nonexistent" } }', '/nonexistent: cannot read'],
  ]) {
    const result = bad(text);
    expectEqual(result.status, 1, `status for ${text}`);
    expect(result.stderr.includes(message), `${result.stderr} lacks ${message}`);
    expectEqual(result.stderr.trim().split('\n').length, 1, 'lines');
  }
  expectEqual(oriel('check-config', path.join(dir, 'none.json')).status, 1, 'missing file');
});

const asOps = () => ({ Authorization: `Bearer ${token({ role: 'ops', tour: undefined })}` });
const ID = 'ffffffffffffffffffffffffffffffff';

let server;

await test('serve: prints links and ready', async () => {
  server = new Server([ORIEL, 'serve', '-c', file]);
  await server.ready;
  expect(server.urls.agent.startsWith(`${base}/agent/demo#`), server.urls.agent);
  expect(server.urls.buyer.startsWith(`${base}/t/demo#`), server.urls.buyer);
  expect(server.urls.ops.startsWith(`${base}/ops#`), server.urls.ops);
  secret = fs.readFileSync(path.join(dir, 'var/jwt.secret'), 'utf8').trim();
  expectEqual(fs.statSync(path.join(dir, 'var/jwt.secret')).mode & 0o777, 0o600, 'mode of the secret');
});

await test('serve: a second server on the port says so and ends', () => {
  const result = oriel('serve', '-c', file);
  expectEqual(result.status, 1, 'status');
  expect(result.stderr.includes(`port ${port}`) && result.stderr.includes('in use'), result.stderr);
});

await test('serve: an unreadable key file is one clear line', async () => {
  const other = tempDir();
  const name = await writeConfig(other, (c) => {
    own(c);
    c.listen.port = 0;
    c.auth.hs256_secret_file = path.join(other, 'nothing');
    c.auth.create_secret = false;
  });
  const result = oriel('serve', '-c', name);
  expectEqual(result.status, 1, 'status');
  expect(result.stderr.includes('cannot read the secret file'), result.stderr);
});

await test('health, ready, metrics', async () => {
  expectEqual(await (await fetch(`${base}/health`)).text(), '{"status":"ok"}', 'health');
  const ready = await fetch(`${base}/ready`);
  expectEqual(ready.status, 200, 'ready');
  expectEqual((await ready.json()).status, 'ready', 'ready');
  const text = await (await fetch(`${base}/metrics`)).text();
  for (const name of ['oriel_media_rtp_in_total', 'oriel_recorder_alarm', 'oriel_ws_connections',
    'oriel_signaling_tours', 'oriel_worker_rtp_out_total', 'oriel_socket_pool_empty_total']) {
    expect(text.includes(`# HELP ${name} `) && text.includes(`# TYPE ${name} `), name);
    expect(new RegExp(`^${name}(\\{.*\\})? \\d+$`, 'm').test(text), `${name} has a value`);
  }
  for (const line of text.trim().split('\n')) {
    expect(/^# (HELP \w+ .+|TYPE \w+ (counter|gauge|histogram))$|^\w+(\{[\w=",.+-]+\})? \d+(\.\d+)?$/.test(line), line);
    expect(!/^# TYPE \w+ counter$/.test(line) || /_total counter$/.test(line), line);
  }
});

await test('security headers are on every answer', async () => {
  for (const url of ['/', '/health', '/nothing']) {
    const { headers } = await fetch(base + url);
    expect(headers.get('content-security-policy')?.includes("frame-ancestors 'none'"), `csp of ${url}`);
    expectEqual(headers.get('x-content-type-options'), 'nosniff', url);
    expectEqual(headers.get('referrer-policy'), 'no-referrer', url);
    expect(headers.get('permissions-policy')?.includes('microphone=(self)'), `permissions of ${url}`);
  }
});

await test('404, 405, 413 as problem+json', async () => {
  const cases = [['GET', '/nothing', 404, 'not_found'], ['GET', '/assets/../conf/dev.json', 404, 'not_found'],
    ['GET', '/t/', 404, 'not_found'], ['DELETE', '/health', 405, 'method_not_allowed'],
    ['PUT', '/health', 405, 'method_not_allowed'], ['GET', '/whip/demo', 405, 'method_not_allowed'],
    ['GET', '/v1/signal', 426, 'upgrade_required']];
  for (const [method, url, status, code] of cases) {
    const answer = await fetch(base + url, { method });
    expectEqual(answer.status, status, `${method} ${url}`);
    expectEqual(answer.headers.get('content-type'), 'application/problem+json', `${method} ${url}`);
    expectEqual((await answer.json()).code, code, `${method} ${url}`);
  }
  const large = await fetch(`${base}/whip/demo`, { method: 'POST', body: 'x'.repeat(300000) });
  expectEqual(large.status, 413, 'large body');
  expectEqual((await fetch(`${base}/health`, { method: 'DELETE' })).headers.get('allow'),
    'GET, HEAD, OPTIONS', 'allow');
});

await test('pages: types, entity tags, HEAD', async () => {
  const page = await fetch(`${base}/`);
  expectEqual(page.status, 200, 'index');
  expectEqual(page.headers.get('content-type'), 'text/html; charset=utf-8', 'type');
  const etag = page.headers.get('etag');
  await page.text();
  const again = await fetch(`${base}/`, { headers: { 'If-None-Match': etag } });
  expectEqual(again.status, 304, 'revalidated');
  const head = await fetch(`${base}/`, { method: 'HEAD' });
  expectEqual(head.headers.get('etag'), etag, 'HEAD');
  for (const url of ['/t/demo', '/agent/demo', '/ops']) {
    expectEqual((await fetch(base + url)).status, 200, url);
  }
});

/** Pages as a build makes them, with twins beside them. */
function builtPages() {
  const web = fs.mkdtempSync(path.join(dir, 'web-'));
  const text = `<!doctype html><title>${'A house. '.repeat(2000)}</title>`;
  const files = { 'index.html': text, '404.html': '<!doctype html><title>Nothing here</title>', 'dev.html': 'parts', 'a/x-ABCDEF27.js': text };
  fs.mkdirSync(path.join(web, 'a'));
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(web, name), content);
    fs.writeFileSync(path.join(web, `${name}.br`), zlib.brotliCompressSync(content));
    fs.writeFileSync(path.join(web, `${name}.gz`), zlib.gzipSync(content));
  }
  return { web, text };
}

await test('pages: what a client accepts, what it may keep, and where there is nothing', async () => {
  const { web, text } = builtPages();
  const at = await freePort();
  const name = await writeConfig(tempDir(), (c) => {
    own(c);
    c.listen.port = at;
    c.state_dir = path.join(dir, 'pages');
    c.recording.enabled = false;
    c.web = { dir: web };
  });
  const built = new Server([ORIEL, 'serve', '-c', name]);
  await built.ready;
  const get = (url, headers = {}) => new Promise((resolve, reject) => http.get(`http://127.0.0.1:${at}${url}`, { headers }, (r) => {
    const parts = [];
    r.on('data', (d) => parts.push(d));
    r.on('end', () => resolve({ status: r.statusCode, headers: r.headers, body: Buffer.concat(parts) }));
  }).on('error', reject));
  const tags = new Set();
  for (const [accepted, coding, decode] of [[undefined, undefined, (b) => b], ['gzip, deflate, br, zstd', 'br', zlib.brotliDecompressSync],
    ['gzip, deflate', 'gzip', zlib.gunzipSync], ['br;q=0, gzip;q=0', undefined, (b) => b]]) {
    const answer = await get('/', accepted ? { 'accept-encoding': accepted } : {});
    expectEqual(`${answer.status} ${answer.headers['content-encoding']} ${answer.headers.vary}`, `200 ${coding} accept-encoding, accept-language`, `coding of ${accepted}`);
    expectEqual(decode(answer.body).toString(), text, `what ${accepted} gets`);
    expectEqual(Number(answer.headers['content-length']), answer.body.length, 'length');
    const again = await get('/', { 'if-none-match': answer.headers.etag, ...(accepted && { 'accept-encoding': accepted }) });
    expectEqual(again.status, 304, `${accepted} revalidated`);
    tags.add(answer.headers.etag);
  }
  expectEqual(tags.size, 3, 'a tag for each coding');
  expectEqual((await get('/', { 'accept-encoding': 'identity;q=0' })).status, 406, 'takes nothing');
  expectEqual((await get('/assets/a/x-ABCDEF27.js')).headers['cache-control'], 'public, max-age=31536000, immutable', 'kept for good');
  expectEqual((await get('/')).headers['cache-control'], 'no-cache', 'asked for again');
  const lost = await get('/nowhere', { accept: 'text/html,*/*;q=0.8', 'accept-encoding': 'br' });
  expectEqual(`${lost.status} ${lost.headers['content-type']}`, '404 text/html; charset=utf-8', 'a browser that is lost');
  expect(zlib.brotliDecompressSync(lost.body).toString().includes('Nothing here'), 'its page');
  expectEqual((await get('/nowhere')).headers['content-type'], 'application/problem+json', 'a program');
  for (const url of ['/dev/components', '/assets/dev.html', '/assets/index.html.br', '/assets/a/x-ABCDEF27.js.gz']) {
    expectEqual((await get(url)).status, 404, url);
  }
  expectEqual((await built.stop()).code, 0, 'exit status');
});

await test('CORS: bearer endpoints answer any origin, without credentials', async () => {
  const asked = await fetch(`${base}/whip/demo`, { method: 'OPTIONS', headers: { Origin: 'https://x.example' } });
  expectEqual(asked.status, 204, 'OPTIONS');
  expectEqual(asked.headers.get('access-control-allow-origin'), '*', 'origin');
  expectEqual(asked.headers.get('accept-post'), 'application/sdp', 'accept-post');
  expect(asked.headers.get('access-control-allow-headers').includes('Authorization'), 'headers');
  expectEqual(asked.headers.get('access-control-allow-credentials'), null, 'credentials');
  const post = await fetch(`${base}/whip/demo`, { method: 'POST', body: '' });
  expect(post.headers.get('access-control-expose-headers').includes('Location'), 'expose');
});

await test('WHIP: content type and token', async () => {
  const post = (headers, body = 'v=0') => fetch(`${base}/whip/demo`, { method: 'POST', headers, body });
  const none = await post({ 'Content-Type': 'application/sdp' });
  expectEqual(none.status, 401, 'no token');
  expectEqual(none.headers.get('www-authenticate'), 'Bearer', 'challenge');
  const agent = `Bearer ${token({})}`;
  expectEqual((await post({ 'Content-Type': 'text/plain', Authorization: agent })).status, 415, 'type');
  const junk = await post({ 'Content-Type': 'application/sdp', Authorization: agent });
  expectEqual((await junk.json()).code, 'sdp_malformed', 'junk');
});

await test('tokens: each failure has its code', async () => {
  const client = await WsClient.open(base);
  expectEqual(client.protocol, 'oriel.v1', 'subprotocol');
  const now = Math.floor(Date.now() / 1000);
  const code = async (t) => (await client.ask({ type: 'hello', id: 1, token: t })).code ?? 'ok';
  expectEqual(await code(token({})), 'ok', 'good');
  expectEqual(await code('nonsense'), 'token_malformed', 'malformed');
  expectEqual(await code(token({}, { key: 'wrong'.repeat(10) })), 'token_signature', 'signature');
  expectEqual(await code(token({}, { alg: 'HS512' })), 'token_algorithm', 'HS512');
  const none = `${base64url('{"alg":"none"}')}.${base64url('{"role":"agent"}')}.`;
  expectEqual(await code(none), 'token_algorithm', 'none');
  expectEqual(await code(token({ exp: now - 60 })), 'token_expired', 'expired');
  expectEqual(await code(token({ exp: now - 10 })), 'ok', 'within the leeway');
  expectEqual(await code(token({ nbf: now + 100 })), 'token_not_yet_valid', 'not yet');
  expectEqual(await code(token({ aud: 'other' })), 'token_audience', 'audience');
  expectEqual(await code(token({ role: 'king' })), 'token_claims', 'role');
  expectEqual(await code(token({ sub: undefined })), 'token_claims', 'sub');
  expectEqual(await code(token({ exp: undefined })), 'token_claims', 'exp');
  const minted = oriel('token', '-c', file, '--role', 'buyer', '--tour', 'demo', '--name', 'Ada').stdout.trim();
  const welcome = await client.ask({ type: 'hello', id: 2, token: minted });
  expectEqual(welcome.you?.name, 'Ada', 'minted by oriel token');
  await client.close();
});

await test('WebSocket: origins and subprotocol', async () => {
  const status = (options) => WsClient.open(base, options).then((c) => (c.close(), 101), (e) => e.status);
  expectEqual(await status({}), 101, 'no origin');
  expectEqual(await status({ origin: base }), 101, 'own origin');
  expectEqual(await status({ origin: 'https://shop.example' }), 101, 'listed origin');
  expectEqual(await status({ origin: 'https://evil.example' }), 403, 'foreign origin');
  expectEqual(await status({ origin: 'null' }), 403, 'null origin');
  expectEqual(await status({ protocol: null }), 400, 'no subprotocol');
  expectEqual(await status({ protocol: 'chat' }), 400, 'other subprotocol');
  expectEqual(await status({ protocol: 'chat, oriel.v1' }), 101, 'ours among others');
  expectEqual(await status({ path: '/elsewhere' }), 404, 'other path');
});

await test('WebSocket: too large a message is refused, the connection goes on', async () => {
  const client = await WsClient.open(base);
  client.send(`{"type":"hello","pad":"${'x'.repeat(300000)}"}`);
  expectEqual((await client.next()).code, 'too_large', 'one frame');
  client.sendFragments(['{"type":"hello","pad":"', 'x'.repeat(200000), 'x'.repeat(200000), '"}']);
  expectEqual((await client.next()).code, 'too_large', 'fragments');
  expectEqual((await client.ask({ type: 'hello', id: 7, token: token({}) })).re, 7, 'still there');
  client.sendFragments(['{"type":"he', 'llo","id":8,"token":"', token({}), '"}']);
  expectEqual((await client.next()).re, 8, 'fragments of a good message');
  expectEqual((await client.ask({ type: 'dance', id: 9 })).code, 'unknown_type', 'unknown');
  client.send('not json');
  expectEqual((await client.next()).code, 'bad_json', 'bad json');
  await client.close();
  await until(async () => (await server.metric('oriel_ws_connections')) === 0, 'no connection left');
});

await test('HTTP: pieces, pipelines, and clients that leave', async () => {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (d) => { text += d; });
  for (const piece of ['GET /hea', 'lth HTTP/1.1\r\nHo', 'st: x\r\n\r', '\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n']) {
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  await until(() => text.split('"status":"ok"').length === 3, 'two answers');
  socket.destroy();
  // Requests sent ahead of answers: after a GET they wait for their turn; after a body the
  // connection ends with the answer. In no case does anybody else wait.
  const head = `Host: x\r\nAuthorization: ${asOps().Authorization}\r\n`;
  const get = (url) => `GET ${url} HTTP/1.1\r\n${head}\r\n`;
  const post = (url) => `POST ${url} HTTP/1.1\r\n${head}Content-Length: 3\r\n\r\nv=0`;
  for (const [sent, wanted, count] of [
    [get('/v1/recordings').repeat(3) + get('/health'), 'HTTP/1.1 200', 4],
    [post('/whip/demo').repeat(3) + get('/health'), 'HTTP/1.1 4', 1],
    [post(`/v1/recordings/${ID}/playback`) + get('/health'), '', 0],
    [get(`/v1/recordings/${ID}/programme/0.webm`).repeat(2), 'HTTP/1.1 404', 2],
    [`${get('/health')}rubbish`, 'HTTP/1.1 200', 1],
  ]) {
    const ahead = net.connect(port, '127.0.0.1');
    let answers = '';
    ahead.setEncoding('utf8');
    ahead.on('error', () => {});
    ahead.on('data', (d) => { answers += d; });
    ahead.write(sent);
    const health = await fetch(`${base}/health`, { signal: AbortSignal.timeout(5000) });
    expectEqual(health.status, 200, `the server goes on after ${sent.slice(0, 40)}`);
    await until(() => !count || answers.split(wanted).length > count, `answers to ${sent.slice(0, 40)}`, 5000);
    ahead.destroy();
  }
  for (const length of ['-1', '5x', '99999999999999999999']) {
    const odd = net.connect(port, '127.0.0.1');
    let line = '';
    odd.on('error', () => {});
    odd.on('data', (d) => { line += d; });
    odd.write(`POST /whip/demo HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nhello`);
    await until(() => line, `an answer to Content-Length: ${length}`);
    expect(/^HTTP\/1.1 (400|413) /.test(line), `${length}: ${line.slice(0, 40)}`);
    odd.destroy();
  }
  const gone = net.connect(port, '127.0.0.1');
  gone.on('error', () => {});
  await new Promise((resolve) => gone.on('connect', resolve));
  gone.write('POST /whip/demo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nv=0');
  gone.destroy();
  await until(async () => (await server.metric('oriel_connections')) <= 2, 'nothing left open');
});

await test('recordings: who may see them', async () => {
  expectEqual((await fetch(`${base}/v1/recordings`)).status, 401, 'nobody');
  const agent = await fetch(`${base}/v1/recordings`, { headers: { Authorization: `Bearer ${token({})}` } });
  expectEqual(agent.status, 403, 'agent');
  const ops = await fetch(`${base}/v1/recordings`, { headers: asOps() });
  expectEqual(ops.status, 200, 'ops');
  expect(Array.isArray((await ops.json()).recordings), 'a list');
  for (const url of [`/v1/recordings/${ID}`, `/v1/recordings/zz`, `/v1/recordings/${ID}/programme/0.webm`]) {
    expectEqual((await fetch(base + url, { headers: asOps() })).status, 404, url);
  }
  const ticket = await fetch(`${base}/v1/recordings/${ID}/playback`, { method: 'POST', headers: asOps() });
  expectEqual(ticket.status, 404, 'ticket for nothing');
  const revoke = (query, claims) => fetch(`${base}/v1/recordings/${ID}/playback${query}`, { method: 'DELETE',
    headers: claims ? { Authorization: `Bearer ${token(claims)}` } : asOps() });
  const bound = { role: 'ops', tour: 'demo' };
  for (const [query, claims, status] of [['', null, 204], ['?sub=*', null, 204], ['?sub=x', null, 204], ['', bound, 204], ['?sub=*', bound, 403],
    [`?sub=${'x'.repeat(65)}`, null, 400], ['', { role: 'agent' }, 403]]) {
    expectEqual((await revoke(query, claims)).status, status, `revoke${query}`);
  }
  const forged = { Cookie: `oriel_play=99999999999.${'0'.repeat(64)}` };
  const media = `${base}/v1/recordings/${ID}/programme/0.webm`;
  const status = await new Promise((resolve) => http.get(media, { headers: forged }, (r) => resolve(r.statusCode)));
  expectEqual(status, 401, 'forged ticket');
  expectEqual(oriel('recordings', '-c', file, 'list', '--json').status, 0, 'recordings list');
  const verified = oriel('recordings', '-c', file, 'verify', '--all', '--json');
  expectEqual(verified.status, 0, 'verify nothing');
  expectEqual(JSON.parse(verified.stdout).damaged, 0, 'damaged');
});

await test('recordings: what may be asked of the list', async () => {
  const list = (query, claims) => fetch(`${base}/v1/recordings?${query}`,
    { headers: claims ? { Authorization: `Bearer ${token(claims)}` } : asOps() });
  const good = ['', 'limit=1', 'limit=99999', 'q=', 'q=a%20b', 'q=%C3%BC', 'person=x&state=damaged', 'from=2024-01-01&to=2025-01-01T00:00:00%2B01:00',
    `after=n${'0'.repeat(48)}`, 'unknown=1', 'q=%25%27%22;--'];
  for (const query of good) {
    const answer = await list(query);
    expectEqual(answer.status, 200, query);
    expectEqual(JSON.stringify(await answer.json()), '{"recordings":[],"next":null,"previous":null}', query);
  }
  for (const query of ['limit=x', 'limit=-1', 'after=1', 'state=open', 'from=now', 'to=2023-02-29', `q=${'x'.repeat(200)}`, `q=${'x'.repeat(900)}&limit=1`]) {
    const answer = await list(query);
    expectEqual(answer.status, 400, query);
    expectEqual((await answer.json()).code, 'bad_request', query);
  }
  expectEqual((await list('tour=demo', { role: 'ops', tour: 'demo' })).status, 200, 'its own tour');
  const other = await list('tour=other', { role: 'ops', tour: 'demo' });
  expectEqual((await other.json()).code, 'token_tour', 'another tour');
  for (const [args, status] of [[['list', '--find', 'x', '--limit', '5'], 0], [['list', '--state', 'x'], 2], [['list', '--limit', '0'], 2],
    [['list', '--from'], 2], [['list', '--what'], 2], [['verify'], 2], [['verify', ID, ID], 2], [['verify', ID], 1], [[], 2], [['erase'], 2]]) {
    expectEqual(oriel('recordings', '-c', file, ...args).status, status, args.join(' '));
  }
});

await test('links carry tokens that work, logs carry none', async () => {
  const client = await WsClient.open(base);
  for (const who of ['agent', 'buyer']) {
    const welcome = await client.ask({ type: 'hello', id: 1, token: tokenOf(server.urls[who]) });
    expectEqual(welcome.you?.role, who, who);
  }
  await client.close();
  for (const line of server.log) {
    const entry = JSON.parse(line);
    expect(entry.ts && entry.level && entry.event && 'msg' in entry, line);
    expect(!line.includes('eyJ') && !line.includes(secret), 'a secret in the log');
  }
});

await test('SIGHUP reads the log level again, SIGTERM ends in good order', async () => {
  const good = fs.readFileSync(file, 'utf8');
  const said = (event) => server.log.map((l) => JSON.parse(l)).filter((l) => l.event === event);
  fs.writeFileSync(file, good.replace('"level": "debug"', '"level": "loud"'));
  for (const n of [1, 2]) { // what the first said has come before the second is known
    process.kill(server.pid, 'SIGHUP');
    await until(() => said('reload_failed').length === n, 'a bad file to be refused');
  }
  expect(said('reload_failed').every((l) => l.msg.includes('"log.level": must be')), 'it says why');
  expectEqual(said('reloaded').length, 0, 'and nothing else');
  fs.writeFileSync(file, good.replace('"level": "debug"', '"level": "info"'));
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.log.some((l) => l.includes('"reloaded"')), 'the log line');
  const client = await WsClient.open(base);
  const end = server.stop();
  expectEqual((await client.closed).code, 1001, 'close code');
  const { code, signal } = await end;
  expectEqual(code, 0, `exit status (${signal})\n${server.tail()}`);
});

await test('WebSocket: a client that does not read is closed, the others go on', async () => {
  const slow = tempDir();
  const name = await writeConfig(slow, (c) => {
    own(c);
    c.state_dir = path.join(slow, 'var');
    c.log.level = 'warn';
    c.limits = { send_queue_kib: 64, messages_per_second: 10000 };
  });
  const other = new Server([ORIEL, 'serve', '-c', name]);
  await other.ready;
  const client = await WsClient.open(base);
  const reader = await WsClient.open(base);
  client.socket.pause();
  const hello = JSON.stringify({ type: 'hello', id: 1, token: token({}) });
  for (let i = 0; i < 15000; i++) {
    client.send(hello);
  }
  await until(() => other.metric('oriel_ws_slow_closed_total'), 'the slow client is closed');
  expectEqual((await reader.ask({ type: 'hello', id: 2, token: token({}) })).re, 2, 'the other one');
  client.socket.destroy();
  await until(async () => (await other.metric('oriel_ws_connections')) === 1, 'it is gone');
  expectEqual((await other.stop()).code, 0, 'exit status');
});

await test('a server behind a proxy that speaks TLS is one of https', async () => {
  const behind = tempDir();
  const port = await freePort();
  const other = new Server([ORIEL, 'serve', '-c', await writeConfig(behind, (c) => {
    own(c);
    c.state_dir = path.join(behind, 'var');
    c.listen.port = port;
    c.public_url = 'https://tours.example.com';
  })]);
  await other.ready;
  const answer = await fetch(`http://127.0.0.1:${port}/health`);
  expectEqual(answer.headers.get('strict-transport-security'), 'max-age=31536000', 'HSTS');
  expectEqual((await other.stop()).code, 0, 'exit status');
});

await test('--lan: TLS with a certificate for the address', async () => {
  const lan = tempDir();
  const name = await writeConfig(lan, (c) => {
    own(c);
    c.state_dir = path.join(lan, 'var');
  });
  const other = new Server([ORIEL, 'serve', '-c', name, '--lan', '127.0.0.1']);
  await other.ready;
  expect(other.urls.agent.startsWith('https://127.0.0.1:8443/agent/demo#'), other.urls.agent);
  const curl = spawnSync('curl', ['-sSi', '--cacert', path.join(lan, 'var/tls/cert.pem'),
    'https://127.0.0.1:8443/health'], { encoding: 'utf8' });
  expect(curl.stdout.includes('{"status":"ok"}'), curl.stderr);
  expect(/^strict-transport-security: /mi.test(curl.stdout), 'HSTS');
  process.kill(other.pid, 'SIGHUP');
  const said = (event) => other.log.map((l) => JSON.parse(l)).filter((l) => l.event === event);
  await until(() => said('reloaded').length === 1, 'reload');
  const [good, pem] = [fs.readFileSync(name, 'utf8'), path.join(lan, 'var/tls/cert.pem')];
  const cert = fs.readFileSync(pem);
  fs.writeFileSync(name, good.replace('"level": "debug"', '"level": "loud"'));
  process.kill(other.pid, 'SIGHUP');
  await until(() => said('reload_failed').length === 1, 'a bad file to be refused');
  fs.writeFileSync(name, good.replace('"level": "debug"', '"level": "error"'));
  fs.writeFileSync(pem, 'nonsense');
  for (const n of [2, 3]) {
    process.kill(other.pid, 'SIGHUP');
    await until(() => said('reload_failed').length === n, 'a bad certificate to be refused');
  }
  expect(said('reload_failed').slice(1).every((l) => l.msg.includes('not a usable certificate')), 'it says why');
  fs.writeFileSync(name, good);
  fs.writeFileSync(pem, cert);
  process.kill(other.pid, 'SIGHUP');
  await until(() => said('reloaded').length === 2, 'the level has stayed, and the next reload is good');
  const metrics = spawnSync('curl', ['-sS', '--cacert', path.join(lan, 'var/tls/cert.pem'),
    'https://127.0.0.1:8443/metrics'], { encoding: 'utf8' }).stdout;
  expect(metrics.includes('oriel_reloads_total{result="ok"} 2\n'), 'reloads are counted');
  expect(metrics.includes('oriel_reloads_total{result="failed"} 3\n'), 'and those that failed');
  const again = spawnSync('curl', ['-sS', '--cacert', path.join(lan, 'var/tls/cert.pem'),
    'https://127.0.0.1:8443/health'], { encoding: 'utf8' });
  expectEqual(again.stdout, '{"status":"ok"}', 'after the reload');
  expectEqual((await other.stop()).code, 0, 'exit status');
});

finish();
