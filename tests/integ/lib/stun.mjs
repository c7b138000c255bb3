// STUN requests (RFC 8489) of a test's own, right and wrong ones.
import crypto from 'node:crypto';

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) {
    c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  return c >>> 0;
});
const crc32 = (b) => (b.reduce((c, x) => (crcTable[(c ^ x) & 255] ^ (c >>> 8)) >>> 0, 0xffffffff) ^ 0xffffffff) >>> 0;

function word(value) {
  const b = Buffer.alloc(4);
  b.writeUInt32BE(value >>> 0);
  return b;
}

function attribute(type, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** A binding request as Chromium sends it, that nominates; the integrity is of `key`, null = none. */
export function stun(username, key, { id = crypto.randomBytes(12), priority = 0x6e001eff } = {}) {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(1, 0);
  head.writeUInt32BE(0x2112a442, 4);
  id.copy(head, 8);
  let body = Buffer.concat([...(username === null ? [] : [attribute(6, Buffer.from(username))]),
    attribute(0x802a, crypto.randomBytes(8)), attribute(0x25, Buffer.alloc(0)), attribute(0x24, word(priority))]);
  const seal = (extra) => {
    head.writeUInt16BE(body.length + extra, 2);
    return Buffer.concat([head, body]);
  };
  if (key) {
    body = Buffer.concat([body, attribute(8, crypto.createHmac('sha1', key).update(seal(24)).digest())]);
  }
  body = Buffer.concat([body, attribute(0x8028, word(crc32(seal(8)) ^ 0x5354554e))]);
  return seal(0);
}
