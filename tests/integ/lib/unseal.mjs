// Another reader of recordings, written after docs/recording-format.md and nothing else: what somebody
// can do who has a copy of the store, of wraps.db, and the key file. Recordings whose wraps are of the
// provider "file" and not redacted.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { filesBelow } from './search.mjs';

const KEY = 32;
const PROGRAMME = Buffer.alloc(16);
PROGRAMME.write('programme', 'latin1');
const TYPES = { seg: 1, jnl: 2, img: 4, wav: 5, exp: 6 };

const hmac = (key, ...parts) => crypto.createHmac('sha384', key).update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest();
/** HKDF-Expand-SHA-384 of one block. */
const expand = (key, ...info) => hmac(key, ...info, [1]).subarray(0, KEY);
const be32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const be64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };

/** AES-256-GCM; null when it is not authentic. */
function gcm(key, iv, aad, text, tag) {
  const d = crypto.createDecipheriv('aes-256-gcm', key, iv);
  d.setAAD(aad);
  d.setAuthTag(tag);
  try {
    return Buffer.concat([d.update(text), d.final()]);
  } catch {
    return null;
  }
}

/** The plaintext of a FLOE message; null when it does not open. */
function floe(key, aad, sealed) {
  const params = sealed.subarray(0, 10 + 32);
  const derive = (k, purpose) => hmac(k, params, purpose, aad, [1]);
  if (sealed.length < 106 || !derive(key, 'HEADER_TAG:').subarray(0, 32).equals(sealed.subarray(42, 74))) {
    return null;
  }
  const message = derive(key, 'MESSAGE_KEY:');
  const length = sealed.readUInt32BE(2);
  const pieces = [];
  for (let at = 74, n = 0; at < sealed.length; at += length, n++) {
    const s = sealed.subarray(at, at + length);
    const last = at + length >= sealed.length;
    const k = derive(message, Buffer.concat([Buffer.from('DEK:'), be64(n - (n % 2 ** 20))])).subarray(0, KEY);
    const plain = gcm(k, s.subarray(4, 16), Buffer.concat([be64(n), Buffer.from([last ? 1 : 0])]), s.subarray(16, -16), s.subarray(-16));
    if (!plain) {
      return null;
    }
    pieces.push(plain);
  }
  return Buffer.concat(pieces);
}

/** Rows of wraps.db: [{recording, subject (hex), provider, wrap}], as Buffers and texts. */
export function wrapRows(db) {
  const script = `import sqlite3,json,sys
d=sqlite3.connect("file:%s?mode=ro"%sys.argv[1],uri=True)
print(json.dumps([[r.hex(),"%016x"%(s%2**64),p,w.hex()] for r,s,p,w in d.execute("SELECT recording,subject,provider,wrap FROM wraps")]))`;
  const run = spawnSync('python3', ['-c', script, db], { encoding: 'utf8' });
  if (run.status !== 0) {
    throw new Error(run.stderr);
  }
  return JSON.parse(run.stdout).map(([recording, subject, provider, wrap]) => (
    { recording, subject, provider, wrap: Buffer.from(wrap, 'hex') }));
}

const NONE = '0'.repeat(16);

/** All root keys that these rows and this key file give: {recording: {subject: key}}. */
export function rootKeys(rows, kekFile) {
  const kek = Buffer.from(fs.readFileSync(kekFile, 'latin1').trim(), 'hex');
  const keys = {};
  const unwrap = (row, key) => {
    const aad = Buffer.concat([Buffer.from('oriel-wrap/2'), Buffer.from(row.recording + row.subject, 'hex')]);
    return gcm(key, row.wrap.subarray(0, 12), aad, row.wrap.subarray(12, -16), row.wrap.subarray(-16));
  };
  for (const row of rows.filter((r) => r.subject === NONE)) {
    const root = unwrap(row, kek);
    if (root) {
      keys[row.recording] = { [NONE]: root };
    }
  }
  for (const row of rows.filter((r) => r.subject !== NONE && keys[r.recording])) {
    const id = Buffer.from(row.recording, 'hex');
    const key = unwrap(row, expand(keys[row.recording][NONE], 'oriel-subjects/1', id));
    if (key) {
      keys[row.recording][row.subject] = key;
    }
  }
  return keys;
}

/** What the name of an object says: {recording, track, type, epoch, number}; null: not a sealed one. */
function objectOf(name) {
  const m = /^recordings\/([0-9a-f]{32})\/(journal|programme|thumbnails|waveforms|exports|[0-9a-f]{32})\/(?:programme|[0-9a-f]{32})?-?(\d+)?-?(\d+)?\.(\w+)$/.exec(name);
  if (!m || !TYPES[m[5]]) {
    return null;
  }
  const [, recording, room, a, b, ext] = m;
  const type = TYPES[ext];
  const track = room === 'programme' ? PROGRAMME : /^[0-9a-f]{32}$/.test(room) ? Buffer.from(room, 'hex') : Buffer.alloc(16);
  return type === 1 ? { recording, track, type, epoch: Number(a), number: Number(b) }
    : { recording, track, type, epoch: 0, number: Number(a) };
}

function objectAad(o) {
  return Buffer.concat([Buffer.from('oriel-object/1'), Buffer.from([o.type]), Buffer.from(o.recording, 'hex'),
    o.track, be32(o.epoch), be32(o.number)]);
}

/** The key of a media object under a root key. */
function mediaKey(root, o) {
  let key = expand(root, 'oriel-track/1', Buffer.from(o.recording, 'hex'), o.track, be32(o.epoch));
  for (let bit = 19; bit >= 0; bit--) {
    key = expand(key, 'oriel-tree/1', [(o.number >> bit) & 1]);
  }
  return key;
}

/** Tries every key that there is on every sealed journal and media object of a store's folder:
 *  [{name, recording, type, subject, key, plain}] of those that opened, and how many there are. */
export function openAll(objects, keys) {
  const opened = [];
  let tried = 0;
  for (const file of filesBelow(objects)) {
    const name = path.relative(objects, file);
    const o = objectOf(name);
    if (!o || o.type > 2) {
      continue;
    }
    tried++;
    const sealed = fs.readFileSync(file);
    const id = Buffer.from(o.recording, 'hex');
    // Of its own recording and of all others, for a mistake may be anywhere.
    for (const subjects of Object.values(keys)) {
      for (const [subject, root] of Object.entries(subjects)) {
        const key = o.type === 1 ? mediaKey(root, o) : expand(root, 'oriel-objects/1', id);
        const plain = floe(key, objectAad(o), sealed);
        if (plain) {
          opened.push({ name, ...o, subject, root, key, plain });
        }
      }
    }
  }
  return { tried, opened };
}
