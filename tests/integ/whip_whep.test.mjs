// WHIP and WHEP with clients that know nothing of Oriel: a bare page in Chromium, and curl.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium, inbound } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';

const dir = tempDir();
const config = await writeConfig(dir);
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const base = new URL(server.urls.agent).origin;
const agentToken = tokenOf(server.urls.agent);
const buyerToken = tokenOf(server.urls.buyer);

const site = await serveBarePage();
const origin = site.url;
const browser = await launchChromium();
const publisher = browser.pages()[0];
const player = await browser.newPage();
let published;

await test('chromium_publishes_by_whip_from_another_origin', async () => {
  await publisher.goto(origin);
  published = await publisher.evaluate(([url, token]) => window.publish(url, token),
    [`${base}/whip/demo`, agentToken]);
  expect(/^(https?:\/\/[^/]+)?\/whip\/demo\/.+/.test(published.location ?? ''), `Location ${published.location}`);
  expect(/^"[^"]+"$/.test(published.etag ?? ''), `ETag ${published.etag}`);
  await until(() => publisher.evaluate(() => window.pc.connectionState === 'connected'), 'connected');
});

await test('chromium_plays_by_whep', async () => {
  await player.goto(origin);
  await player.evaluate(([url, token]) => window.play(url, token), [`${base}/whep/demo`, buyerToken]);
  await until(async () => {
    const now = await inbound(player);
    return now.frames > 30 && now.energy > 0;
  }, 'picture and sound by WHEP');
});

/** The pair in use: ufrag of the client's end, and the state of DTLS and of the connection. */
const pairOf = (page) => page.evaluate(async () => {
  const stats = await window.pc.getStats();
  const t = [...stats.values()].find((s) => s.type === 'transport');
  const local = stats.get(stats.get(t.selectedCandidatePairId).localCandidateId);
  return { ufrag: local.usernameFragment, dtls: t.dtlsState, state: window.pc.connectionState };
});

