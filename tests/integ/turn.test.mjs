// People whom only a TURN server reaches: Chromium that may use nothing but relays joins through
// coturn by UDP, TCP and TLS, with passwords that Oriel made. WHIP and WHEP tell of the servers in
// Link headers.
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium, inbound } from './lib/chromium.mjs';
import { startCoturn } from './lib/coturn.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';

const SECRET = 'a secret for turn that everybody may know';
const TURN_SECRET = 'what-oriel-and-coturn-share-in-this-test';
const token = minter(SECRET);
const turn = await startCoturn(TURN_SECRET);
const URLS = { udp: `turn:127.0.0.1:${turn.port}?transport=udp`, tcp: `turn:127.0.0.1:${turn.port}?transport=tcp`,
  tls: `turns:127.0.0.1:${turn.tlsPort}?transport=tcp` };

const dir = tempDir();
const secretFile = path.join(dir, 'turn.secret');
fs.writeFileSync(secretFile, `${TURN_SECRET}\n`, { mode: 0o600 });
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.turn = { urls: Object.values(URLS), secret_file: secretFile, ttl_s: 3600 };
})]).ready;
const base = new URL(server.urls.agent).origin;
const agentBrowser = await launchChromium();
const agent = agentBrowser.pages()[0];
await joinTour(agent, server.urls.agent);
const credentials = []; // as the pages got them

/** A page of the tour whose peer connections may use relays of this kind only. */
async function relayed(browser, kind) {
  const page = await browser.newPage();
  await page.addInitScript((url) => {
    const Real = RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
      constructor(configuration) {
        const iceServers = configuration.iceServers.map((s) => ({ ...s, urls: s.urls.filter((u) => u === url) }));
        window.told = configuration.iceServers;
        super({ ...configuration, iceServers, iceTransportPolicy: 'relay' });
      }
    };
  }, URLS[kind]);
  await joinTour(page, server.urls.buyer, { name: kind, camera: false });
  return page;
}

const relayOf = (page) => page.evaluate(async () => {
  const stats = await window.oriel.session.pc.getStats();
  const transport = [...stats.values()].find((s) => s.type === 'transport');
  const local = stats.get(stats.get(transport.selectedCandidatePairId).localCandidateId);
  return `${local.candidateType} ${local.relayProtocol}`;
});

for (const kind of ['udp', 'tcp', 'tls']) {
  await test(`a_page_that_may_only_use_relays_joins_by_${kind}`, async () => {
    const browser = await launchChromium({ flags: ['--ignore-certificate-errors'] });
    try {
      const page = await relayed(browser, kind);
      const { ms } = await firstFrame(page);
      const first = await inbound(page);
      await until(async () => {
        const now = await inbound(page);
        return now.frames > first.frames + 60 && now.energy > first.energy;
      }, 'frames and sound through the relay');
      expectEqual(await relayOf(page), `relay ${kind}`, 'the path');
      console.log(`# first frame after ${Math.round(ms)} ms by ${kind}`);
      credentials.push(...await page.evaluate(() => window.told));
    } finally {
      await browser.close();
    }
  });
}

await test('a_check_of_the_connection_finds_the_relay', async () => {
  const options = { url: `${base.replace('http', 'ws')}/v1/signal`, token: token({ sub: 'checker' }), seconds: 2 };
  const verdict = await agent.evaluate(async (o) => (await import('/assets/lib/oriel.js')).checkConnection(o), options);
  console.log(`# ${verdict.text}`);
  expect(verdict.ok && verdict.turn, JSON.stringify(verdict));
});

await test('passwords_last_as_long_as_configured_and_name_nobody', () => {
  expect(credentials.length > 0, 'nobody was told of a server');
  for (const { username } of credentials) {
    const [, expiry, who] = /^(\d+):([0-9a-f]{16})$/.exec(username);
    const left = Number(expiry) - Date.now() / 1000;
    expect(left > 3400 && left <= 3600, `it lasts ${left} s`);
    expect(who !== '', 'a subject');
  }
});

await test('whip_and_whep_tell_of_them_in_link_headers', async () => {
  const wanted = Object.values(URLS).map((url) => `<${url}>; rel="ice-server"; username="`);
  const links = (response) => response.headers.get('link') ?? '';
  const bearer = { authorization: `Bearer ${token({ sub: 'player' })}` };
  const offer = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8');
  for (const [kind, body] of [['whip', offer], ['whep', offer.replaceAll('a=sendonly', 'a=recvonly')]]) {
    const url = `${base}/${kind}/demo`;
    const made = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/sdp', ...bearer } });
    expectEqual(made.status, 201, 'status');
    const asked = await fetch(url, { method: 'OPTIONS', headers: bearer });
    for (const response of [made, asked]) {
      wanted.forEach((part) => expect(links(response).includes(part), `${part} in ${links(response)}`));
      expect(links(response).includes('credential-type="password"'), 'the type of the credential');
    }
    expect(made.headers.get('access-control-expose-headers').includes('Link'), 'pages may read it');
    for (const headers of [{}, { authorization: 'Bearer x' },
      { authorization: `Bearer ${token({ sub: 'player', tour: 'other' })}` }]) {
      expectEqual(links(await fetch(url, { method: 'OPTIONS', headers })), '', 'links for a stranger');
    }
  }
});

await test('no_secret_and_no_password_is_in_the_log', () => {
  const log = [...server.log, ...server.lines].join('\n');
  expect(log.length > 0, 'a log');
  const secrets = [TURN_SECRET, ...credentials.map((s) => s.credential)];
  secrets.forEach((s) => expect(!log.includes(s), 'it is in the log'));
});

await agentBrowser.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
await turn.stop();
finish();
