// A server for those who send what they should not, and how each of them is to be answered: with the
// documented code and message. Whoever uses this ends with leftInGoodOrder().
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, expectEqual, test, until } from './harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './server.mjs';
import { WsClient } from './ws.mjs';

// The messages people read; a change of one is a change of the interface.
const MESSAGES = {
  bad_json: 'The message is not valid JSON.',
  too_large: 'The message is larger than the server accepts.',
  too_deep: 'The message is nested too deeply.',
  unknown_type: 'The server knows no message of this type.',
  bad_field: 'A field is missing or has a wrong value.',
  not_joined: 'Join a tour first.',
  already_joined: 'This connection has already joined a tour.',
  token_missing: 'A token is needed.',
  token_malformed: 'The token is not a JSON Web Token.',
  token_doubled: 'The token says the same thing twice.',
  token_type: 'The token is of another kind.',
  token_algorithm: "The token's algorithm is not accepted.",
  token_signature: "The token's signature is wrong.",
  token_expired: 'The token has expired. Ask for a new link.',
  token_not_yet_valid: 'The token is not valid yet.',
  token_audience: 'The token is meant for another service.',
  token_claims: 'The token lacks a claim that Oriel needs.',
  token_tour: 'The token is for another tour.',
  forbidden: 'Your role may not do this.',
  tour_unknown: 'There is no such tour.',
  tour_ended: 'This tour has ended.',
  tour_full: 'The tour is full.',
  sdp_malformed: 'The offer is not a valid session description.',
  sdp_unsupported: 'The offer asks for what the server cannot do.',
  codec_unsupported: "The offer lacks the tour's codec.",
  content_type: "The body's content type is not accepted here.",
  resource_unknown: 'There is no such session.',
  etag_mismatch: 'The session has changed since.',
  resume_unknown: 'This seat is gone. Join again.',
  consent_required: 'Joining a recorded tour needs consent.',
  seat_taken: 'You are in this tour on another device.',
  seat_taken_over: 'You joined from another window.',
};

const dir = tempDir();
export const SECRET = 'bad input needs a good secret, of course';
const file = await writeConfig(dir, (c) => {
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours = [{ name: 'demo', title: 'Demo', record: 'manual' },
    { name: 'silent', title: 'Never recorded', record: 'off' }];
  c.limits = { messages_per_second: 1000, sessions_per_second: 100000, whep_per_token: 3, failed_tokens_per_minute: 0 };
});
export const server = await new Server([ORIEL, 'serve', '-c', file]).ready;
export const base = new URL(server.urls.agent).origin;

export const data = (name) => fs.readFileSync(path.join(ROOT, 'tests/data', name), 'utf8');
export const OFFER = data('offer.sdp');
export const PLAY = OFFER.replaceAll('a=sendonly', 'a=recvonly');
export const SOURCES = [{ mid: '0', kind: 'microphone' }, { mid: '1', kind: 'camera' }];
export const CONSENT = { recording: true, version: '1' };

export const base64url = (x) => Buffer.from(x).toString('base64url');
export const now = () => Math.floor(Date.now() / 1000);
const hmac = (text, key, hash = 'sha256') => crypto.createHmac(hash, key).update(text).digest('base64url');

