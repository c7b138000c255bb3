// Tokens that are not good, at every door, and good ones of people who may not do it or of tours that are not
// there: each row asserts the documented code and message, and that who was there is there still.
import crypto from 'node:crypto';
import { ada, await_, base, base64url, expectError, expectProblem, expectSeated, expectSession, good, http,
  join, joinMessage, leftInGoodOrder, now, OFFER, open, PLAY, post, request, SECRET, server, someSessions,
  stranger, token } from './lib/bad_input.mjs';
import { expectEqual, finish, test } from './lib/harness.mjs';

const sessions = await someSessions();
const { whipUrl, whepUrl } = sessions;
const [HEAD, BODY, SIGN] = good.split('.');

/** A token with a header as it is given, and with `more` before its claims. */
function doubled(header, claims, more) {
  const payload = { role: 'agent', tour: 'demo', sub: 'ada', aud: 'oriel', exp: now() + 600, ...claims };
  const text = `${base64url(header)}.${base64url(`{${more}${JSON.stringify(payload).slice(1)}`)}`;
  return `${text}.${crypto.createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

// What makes a token bad, for a role and tour that would be welcome at the door.
const badTokens = [
  ['one part', () => 'nonsense', 'token_malformed'],
  ['two parts', () => `${HEAD}.${BODY}`, 'token_malformed'],
  ['four parts', () => `${good}.x`, 'token_malformed'],
  ['dots', () => '..', 'token_malformed'],
  ['a header that is not base64url', () => `!!!!.${BODY}.${SIGN}`, 'token_malformed'],
  ['a header that is not JSON', () => `${base64url('{{{')}.${BODY}.${SIGN}`, 'token_malformed'],
  ['a header that is a list', () => `${base64url('["HS256"]')}.${BODY}.${SIGN}`, 'token_malformed'],
  ['a body that is not JSON', () => `${HEAD}.${base64url('{{{')}.${SIGN}`, 'token_malformed'],
  ['a deep header', () => `${base64url('['.repeat(4000))}.${BODY}.${SIGN}`, 'token_malformed'],
  ['crit', (c) => token(c, { header: { alg: 'HS256', crit: ['exp'] } }), 'token_malformed'],
  ['a doubled member of the header', (c) => doubled('{"alg":"HS256","alg":"HS256"}', c, ''), 'token_doubled'],
  ['a doubled claim', (c) => doubled('{"alg":"HS256"}', c, '"role":"ops",'), 'token_doubled'],
  ['a token of another kind', (c) => token(c, { header: { alg: 'HS256', typ: 'secevent+jwt' } }), 'token_type'],
  ['alg none', (c) => token(c, { header: { alg: 'none' } }).replace(/[^.]*$/, ''), 'token_algorithm'],
  ['alg none with a signature', (c) => token(c, { header: { alg: 'none' } }), 'token_algorithm'],
  ['alg NoNe', (c) => token(c, { header: { alg: 'NoNe' } }), 'token_algorithm'],
  ['alg hs256', (c) => token(c, { header: { alg: 'hs256' } }), 'token_algorithm'],
  ['alg missing', (c) => token(c, { header: { typ: 'JWT' } }), 'token_algorithm'],
  ['alg a number', (c) => token(c, { header: { alg: 256 } }), 'token_algorithm'],
  ['alg HS512', (c) => token(c, { header: { alg: 'HS512' }, hash: 'sha512' }), 'token_algorithm'],
  ['alg RS256', (c) => token(c, { header: { alg: 'RS256' } }), 'token_algorithm'],
  ['alg ES256', (c) => token(c, { header: { alg: 'ES256' } }), 'token_algorithm'],
  ['another key', (c) => token(c, { key: SECRET.toUpperCase() }), 'token_signature'],
  ['no signature', (c) => token(c).replace(/[^.]*$/, ''), 'token_signature'],
  ['a short signature', (c) => token(c).slice(0, -3), 'token_signature'],
  ['a signature of another body', (c) => `${HEAD}.${token({ ...c, name: 'Eve' }).split('.')[1]}.${SIGN}`,
    'token_signature'],
  ['expired', (c) => token({ ...c, exp: now() - 60 }), 'token_expired'],
  ['expired long ago', (c) => token({ ...c, exp: -1e15 }), 'token_expired'],
  ['not yet valid', (c) => token({ ...c, nbf: now() + 100 }), 'token_not_yet_valid'],
  ['not valid before the end of time', (c) => token({ ...c, nbf: 1e300 }), 'token_not_yet_valid'],
  ['another audience', (c) => token({ ...c, aud: 'other' }), 'token_audience'],
  ['other audiences', (c) => token({ ...c, aud: ['a', 'b', 5] }), 'token_audience'],
  ['no audience', (c) => token({ ...c, aud: undefined }), 'token_audience'],
  ['no role', (c) => token({ ...c, role: undefined }), 'token_claims'],
  ['an unknown role', (c) => token({ ...c, role: 'none' }), 'token_claims'],
  ['no sub', (c) => token({ ...c, sub: undefined }), 'token_claims'],
  ['an empty sub', (c) => token({ ...c, sub: '' }), 'token_claims'],
  ['a long sub', (c) => token({ ...c, sub: 'x'.repeat(65) }), 'token_claims'],
  ['a NUL in sub', (c) => token({ ...c, sub: 'a\0b' }), 'token_claims|token_malformed|token_signature|token_algorithm'],
  ['a long name', (c) => token({ ...c, name: 'x'.repeat(129) }), 'token_claims'],
  ['a tour with a slash', (c) => token({ ...c, tour: '../demo' }), 'token_claims'],
  ['no exp', (c) => token({ ...c, exp: undefined }), 'token_claims'],
  ['exp as text', (c) => token({ ...c, exp: String(now() + 600) }), 'token_claims'],
  ['nbf as text', (c) => token({ ...c, nbf: 'now' }), 'token_claims'],
];

const doors = {
  'join': async (t, code) => expectError(await request(stranger, joinMessage({ token: t })), code),
  'WHIP': async (t, code) => expectProblem(await post('/whip/demo', t), 401, code),
  'WHEP': async (t, code) => expectProblem(await post('/whep/demo', t, PLAY), 401, code),
  'PATCH': async (t, code) => expectProblem(await http('PATCH', whipUrl, { auth: t, body: 'a=x\r\n',
    type: 'application/trickle-ice-sdpfrag' }), 401, code),
  'DELETE': async (t, code) => expectProblem(await http('DELETE', whepUrl, { auth: t }), 401, code),
  'recordings': async (t, code) => expectProblem(await http('GET', '/v1/recordings', { auth: t }), 401, code),
};
for (const [name, make, code] of badTokens) {
  await test(`token: ${name}: ${code.split('|')[0]} at every door`, async () => {
    for (const [door, knock] of Object.entries(doors)) {
      const ops = door === 'recordings';
      const claims = ops ? { role: 'ops', tour: undefined, sub: 'o' } : { sub: door === 'DELETE' ? 'eye' : 'cam' };
      await knock(make(claims), code).catch((e) => { throw new Error(`${door}: ${e.message}`); });
    }
    expectEqual((await request(stranger, { type: 'ping' })).type, 'pong', 'the connection works');
    await expectSession(whipUrl, 'cam');
  });
}

await test('token: none, an empty one, another scheme: token_missing', async () => {
  for (const authorization of [undefined, 'Bearer', 'Bearer ', 'Basic eDp5', `Token ${good}`, good]) {
    const headers = authorization ? { authorization } : {};
    for (const [method, url] of [['POST', '/whip/demo'], ['POST', '/whep/demo'], ['PATCH', whipUrl],
      ['DELETE', whipUrl], ['GET', '/v1/recordings']]) {
      const body = method === 'POST' || method === 'PATCH' ? OFFER : undefined;
      expectProblem(await http(method, url, { headers, body }), 401, 'token_missing');
    }
  }
});

await test('token: in the query it opens nothing', async () => {
  for (const query of ['token', 'access_token', 'authorization']) {
    expectProblem(await http('GET', `/v1/recordings?${query}=${token({ role: 'ops', tour: undefined })}`), 401, 'token_missing');
  }
});

await test('token: another tour: token_tour', async () => {
  for (const url of ['/whip/other', '/whep/other', '/whip/demo2', '/whip/Demo', '/whip/%64emo2']) {
    expectProblem(await post(url, good), 403, 'token_tour');
  }
  expectProblem(await http('PATCH', whipUrl, { auth: token({ tour: 'other', sub: 'cam' }), body: 'a=x\r\n',
    type: 'application/trickle-ice-sdpfrag' }), 403, 'token_tour');
  expectProblem(await http('DELETE', whipUrl, { auth: token({ tour: 'other', sub: 'cam' }) }), 403, 'token_tour');
  await expectSession(whipUrl, 'cam');
});

// ---- roles

await test('role: what a buyer may not do: forbidden', async () => {
  const bob = await open();
  await join(bob, { token: token({ sub: 'bob', role: 'buyer' }) });
  expectError(await request(bob, { type: 'end' }), 'forbidden');
  expectError(await request(bob, { type: 'record', on: true }), 'forbidden');
  await expectSeated(bob);
  await expectSeated(ada);
  await request(bob, { type: 'leave' });
  await bob.close();
});

await test('role: ops joins what runs, and sends nothing', async () => {
  for (const tour of ['demo', undefined]) {
    const ops = token({ role: 'ops', tour, sub: 'o' });
    expectError(await request(stranger, joinMessage({ token: ops, tour: 'a b' })), tour ? 'token_tour' : 'bad_field', tour ? undefined : 'tour');
    expectError(await request(stranger, { type: 'hello', token: ops, tour: 'other' }), tour ? 'token_tour' : 'tour_unknown');
    expectEqual((await request(stranger, { type: 'hello', token: ops, tour: 'demo' })).you?.role, 'ops', 'role');
    expectProblem(await post('/whip/demo', ops), 403, 'forbidden');
    expectProblem(await post('/whep/demo', ops, PLAY), 403, 'forbidden');
    expectProblem(await http('DELETE', whipUrl, { auth: ops }), 403, 'forbidden');
  }
});

await test('role: recordings are for ops: forbidden', async () => {
  const id = 'f'.repeat(32);
  for (const role of ['buyer', 'agent']) {
    for (const [method, url] of [['GET', '/v1/recordings'], ['GET', `/v1/recordings/${id}`],
      ['POST', `/v1/recordings/${id}/playback`], ['GET', `/v1/recordings/${id}/programme/0.webm`]]) {
      expectProblem(await http(method, url, { auth: token({ role }), body: method === 'POST' ? '' : undefined }), 403, 'forbidden');
    }
  }
});

await test('role: an agent cannot record what is never recorded: forbidden', async () => {
  const client = await open();
  await join(client, { token: token({ tour: 'silent' }), consent: undefined });
  expectError(await request(client, { type: 'record', on: true }), 'forbidden');
  await expectSeated(client);
  expectEqual((await request(client, { type: 'leave' })).type, 'ok', 'leave');
  await client.close();
});

// ---- tours

await test('tour: unknown to a buyer: tour_unknown', async () => {
  const buyer = token({ tour: 'nowhere', role: 'buyer' });
  const before = await server.metric('oriel_signaling_tours');
  expectError(await request(stranger, { type: 'hello', token: buyer }), 'tour_unknown');
  expectError(await request(stranger, joinMessage({ token: buyer })), 'tour_unknown');
  expectProblem(await post('/whip/nowhere', buyer), 404, 'tour_unknown');
  expectProblem(await post('/whep/nowhere', buyer, PLAY), 404, 'tour_unknown');
  expectProblem(await post('/whep/nowhere', token({ tour: 'nowhere' }), PLAY), 404, 'tour_unknown');
  expectEqual(await server.metric('oriel_signaling_tours'), before, 'no tour was made of it');
});

await test('tour: ended by its agent: tour_ended', async () => {
  const [agent, buyer] = [await open(), await open()];
  await join(agent, { token: token({ tour: 'brief' }) });
  await join(buyer, { token: token({ tour: 'brief', role: 'buyer', sub: 'b' }) });
  expectEqual((await request(agent, { type: 'end' })).type, 'ok', 'end');
  expectEqual((await await_(buyer, (m) => m.type === 'tour_ended')).reason, 'ended', 'reason');
  expectEqual((await buyer.closed).code, 1000, 'close code');
  expectEqual((await agent.closed).code, 1000, 'close code');
  const late = token({ tour: 'brief', role: 'buyer', sub: 'b' });
  expectError(await request(stranger, { type: 'hello', token: late }), 'tour_ended');
  expectError(await request(stranger, joinMessage({ token: late })), 'tour_ended');
  expectProblem(await post('/whip/brief', late), 410, 'tour_ended');
  expectProblem(await post('/whep/brief', late, PLAY), 410, 'tour_ended');
});

await test('tour: more WHEP viewers than a token may have: tour_full', async () => {
  const viewer = token({ sub: 'crowd', role: 'buyer' });
  const urls = [];
  for (let i = 0; i < 3; i++) {
    const answer = await post('/whep/demo', viewer, PLAY);
    expectEqual(answer.status, 201, answer.text);
    urls.push(new URL(answer.response.headers.get('location'), base).pathname);
  }
  expectProblem(await post('/whep/demo', viewer, PLAY), 503, 'tour_full');
  for (const url of urls) {
    expectEqual((await http('DELETE', url, { auth: viewer })).status, 200, 'DELETE');
    expectProblem(await http('DELETE', url, { auth: viewer }), 404, 'resource_unknown');
  }
});

await leftInGoodOrder(sessions);
finish();
