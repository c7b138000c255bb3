// Who may enter a nats-server by JWT: NKeys (Ed25519 in base32) and the three kinds of claims, as far as one
// operator with one account takes (docs.nats.io, "JWT authentication guide").
import crypto from 'node:crypto';

const KINDS = { operator: 14 << 3, account: 0, user: 20 << 3 };
const SEED = 18 << 3;

/** CRC-16/XMODEM. */
function crc16(bytes) {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) {
      crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
    }
  }
  return crc;
}

/** RFC 4648, without padding. */
function base32(bytes) {
  const bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{1,5}/g).map((b) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(b.padEnd(5, '0'), 2)]).join('');
}

function encode(...parts) {
  const bytes = Buffer.concat(parts);
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(bytes));
  return base32(Buffer.concat([bytes, crc]));
}

/** A key: {name: its public half, seed, sign(text)}. */
export function nkey(kind) {
  const { privateKey } = crypto.generateKeyPairSync('ed25519');
  const { x, d } = privateKey.export({ format: 'jwk' });
  const prefix = KINDS[kind];
  return {
    name: encode(Buffer.from([prefix]), Buffer.from(x, 'base64url')),
    seed: encode(Buffer.from([SEED | (prefix >> 5), (prefix & 31) << 3]), Buffer.from(d, 'base64url')),
    sign: (text) => crypto.sign(null, Buffer.from(text), privateKey).toString('base64url'),
  };
}

/** What the issuer says of a key. */
export function claims(issuer, subject, nats) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000),
    iss: issuer.name, name: nats.type, sub: subject.name, nats: { version: 2, ...nats } })}`;
  return `${text}.${issuer.sign(text)}`;
}

const UNLIMITED = Object.fromEntries(['subs', 'data', 'payload', 'imports', 'exports', 'conn', 'leaf', 'mem_storage', 'disk_storage',
  'streams', 'consumer'].map((what) => [what, -1]));

/** An operator with an account: {conf: for nats-server, user(): {jwt, key, creds: the file's text}}. */
export function operator() {
  const [root, account, system] = [nkey('operator'), nkey('account'), nkey('account')];
  const limits = { ...UNLIMITED, wildcards: true };
  const preload = [account, system].map((a) => `${a.name}: "${claims(root, a, { type: 'account', limits: a === system ? { ...limits,
    mem_storage: 0, disk_storage: 0, streams: 0, consumer: 0 } : limits })}"`);
  return {
    conf: `operator: "${claims(root, root, { type: 'operator' })}"
system_account: ${system.name}
resolver: MEMORY
resolver_preload: { ${preload.join('\n')} }`,
    user(issuer = account) {
      const key = nkey('user');
      const jwt = claims(issuer, key, { type: 'user', subs: -1, data: -1, payload: -1, pub: {}, sub: {} });
      return { jwt, key, creds: `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n`
        + `-----BEGIN USER NKEY SEED-----\n${key.seed}\n------END USER NKEY SEED------\n` };
    },
  };
}
