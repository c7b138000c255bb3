// What the command line and the configuration may say that they should not: one clear line each.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, expectEqual, finish, test } from './lib/harness.mjs';
import { ORIEL, ROOT, tempDir, writeConfig } from './lib/server.mjs';

const run = (...args) => spawnSync(ORIEL, args, { cwd: ROOT, encoding: 'utf8', timeout: 60000 });

function expectOneLine(result, text, status = 1) {
  expectEqual(result.status, status, `exit status; ${result.stderr}`);
  // A server that got as far as its audit log signs it before it ends, and says what it has signed.
  const lines = result.stderr.trim().split('\n').filter((line) => !line.includes(' info audit_checkpoint: '));
  expectEqual(lines.length, 1, `lines:\n${result.stderr}`);
  expect(lines[0].startsWith('oriel: ') && lines[0].includes(text), `"${lines[0]}" lacks "${text}"`);
  expectEqual(result.stdout, '', 'standard output');
}

const fresh = (change) => {
  const own = tempDir();
  return writeConfig(own, (c) => {
    c.media = { address: '127.0.0.1', port: 0, workers: 1 };
    change(c, own);
  });
};
const put = (own, name, text, mode = 0o644) => {
  fs.writeFileSync(path.join(own, name), text, { mode });
  return path.join(own, name);
};

await test('serve: the TCP port is in use', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.on('listening', resolve));
  const { port } = taken.address();
  const config = await fresh((c) => { c.listen.port = port; });
  expectOneLine(run('serve', '-c', config), `cannot listen on 127.0.0.1 port ${port}: Address already in use`);
  taken.close();
});

await test('serve: the UDP port is in use', async () => {
  const taken = dgram.createSocket('udp4');
  await new Promise((resolve) => taken.bind(0, '127.0.0.1', resolve));
  const { port } = taken.address();
  const config = await fresh((c) => { c.media.port = port; });
  expectOneLine(run('serve', '-c', config), `cannot bind UDP 127.0.0.1:${port}: Address already in use`);
  taken.close();
});

