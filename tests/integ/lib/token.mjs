// Mints tokens as a platform's back end does: JWT, HS256.
import crypto from 'node:crypto';

const base64url = (x) => Buffer.from(x).toString('base64url');

/** A minter for this secret: claims -> token; `ttl` in seconds may be negative. */
export const minter = (secret, defaults = {}) => ({ ttl = 600, ...claims } = {}) => {
  const payload = { role: 'buyer', tour: 'demo', aud: 'oriel', exp: Math.floor(Date.now() / 1000) + ttl,
    ...defaults, ...claims };
  const text = `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify(payload))}`;
  return `${text}.${crypto.createHmac('sha256', secret).update(text).digest('base64url')}`;
};
