// A link that expires in mid-tour, and then a network that is away for almost as long as a seat is kept
// (here for 8 s of 12; by default for a minute): still in the tour, in the same seat. And a seat that is
// renewed with a fresh token. In a network of the test's own, of which both ends drop what comes in.
import { execFileSync } from 'node:child_process';
import { inbound, launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { filter } from './lib/netns.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';
import { ServerNetwork, enterClientNetwork, setAddresses } from './lib/two_hosts.mjs';

if (!enterClientNetwork()) {
  await test('renewal', () => console.log('# no network namespace here: an expired link and an outage NOT checked'));
  finish();
}

const ADDRESS = '10.77.0.2';
const PORT = 8080;
const OUTAGE = 8000; // [ms]
const LINK = 10; // [s] a link lasts
const SECRET = 'renewal-renewal-renewal-renewal-renewal';
const base = `http://${ADDRESS}:${PORT}`;
const mint = minter(SECRET);
const network = await ServerNetwork.open([`${ADDRESS}/24`]);
setAddresses('10.77.0.10/24');
const server = await new Server(['nsenter', ...network.argv, ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.listen = { address: '0.0.0.0', port: PORT };
  c.public_url = base;
  c.media = { address: '0.0.0.0', port: 7000, workers: 1 };
  c.auth = { hs256_secret: SECRET, audience: 'oriel', leeway_s: 0 };
  c.dev = {};
  c.timeouts = { resume_s: 12, seat_s: 30, peer_s: 4, media_silence_s: 2, ping_s: 1, pong_s: 1 };
})]).ready;
const flags = [`--unsafely-treat-insecure-origin-as-secure=${base}`,
  `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE ${ADDRESS}`];

/** Nothing comes in at this end of the cable. */
const deaf = (end) =>
  `table inet cut {\nchain in {\ntype filter hook input priority 0;\niifname "${end}" drop\n}\n}\n`;
function carries(well) {
  filter(well ? '' : deaf('client'));
  const [program, args] = network.command(['nft', '-f', '-']);
  execFileSync(program, args, { input: `flush ruleset\n${well ? '' : deaf('server')}` });
}

const agents = await launchChromium({ flags: [...flags, SLOW_CAMERA], executablePath: network.wrapper('/usr/bin/chromium') });
const agent = agents.pages()[0];
const buyers = await launchChromium({ flags: [...flags, SLOW_CAMERA] });
const buyer = buyers.pages()[0];
const isLive = (page) => page.evaluate(() => document.querySelector('.link-state')?.textContent === '');

const link = mint({ sub: 'bea', name: 'Bea', ttl: LINK });
const expires = Date.now() + LINK * 1000;

await test('both_are_in', async () => {
  await joinTour(agent, `${base}/agent/demo#${mint({ role: 'agent', sub: 'ann', name: 'Ann' })}`);
  await joinTour(buyer, `${base}/t/demo#${link}`, { camera: false });
  await firstFrame(buyer);
  await until(() => isLive(buyer), 'the buyer to be live');
});

await test('the_link_expires_and_the_tour_goes_on', async () => {
  await pause(Math.max(0, expires - Date.now()));
  await until(async () => {
    const refused = await fetch(`${base}/whep/demo`, { method: 'POST', body: 'v=0', headers: {
      authorization: `Bearer ${link}`, 'content-type': 'application/sdp' } });
    return (await refused.json()).code === 'token_expired';
  }, 'the link to be refused');
  const before = (await inbound(buyer)).frames;
  await until(async () => (await inbound(buyer)).frames > before + 10, 'pictures');
  expect(await isLive(buyer), 'live');
});

await test('then_the_network_is_away_and_the_seat_is_kept', async () => {
  const id = await buyer.evaluate(() => window.oriel.me.id);
  carries(false);
  await pause(OUTAGE); // it is its length that matters
  const lost = await agent.evaluate((who) => window.oriel.participants.get(who), id);
  carries(true);
  expectEqual(lost?.link, 'lost', 'the link, for the host');
  expectEqual(lost?.connected, false, 'the transport was given up: connected');
  await until(() => isLive(buyer), 'the buyer to be back');
  const before = (await inbound(buyer)).frames;
  await until(async () => (await inbound(buyer)).frames > before + 10, 'pictures again');
  expectEqual(await buyer.evaluate(() => window.oriel.me.id), id, 'the seat');
  await until(async () => (await agent.evaluate((who) => window.oriel.participants.get(who), id))?.link === 'ok',
    'the host to know');
});

await test('a_fresh_token_moves_the_end_of_the_seat', async () => {
  const fresh = mint({ sub: 'bea', name: 'Bea' });
  const { ends, renewed, refused } = await buyer.evaluate(async ([good, other]) => {
    const { oriel } = window;
    const before = oriel.resumeToken;
    oriel.renewal.getToken = async () => good;
    await oriel.renewal.renew();
    const reply = await oriel.signal.request('renew', { token: good });
    oriel.keepSecret(reply);
    const code = await oriel.signal.request('renew', { token: other }).catch((e) => e.code);
    return { ends: Date.parse(reply.seat_ends_at) - Date.now(), renewed: before !== oriel.resumeToken, refused: code };
  }, [fresh, mint({ sub: 'bob' })]);
  expect(ends > 27000 && ends < 33000, `the seat ends in ${ends} ms`);
  expect(renewed, 'another secret');
  expectEqual(refused, 'forbidden', 'a token of somebody else');
});

await test('by_itself_the_library_renews_before_the_end', async () => {
  const secret = await buyer.evaluate(() => window.oriel.resumeToken);
  await until(() => buyer.evaluate((old) => window.oriel.resumeToken !== old, secret), 'a renewal', 32000);
  await buyer.evaluate(() => window.oriel.signal.socket.close());
  await until(() => buyer.evaluate(() => window.oriel.signal.socket.readyState === 1 && !window.oriel.reconnecting),
    'a resume with the new secret');
  expect(await buyer.evaluate(() => !window.oriel.over), 'still in');
});

await buyers.close();
await agents.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