const file = await fresh((c) => { c.auth = { hs256_secret: 'a secret that everybody may know, of course', audience: 'oriel' }; });
const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' });
const broken = [
  ['no configuration', async () => '/nonexistent/oriel.json', 'cannot read the configuration'],
  ['a directory as configuration', async () => tempDir(), 'cannot read the configuration'],
  ['an empty configuration', async () => put(tempDir(), 'c.json', ''), ':1'],
  ['a configuration of noise', async () => put(tempDir(), 'c.json', crypto.randomBytes(500)), 'c.json:'],
  ['a configuration with a NUL', async () => put(tempDir(), 'c.json', '{"a\0b":1}'), 'c.json:'],
  ['a deep configuration', async () => put(tempDir(), 'c.json', '['.repeat(500000)), 'c.json'],
  ['a key of the wrong type', () => fresh((c) => { c.listen = 5; }), 'listen'],
  ['a port of text', () => fresh((c) => { c.listen.port = '8080'; }), '"listen.port": must be a whole number'],
  ['no address', () => fresh((c) => { c.listen.address = 'localhost'; }), 'listen.address'],
  ['a short secret', () => fresh((c, own) => { c.auth.hs256_secret_file = put(own, 's', 'short', 0o600); }), 'at least 32 characters'],
  ['a secret that others read', () => fresh((c, own) => { c.auth.hs256_secret_file = put(own, 's', 'x'.repeat(64)); }), 'chmod 0600'],
  ['a secret that is a directory', () => fresh((c, own) => { c.auth.hs256_secret_file = own; }), 'cannot read the secret file'],
  ['a KEK that is none', () => fresh((c, own) => { c.recording.kek_file = put(own, 'k', 'not hex', 0o600); }), 'not 64 hex digits'],
  ['a KEK that others read', () => fresh((c, own) => { c.recording.kek_file = put(own, 'k', '0'.repeat(64), 0o644); }), 'chmod 0600'],
  ['a KEK that is a directory', () => fresh((c, own) => { c.recording.kek_file = own; }), 'key file'],
  ['no KEK', () => fresh((c) => { c.recording.create_kek = false; }), 'kek'],
  ['recordings in a file', () => fresh((c, own) => { c.recording.dir = put(own, 'f', 'x'); }), 'f'],
  ['no pages', () => fresh((c) => { c.web.dir = '/nonexistent'; }), '/nonexistent: cannot read the pages'],
  ['no certificate', () => fresh((c, own) => { c.tls = { cert: path.join(own, 'none'), key: put(own, 'k', PEM, 0o600) }; }), 'none: cannot read'],
  ['no TLS key', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', 'x'), key: path.join(own, 'none') }; }), 'none: cannot read'],
  ['a certificate that is none', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', 'x'), key: put(own, 'k', PEM, 0o600) }; }),
    'not a usable certificate'],
  ['a key where the certificate should be', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', PEM), key: put(own, 'k', PEM, 0o600) }; }),
    'not a usable certificate'],
  ['a certificate that is a directory', () => fresh((c, own) => { c.tls = { cert: own, key: put(own, 'k', PEM, 0o600) }; }), 'certificate'],
  ['a TLS key that everybody reads', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', 'x'), key: put(own, 'k', PEM) }; }), 'chmod 0640'],
  ['a secret for TURN that others read', () => fresh((c, own) => {
    c.turn = { urls: ['turn:127.0.0.1'], secret_file: put(own, 't', 'x'.repeat(32)) };
  }), 'chmod 0600'],
  ['a certificate without its key', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', 'x') }; }), 'tls'],
  ['a tour twice', () => fresh((c) => { c.tours = [{ name: 'a' }, { name: 'a' }]; }), '"a"'],
  ['a tour with a bad name', () => fresh((c) => { c.tours = [{ name: '../x' }]; }), 'tours'],
];
for (const [name, make, text] of broken) {
  await test(`serve: ${name}: one line`, async () => {
    expectOneLine(run('serve', '-c', await make()), text);
  });
}

await test('check-config at a terminal: a TLS key with a passphrase: one line, and nobody is asked', async () => {
  const key = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' });
  const config = await fresh((c, own) => {
    c.tls = { cert: path.join(own, 'c'), key: put(own, 'k', key, 0o600) };
    const made = spawnSync('openssl', ['req', '-x509', '-key', c.tls.key, '-passin', 'pass:x', '-subj', '/CN=a', '-out', c.tls.cert]);
    expectEqual(made.status, 0, String(made.stderr));
  });
  const { stdout } = spawnSync('script', ['-qec', `${ORIEL} check-config ${config}`, '/dev/null'], { encoding: 'utf8', timeout: 60000 });
  expect(/^oriel: .*k: not a usable key/.test(stdout), stdout);
  expectEqual(stdout.trim().split('\n').length, 1, `lines:\n${stdout}`);
});

for (const [name, make] of broken.filter(([, , text]) => text.startsWith('chmod'))) {
  await test(`check-config: ${name}: one line`, async () => {
    expectOneLine(run('check-config', await make()), 'chmod');
  });
}

for (const [args, text] of [[['fly'], 'unknown command "fly"'], [['serve'], 'serve needs -c FILE'],
  [['serve', '-c'], '-c needs a value'], [['serve', '--fast'], 'unknown option "--fast"'],
  [['x'.repeat(5000)], 'unknown command'], [['token', '--role'], '--role needs a value'],
  [['recordings', 'sing'], 'recordings'], [['token', '-c', file, '--role', 'king', '--tour', 'a'], 'role'],
  [['token', '-c', file, '--role', 'agent', '--tour', 'a b'], 'tour'], [['token', '-c', file, '--role', 'service'], '--scope is needed'],
  [['token', '-c', file, '--scope', 'tours:all'], '--scope has an unknown word'],
  [['token', '-c', file, '--role', 'ops', '--scope', 'tours:read'], '--scope is for --role service'],
  [['token', '-c', file, '--role', 'agent', '--tour', 'a b'], 'tour'],
  [['token', '-c', file, '--role', 'buyer', '--tour', 'a', '--can', '{"tuba":"both"}'], '--can is an object'],
  [['token', '-c', file, '--role', 'buyer', '--tour', 'a', '--can', 'no'], '--can is an object'],
  [['check-config'], 'check-config needs one file']]) {
  await test(`command line: ${args.join(' ').slice(0, 40)}: one line, status 2`, () => {
    expectOneLine(run(...args), text, 2);
  });
}

finish();