export function token(claims = {}, { header = { alg: 'HS256', typ: 'JWT' }, key = SECRET, hash } = {}) {
  const payload = { role: 'agent', tour: 'demo', sub: 'ada', aud: 'oriel', exp: now() + 600, ...claims };
  const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`;
  return `${text}.${hmac(text, key, hash)}`;
}

export const good = token();


export const open = () => WsClient.open(base);
let nextId = 0;

/** The next message that `match` accepts; events between are passed over. */
export async function await_(client, match) {
  for (;;) {
    const message = await client.next(5000);
    if (match(message)) {
      return message;
    }
  }
}

/** Sends an object with an id of its own and gives its reply. */
export function request(client, object) {
  const id = ++nextId;
  client.send(JSON.stringify({ ...object, id }));
  return await_(client, (m) => m.re === id);
}

export const joinMessage = (more = {}) => ({ type: 'join', token: good, consent: CONSENT, offer: OFFER,
  sources: SOURCES, ...more });

export async function join(client, more) {
  const joined = await request(client, joinMessage(more));
  expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 300));
  return joined;
}

export function expectError(reply, code, field) {
  expectEqual(reply.type, 'error', `type of ${JSON.stringify(reply).slice(0, 200)}`);
  expect(code.split('|').includes(reply.code), `code ${reply.code} instead of ${code}`);
  expectEqual(reply.message, MESSAGES[reply.code], 'message');
  expectEqual(reply.field, field, 'field');
}

/** A seat does what only a seat may do. */
export async function expectSeated(client) {
  expectEqual((await request(client, { type: 'consent', recording: true })).type, 'ok', 'the seat works');
}

/** Somebody with a seat, and somebody who is only connected. */
export const ada = await open();
await join(ada);
export const stranger = await open();

const bearer = (t) => (t === undefined ? {} : { authorization: `Bearer ${t}` });

export async function http(method, url, { auth, type, body, headers } = {}) {
  const response = await fetch(base + url, { method, body,
    headers: { ...bearer(auth), ...(type && { 'content-type': type }), ...headers } });
  const text = await response.text();
  const isProblem = response.headers.get('content-type') === 'application/problem+json';
  return { response, status: response.status, text, problem: isProblem ? JSON.parse(text) : null };
}

export function expectProblem(answer, status, code) {
  expect(answer.problem, `${answer.status} ${answer.text.slice(0, 200)} is no problem+json`);
  expect(code.split('|').includes(answer.problem.code), `code ${answer.problem.code} instead of ${code}`);
  expectEqual(answer.problem.title, MESSAGES[answer.problem.code], 'title');
  expectEqual(answer.status, status, 'status');
  expectEqual(answer.problem.status, status, 'status in the body');
  expectEqual(answer.response.headers.get('www-authenticate'), status === 401 ? 'Bearer' : null, 'challenge');
}

/** The status of a problem with an offer. */
export const STATUS = { sdp_malformed: 400, sdp_unsupported: 422, codec_unsupported: 422, too_large: 413 };

export const post = (door, auth, body = OFFER, type = 'application/sdp') => http('POST', door, { auth, type, body });

/** Sessions of a camera by WHIP and of a viewer by WHEP: their answers, and where they are. */
export async function someSessions() {
  const whip = await post('/whip/demo', token({ sub: 'cam' }));
  const whep = await post('/whep/demo', token({ sub: 'eye', role: 'buyer' }), PLAY);
  await test('WHIP and WHEP sessions for what follows', () => {
    expectEqual(whip.status, 201, whip.text.slice(0, 300));
    expectEqual(whep.status, 201, whep.text.slice(0, 300));
  });
  const where = (answer) => new URL(answer.response.headers.get('location'), base).pathname;
  return { whip, whipUrl: where(whip), whepUrl: where(whep) };
}

/** A session answers its owner: a fragment without credentials is 204. */
export async function expectSession(url, sub) {
  const answer = await http('PATCH', url, { auth: token({ sub }), type: 'application/trickle-ice-sdpfrag', body: 'a=x\r\n' });
  expectEqual(answer.status, 204, `the session is there: ${answer.text}`);
}

/** What is there at the end is what was there before all that was refused: Ada, and the sessions if they were
 *  made. */
export async function leftInGoodOrder(sessions) {
  await test('after everything: who had a seat and a session has it, and nothing else is there', async () => {
    await expectSeated(ada);
    if (sessions) {
      await expectSession(sessions.whipUrl, 'cam');
    }
    const participants = sessions ? 2 : 1;
    await until(async () => (await server.metric('oriel_signaling_participants')) === participants, 'Ada, and the camera');
    expectEqual(await server.metric('oriel_signaling_sessions'), sessions ? 3 : 1, 'sessions');
    await Promise.all([ada.close(), stranger.close()]);
  });

  await test('the server ends in good order, without a report of a sanitizer', async () => {
    expectEqual((await server.stop()).code, 0, `exit status\n${server.tail()}`);
    const report = server.log.filter((l) => /Sanitizer|runtime error/.test(l));
    expectEqual(report.join('\n'), '', 'reports');
  });
}
