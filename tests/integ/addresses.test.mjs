// Source addresses can be forged: with the right credentials of a session of their own, an attacker
// makes the server neither send to a third party nor take somebody else's address away. A NAT of the
// test's own stands for whoever can send from the victim's address.
import dgram from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { Nat, freeUdpPort } from './lib/nat.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { stun } from './lib/stun.mjs';
import { minter } from './lib/token.mjs';
import { joinTour } from './lib/tour.mjs';

const SECRET = 'a secret for addresses that everybody may know';
const token = minter(SECRET);
const OUTSIDE = '127.0.0.2';
const HIGHEST = 0x7fffffff; // no candidate of a browser has a higher priority
const isMedia = (packet) => packet[0] >= 128 && packet[0] < 192;
const isDtls = (packet) => packet[0] >= 20 && packet[0] < 64;

const port = await freeUdpPort(OUTSIDE);
const nat = await Nat.open(OUTSIDE, port);
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { address: '127.0.0.1', port, announce: [OUTSIDE], workers: 1 };
  c.timeouts = { join_s: 5 };
})]).ready;
const base = new URL(server.urls.agent).origin;
const site = await serveBarePage();
const browser = await launchChromium();
const agent = browser.pages()[0];
const victim = await browser.newPage();
const attacker = await browser.newPage();

/** Somebody who knows nothing of all this: counts what the server sends to an address. */
async function thirdParty(address) {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const seen = { sent: 0, got: 0, media: 0, dtls: 0 };
  socket.on('message', (packet) => {
    seen.got += packet.length;
    seen.media += isMedia(packet);
    seen.dtls += isDtls(packet);
  });
  /** As the attacker would in its name. */
  seen.forge = (packet) => {
    seen.sent += packet.length;
    socket.send(packet, port, '127.0.0.1');
  };
  seen.close = () => socket.close();
  return seen;
}

const sdp = (text, name) => new RegExp(`a=ice-${name}:(\\S+)`).exec(text)[1];
/** A check of the session that this offer and answer made; it nominates. */
const check = (offer, answer) => stun(`${sdp(answer, 'ufrag')}:${sdp(offer, 'ufrag')}`, sdp(answer, 'pwd'),
  { priority: HIGHEST });
const descriptions = (page) => page.evaluate(() => [window.pc.localDescription.sdp, window.pc.remoteDescription.sdp]);

const played = (page) => page.evaluate(async () => {
  const sum = { frames: 0, lost: 0, frozen: 0 };
  for (const s of (await window.pc.getStats()).values()) {
    if (s.type === 'inbound-rtp') {
      sum.frames += s.framesDecoded ?? 0;
      sum.lost += s.packetsLost;
      sum.frozen += s.totalFreezesDuration ?? 0;
    }
  }
  return sum;
});

/** Sends `n` checks in a second's tenths, while and after which these pages go on without a loss. */
async function attack(n, send, pages) {
  const before = await Promise.all(pages.map(played));
  for (let i = 0; i < n; i++) {
    send();
    await pause(100); // as often as the server would ask for proof
  }
  const between = await Promise.all(pages.map(played));
  await until(async () => (await Promise.all(pages.map(played))).every((p, i) => p.frames > between[i].frames + 40),
    'the picture to move on', 10000);
  const after = await Promise.all(pages.map(played));
  after.forEach((p, i) => {
    expectEqual(p.lost - before[i].lost, 0, `packets lost of page ${i}`);
    const frozen = p.frozen - before[i].frozen; // one beat of a busy machine; a taken address would cost seconds
    expect(frozen < 1, `page ${i} stood still for ${frozen.toFixed(2)} s`);
  });
}

async function play(page, sub) {
  const known = nat.known();
  await page.goto(site.url);
  await page.evaluate((a) => window.play(...a), [`${base}/whep/demo`, token({ sub })]);
  await until(async () => (await played(page)).frames > 30, `a picture at ${sub}`);
  return nat.known().filter((key) => !known.includes(key));
}

const hellos = []; // what a client begins its handshake with
let addresses;

await test('a_tour_with_two_viewers', async () => {
  await joinTour(agent, server.urls.agent);
  nat.heard = (packet) => isDtls(packet) && hellos.length < 2 && hellos.push(Buffer.from(packet));
  addresses = await play(victim, 'victim');
  nat.heard = null;
  await play(attacker, 'attacker');
  expect(hellos.length > 0 && hellos[0][13] === 1, 'no ClientHello was seen');
});

await test('a_check_does_not_send_media_to_a_third_party', async () => {
  const third = await thirdParty('127.0.0.77');
  const [offer, answer] = await descriptions(attacker);
  await attack(20, () => third.forge(check(offer, answer)), [attacker, victim]);
  third.close();
  console.log(`# forged ${third.sent} bytes, the third party got ${third.got}`);
  expect(third.got > 0, 'the checks were not authentic');
  expectEqual(third.media, 0, 'packets of media to the third party');
  expect(third.got <= 3 * third.sent, `${third.got} bytes for ${third.sent}`);
});

await test('a_check_does_not_take_an_address_that_is_in_use', async () => {
  const refused = await server.metric('oriel_media_addresses_refused_total');
  const [offer, answer] = await descriptions(attacker);
  await attack(20, () => addresses.forEach((key) =>
    nat.clients.get(key).socket.send(check(offer, answer), port, '127.0.0.1')), [victim, attacker]);
  const grown = (await server.metric('oriel_media_addresses_refused_total')) - refused;
  console.log(`# ${grown} checks refused`);
  expect(grown >= 20, `only ${grown} checks were refused`);
});

await test('a_hello_does_not_send_flights_to_a_third_party', async () => {
  const third = await thirdParty('127.0.0.78');
  const offer = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8').replaceAll('a=sendonly', 'a=recvonly');
  const response = await fetch(`${base}/whep/demo`, { method: 'POST', body: offer,
    headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token({ sub: 'attacker' })}` } });
  expectEqual(response.status, 201, 'status');
  const failed = () => server.log.concat(server.lines).filter((l) => l.includes('peer_failed')).length;
  const before = failed();
  const answer = await response.text();
  await until(() => { // the worker may hear of the session after the first
    third.forge(check(offer, answer));
    return third.got > 0;
  }, 'the answer to the check');
  hellos.forEach((packet) => third.forge(packet));
  await until(() => third.dtls > 0, 'a flight of the server');
  await until(() => failed() > before, 'the server to give up', 20000);
  third.close();
  console.log(`# forged ${third.sent} bytes, the third party got ${third.got}`);
  expect(third.got <= 3 * third.sent, `${third.got} bytes for ${third.sent}`);
});

await browser.close();
site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
nat.close();
finish();