/** In the player: the longest time between two pictures [ms] while the test does `run`. */
async function gapDuring(run) {
  await player.evaluate(() => {
    const video = document.querySelector('video');
    window.pictures = [performance.now()];
    const note = () => {
      window.pictures.push(performance.now());
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
  });
  await run();
  const { frames } = await inbound(player);
  await until(async () => (await inbound(player)).frames > frames + 30, 'the picture to go on');
  return player.evaluate(() => Math.round(Math.max(...window.pictures.slice(1).map((t, i) => t - window.pictures[i]))));
}

const restart = (page, ...args) => page.evaluate((a) => window.restart(...a), args);

await test('a_restart_that_is_refused_changes_nothing', async () => {
  const before = await pairOf(publisher);
  const gap = await gapDuring(async () => {
    for (const [match, body, expected] of [['"another"', undefined, '412 etag_mismatch'],
      [null, undefined, '428 etag_mismatch'], [published.etag, 'a=ice-ufrag:a b\r\n', '400 sdp_malformed'],
      ['*', 'a=ice-ufrag:abcd\r\n', '400 sdp_malformed']]) {
      const { status, code } = await restart(publisher, agentToken, match, body);
      expectEqual(`${status} ${code}`, expected, `If-Match ${match}`);
    }
  });
  expectEqual(JSON.stringify(await pairOf(publisher)), JSON.stringify(before), 'the pair');
  console.log(`# ${gap} ms between two pictures`);
});

await test('ice_restarts_by_patch_while_media_flows', async () => {
  for (const [page, token, first] of [[publisher, agentToken, published.etag], [player, buyerToken, '*'],
    [publisher, agentToken, '*'], [player, buyerToken, null]]) {
    const who = page === publisher ? 'publisher' : 'player';
    const match = first ?? await page.evaluate(() => window.resource.etag);
    const old = await page.evaluate(() => window.resource.etag);
    let done;
    const gap = await gapDuring(async () => {
      done = await restart(page, token, match);
      expectEqual(done.status, 200, `status of the ${who}'s, ${done.code}`);
      await until(async () => (await pairOf(page)).ufrag === done.ufrag, 'a pair with the new credentials');
    });
    expect(done.etag !== old, 'the ETag is new');
    expectEqual((await pairOf(page)).dtls, 'connected', 'DTLS');
    const again = await restart(page, token, old);
    expectEqual(`${again.status} ${again.code}`, '412 etag_mismatch', 'the ETag before it');
    console.log(`# the ${who} restarts: ${gap} ms between two pictures`);
    expect(gap < 1000, `${gap} ms without a picture`);
  }
});

await test('delete_ends_the_session', async () => {
  const url = new URL(published.location, base);
  const headers = { authorization: `Bearer ${agentToken}` };
  expectEqual((await fetch(url, { method: 'DELETE', headers })).status, 200, 'first DELETE');
  expectEqual((await fetch(url, { method: 'DELETE', headers })).status, 404, 'second DELETE');
});

await test('curl_posts_an_offer_and_gets_201_location_etag', () => {
  const out = execFileSync('curl', ['-sS', '-i', '-X', 'POST', `${base}/whip/demo`,
    '-H', 'Content-Type: application/sdp', '-H', `Authorization: Bearer ${agentToken}`,
    '--data-binary', `@${path.join(ROOT, 'tests/data/offer.sdp')}`], { encoding: 'utf8' });
  const [head, body] = out.split('\r\n\r\n');
  expect(/^HTTP\/1\.1 201/.test(head), head);
  expect(/^location: \S*\/whip\/demo\/\S+/im.test(head), head);
  expect(/^etag: "\S+"/im.test(head), head);
  expect(/^content-type: application\/sdp/im.test(head), head);
  expect(body.startsWith('v=0') && body.includes('a=ice-lite'), body);
});

await test('bad_requests_get_a_code_each', async () => {
  const post = async (url, headers, body) => {
    const r = await fetch(base + url, { method: 'POST', headers, body });
    return `${r.status} ${r.headers.get('content-type')?.split(';')[0]} ${(await r.json()).code}`;
  };
  const sdp = { 'content-type': 'application/sdp' };
  const auth = { authorization: `Bearer ${agentToken}` };
  const problem = 'application/problem+json';
  expectEqual(await post('/whip/demo', { ...auth, 'content-type': 'text/plain' }, 'v=0'),
    `415 ${problem} content_type`, 'content type');
  expectEqual(await post('/whip/demo', { ...auth, ...sdp }, 'nonsense'), `400 ${problem} sdp_malformed`, 'SDP');
  expectEqual(await post('/whip/demo', sdp, 'v=0'), `401 ${problem} token_missing`, 'no token');
  expectEqual(await post('/whip/other', { ...auth, ...sdp }, 'v=0'), `403 ${problem} token_tour`, 'other tour');
});

await test('garbage_datagrams_are_counted_and_change_nothing', async () => {
  const { createSocket } = await import('node:dgram');
  const answer = await player.evaluate(() => window.pc.remoteDescription.sdp);
  const udpPort = Number(/a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host/i.exec(answer)[1]);
  const dropped = await server.metric('oriel_media_drop');
  const socket = createSocket('udp4');
  const forgedHello = Buffer.concat([Buffer.from('16feff0000000000000000002001', 'hex'), Buffer.alloc(32, 1)]);
  const strangerRtp = Buffer.concat([Buffer.from('806f00010000000112345678', 'hex'), Buffer.alloc(50, 7)]);
  for (const packet of [Buffer.alloc(100, 0xff), forgedHello, strangerRtp]) {
    await new Promise((resolve) => socket.send(packet, udpPort, '127.0.0.1', resolve));
  }
  socket.close();
  await until(async () => (await server.metric('oriel_media_drop')) >= dropped + 3, 'three drops');
});

await browser.close();
site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
