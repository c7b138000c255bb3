// Session descriptions that the server cannot accept, at every door, and what else WHIP and WHEP refuse: each
// row asserts the documented code and message, and that the session it was sent to is as it was.
import { ada, base, data, expectError, expectProblem, expectSeated, expectSession, good, http, joinMessage,
  leftInGoodOrder, OFFER, post, request, someSessions, STATUS, stranger, token } from './lib/bad_input.mjs';
import { expectEqual, finish, test } from './lib/harness.mjs';

const sessions = await someSessions();
const { whip, whipUrl, whepUrl } = sessions;

// ---- session descriptions

const line = (from, to) => (sdp) => sdp.replace(from, to);
const badOffers = [
  ['nothing', () => '', 'sdp_malformed'], ['a word', () => 'offer', 'sdp_malformed'],
  ['an object', (sdp) => JSON.stringify({ type: 'offer', sdp }), 'sdp_malformed'],
  ['version 1', line('v=0', 'v=1'), 'sdp_malformed'], ['no version', line('v=0\r\n', ''), 'sdp_malformed'],
  ['no media', (sdp) => sdp.slice(0, sdp.indexOf('m=')), 'sdp_malformed'],
  ['a line without =', line('\r\na=setup', '\r\nsetup'), 'sdp_malformed'],
  ['a blank line', line('\r\na=setup', '\r\n\r\na=setup'), 'sdp_malformed'],
  ['a media line cut short', line(/m=audio .*/, 'm=audio 9'), 'sdp_malformed'],
  ['port 70000', line('m=audio 9', 'm=audio 70000'), 'sdp_malformed'],
  ['port -9', line('m=audio 9', 'm=audio -9'), 'sdp_malformed'],
  ['mid twice', line('a=mid:1', 'a=mid:0'), 'sdp_malformed'], ['mid empty', line('a=mid:0', 'a=mid:'), 'sdp_malformed|bad_field'],
  ['mid too long', line('a=mid:1', `a=mid:${'1'.repeat(17)}`), 'sdp_unsupported|bad_field'],
  ['no ufrag', (sdp) => sdp.replaceAll(/a=ice-ufrag.*\r\n/g, ''), 'sdp_malformed'],
  ['no pwd', (sdp) => sdp.replaceAll(/a=ice-pwd.*\r\n/g, ''), 'sdp_malformed'],
  ['ufrag of 3', (sdp) => sdp.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:abc'), 'sdp_malformed'],
  ['ufrag of 33', (sdp) => sdp.replaceAll(/a=ice-ufrag:.*/g, `a=ice-ufrag:${'x'.repeat(33)}`), 'sdp_unsupported|sdp_malformed'],
  ['pwd of 21', (sdp) => sdp.replaceAll(/a=ice-pwd:.*/g, `a=ice-pwd:${'x'.repeat(21)}`), 'sdp_malformed'],
  ['pwd of 65', (sdp) => sdp.replaceAll(/a=ice-pwd:.*/g, `a=ice-pwd:${'x'.repeat(65)}`), 'sdp_unsupported|sdp_malformed'],
  ['a space in ufrag', (sdp) => sdp.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:ab cd'), 'sdp_malformed'],
  ['no fingerprint', (sdp) => sdp.replaceAll(/a=fingerprint.*\r\n/g, ''), 'sdp_unsupported'],
  ['fingerprint sha-1', (sdp) => sdp.replaceAll('sha-256', 'sha-1'), 'sdp_unsupported'],
  ['fingerprint cut short', (sdp) => sdp.replaceAll(/:..\r\na=setup/g, '\r\na=setup'), 'sdp_malformed'],
  ['fingerprint of dots', (sdp) => sdp.replaceAll(/sha-256 .*/g, `sha-256 ${'..:'.repeat(31)}..`), 'sdp_malformed'],
  ['setup holdconn', (sdp) => sdp.replaceAll('actpass', 'holdconn'), 'sdp_unsupported'],
  ['RTP without encryption', (sdp) => sdp.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 'sdp_unsupported'],
  ['SDES', (sdp) => sdp.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/SAVP'), 'sdp_unsupported'],
  ['no rtcp-mux', (sdp) => sdp.replaceAll('a=rtcp-mux\r\n', ''), 'sdp_unsupported'],
  ['no BUNDLE', line(/a=group:BUNDLE.*\r\n/, ''), 'sdp_unsupported'],
  ['half a BUNDLE', line('a=group:BUNDLE 0 1', 'a=group:BUNDLE 0'), 'sdp_unsupported'],
  ['no codec of ours', (sdp) => sdp.replaceAll('VP8/90000', 'VP7/90000').replaceAll('opus/48000', 'celt/48000'), 'codec_unsupported'],
  ['codecs at other clocks', (sdp) => sdp.replaceAll('VP8/90000', 'VP8/1').replaceAll('opus/48000/2', 'opus/8000'), 'codec_unsupported'],
  ['extmap without an id', line(/a=extmap:\d+/, 'a=extmap:x'), 'sdp_malformed'],
  ['25 lines', (sdp) => sdp + 'm=video 0 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(23), 'sdp_unsupported'],
  ['200 KiB', (sdp) => `${sdp}${'a=x:y\r\n'.repeat(28000)}`, 'too_large|sdp_malformed|sdp_unsupported'],
];
const halls = {
  join: async (sdp, code) => {
    const reply = await request(stranger, joinMessage({ token: token({ sub: 'eve' }), offer: sdp }));
    expectError(reply, code, reply.code === 'bad_field' ? 'sources' : reply.field);
  },
  restart: async (sdp, code) => {
    const reply = await request(ada, { type: 'restart', offer: sdp });
    expectError(reply, code, reply.code === 'bad_field' ? 'sources' : reply.field);
  },
  WHIP: async (sdp, code) => hall('/whip/demo', sdp, code),
  WHEP: async (sdp, code) => hall('/whep/demo', sdp.replaceAll('a=sendonly', 'a=recvonly'), code),
};

async function hall(url, sdp, code) {
  const answer = await post(url, token({ sub: 'eve' }), sdp);
  expectProblem(answer, STATUS[answer.problem?.code], code);
}
for (const [name, change, code] of badOffers) {
  await test(`offer: ${name}: ${code.split('|')[0]}`, async () => {
    for (const [door, knock] of Object.entries(halls)) {
      // WHIP and WHEP name no mids, so an empty one is nobody's business there.
      if (name === 'mid empty' && door.startsWith('WH')) {
        continue;
      }
      await knock(change(OFFER), code).catch((e) => { throw new Error(`${door}: ${e.message}`); });
    }
    await expectSeated(ada);
    await expectSession(whipUrl, 'cam');
  });
}

for (const name of ['offer.sdp', 'chromium_tour.sdp', 'firefox.sdp', 'aiortc.sdp', 'gstreamer.sdp']) {
  await test(`offer: ${name} cut at 40 places is refused or answered`, async () => {
    const sdp = data(name);
    const codes = Object.keys(STATUS).join('|');
    for (let i = 0; i < 40; i++) {
      const cut = sdp.slice(0, Math.floor((sdp.length * i) / 40) + (i % 7));
      const reply = await request(stranger, joinMessage({ token: token({ sub: 'eve' }), offer: cut, sources: [] }));
      expectError(reply, codes, 'offer');
      for (const door of ['/whip/demo', '/whep/demo']) {
        const answer = await post(door, token({ sub: 'cut' }), cut);
        if (answer.status !== 201) {
          expectProblem(answer, STATUS[answer.problem?.code], codes);
          continue;
        }
        const url = new URL(answer.response.headers.get('location'), base).pathname;
        expectEqual((await http('DELETE', url, { auth: token({ sub: 'cut' }) })).status, 200, 'DELETE');
      }
    }
    await expectSeated(ada);
  });
}

// ---- WHIP and WHEP

await test('content types: content_type', async () => {
  const body = new TextEncoder().encode(OFFER); // bytes: fetch adds no type of its own
  for (const type of [undefined, 'text/plain', 'application/json', 'application/sdpx', 'application/sd',
    'application/trickle-ice-sdpfrag']) {
    for (const door of ['/whip/demo', '/whep/demo']) {
      expectProblem(await http('POST', door, { auth: good, type, body }), 415, 'content_type');
    }
  }
  for (const type of [undefined, 'application/sdp', 'text/plain']) {
    expectProblem(await http('PATCH', whipUrl, { auth: token({ sub: 'cam' }), type, body }), 415, 'content_type');
    expectProblem(await http('PATCH', whepUrl, { auth: token({ sub: 'eye' }), type, body }), 415, 'content_type');
  }
  const upper = await post('/whip/demo', token({ sub: 'upper' }), OFFER, 'Application/SDP; charset=utf-8');
  expectEqual(upper.status, 201, 'a type is not case sensitive and may have parameters');
  expectEqual((await http('DELETE', new URL(upper.response.headers.get('location'), base).pathname,
    { auth: token({ sub: 'upper' }) })).status, 200, 'DELETE');
  await expectSession(whipUrl, 'cam');
});

const FRAGMENT = 'a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n';
const restart = (match, body = FRAGMENT, sub = 'cam') => http('PATCH', whipUrl, { auth: token({ sub }), body,
  type: 'application/trickle-ice-sdpfrag', headers: match === undefined ? {} : { 'if-match': match } });

await test('PATCH: a wrong or missing If-Match: etag_mismatch', async () => {
  const etag = whip.response.headers.get('etag');
  for (const match of ['"nothing"', etag.slice(1, -1), `W/${etag}`, `${etag}x`, '']) {
    const answer = await restart(match);
    expectProblem(answer, match ? 412 : 428, 'etag_mismatch');
  }
  expectProblem(await restart(undefined), 428, 'etag_mismatch');
  const done = await restart(etag);
  expectEqual(done.status, 200, `the right one works: ${done.text}`);
  expectProblem(await restart(etag, FRAGMENT.replace('abcd', 'efgh')), 412, 'etag_mismatch');
});

await test('PATCH: a malformed fragment: sdp_malformed', async () => {
  for (const body of ['a=ice-ufrag:abcd\r\n', 'a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n', 'a=ice-ufrag:a b\r\n',
    'a=ice-ufrag:\r\na=ice-pwd:\r\n', 'a=ice-ufrag:abc\r\na=ice-pwd:x\r\n']) {
    expectProblem(await restart('*', body), 400, 'sdp_malformed');
  }
  for (const body of [`a=ice-ufrag:${'x'.repeat(33)}\r\na=ice-pwd:${'y'.repeat(24)}\r\n`]) {
    const answer = await restart('*', body);
    expectProblem(answer, STATUS[answer.problem?.code], 'sdp_malformed|sdp_unsupported');
  }
  await expectSession(whipUrl, 'cam');
});

await test('sessions of others and of nobody: resource_unknown', async () => {
  const other = token({ sub: 'eve' });
  expectProblem(await restart('*', FRAGMENT, 'eve'), 404, 'resource_unknown');
  expectProblem(await http('DELETE', whipUrl, { auth: other }), 404, 'resource_unknown');
  expectProblem(await http('DELETE', whipUrl.replace('whip', 'whep'), { auth: token({ sub: 'cam' }) }), 404, 'resource_unknown');
  expectProblem(await http('DELETE', whepUrl.replace('whep', 'whip'), { auth: token({ sub: 'eye' }) }), 404, 'resource_unknown');
  expectProblem(await http('DELETE', '/whip/demo/nothing', { auth: token({ sub: 'cam' }) }), 404, 'resource_unknown');
  await expectSession(whipUrl, 'cam');
  await expectSession(whepUrl, 'eye');
});

await leftInGoodOrder(sessions);
finish();
