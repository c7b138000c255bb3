// Networks that let no UDP pass: Chromium without UDP joins by ICE-TCP on the port of UDP, sees and is
// seen, by our pages and by WHIP and WHEP. Where nothing passes, the page says what a person can do.
import net from 'node:net';
import { once } from 'node:events';
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium, inbound } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { endTour, firstFrame, joinTour } from './lib/tour.mjs';

const SECRET = 'a secret for links that everybody may know';
const token = minter(SECRET);
const WITHOUT_UDP = ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];

const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { address: '127.0.0.1', port: 0, workers: 2 };
  c.timeouts = { tcp_first_s: 2 };
})]).ready;
const base = new URL(server.urls.agent).origin;
const site = await serveBarePage();
const agentBrowser = await launchChromium({ flags: WITHOUT_UDP });
const buyerBrowser = await launchChromium({ flags: WITHOUT_UDP });
const agent = agentBrowser.pages()[0];
const buyer = buyerBrowser.pages()[0];
const socket = (name) => server.metric(`oriel_socket_tcp_${name}`);

/** The protocols of the pair in use, as the page sees it. */
const pair = (page) => page.evaluate(async () => {
  const stats = await (window.oriel?.session?.pc ?? window.pc).getStats();
  const transport = [...stats.values()].find((s) => s.type === 'transport');
  const selected = stats.get(transport.selectedCandidatePairId);
  const local = stats.get(selected.localCandidateId);
  return { protocol: local.protocol, relay: local.relayProtocol ?? '', rtt: selected.currentRoundTripTime };
});

/** Waits until so many frames more are decoded, and sound is heard. */
async function moves(page, frames) {
  const first = await inbound(page);
  await until(async () => {
    const now = await inbound(page);
    return now.frames > first.frames + frames && now.energy > first.energy;
  }, 'frames and sound', 30000);
  return (await inbound(page)).lost - first.lost;
}

await test('without_udp_two_people_see_and_hear_each_other', async () => {
  await joinTour(agent, server.urls.agent);
  await joinTour(buyer, server.urls.buyer, { name: 'Bea' });
  const { ms } = await firstFrame(buyer);
  const lost = await moves(buyer, 60) + await moves(agent, 60);
  for (const page of [agent, buyer]) {
    expectEqual((await pair(page)).protocol, 'tcp', 'protocol of the path');
  }
  console.log(`# first frame after ${Math.round(ms)} ms by TCP, ${lost} packets lost`);
  expect(await socket('opened') >= 2, 'connections are counted');
  expectEqual(await socket('dropped'), 0, 'packets dropped');
});

await test('nothing_on_the_page_alarms', async () => {
  for (const page of [agent, buyer]) {
    expectEqual(await page.textContent('.link-state'), '', 'the state of the link');
    expect(!(await page.isVisible('.advice')), 'there is advice');
  }
});

await test('without_udp_a_publisher_by_whip_is_served', async () => {
  const page = await agentBrowser.newPage();
  await page.goto(site.url);
  await page.evaluate((a) => window.publish(...a), [`${base}/whip/whipped`,
    token({ sub: 'publisher', role: 'agent', tour: 'whipped' })]);
  const player = await buyerBrowser.newPage();
  await player.goto(site.url);
  await player.evaluate((a) => window.play(...a), [`${base}/whep/whipped`, token({ sub: 'player', tour: 'whipped' })]);
  await until(async () => (await inbound(player)).frames > 60, 'a picture by WHEP', 30000);
  expectEqual((await pair(page)).protocol, 'tcp', 'protocol of the path');
  await page.close();
  await player.close();
});

await test('without_udp_a_player_of_whep_is_served', async () => {
  const page = await buyerBrowser.newPage();
  await page.goto(site.url);
  await page.evaluate((a) => window.play(...a), [`${base}/whep/demo`, token({ sub: 'player' })]);
  await until(async () => (await inbound(page)).frames > 60, 'a picture by WHEP', 30000);
  expectEqual((await pair(page)).protocol, 'tcp', 'protocol of the path');
  await page.close();
});

await test('who_connects_and_speaks_something_else_is_cut_off', async () => {
  const [bad, silent] = [await socket('bad'), await socket('silent')];
  const sdp = await buyer.evaluate(() => window.oriel.session.pc.remoteDescription.sdp);
  const port = Number(/candidate:\d+ 1 tcp \d+ 127\.0\.0\.1 (\d+) typ host tcptype passive/.exec(sdp)[1]);
  const talker = net.connect(port, '127.0.0.1').on('error', () => {});
  const mute = net.connect(port, '127.0.0.1').on('error', () => {});
  await Promise.all([once(talker, 'connect'), once(mute, 'connect')]);
  talker.write('GET / HTTP/1.1\r\n\r\n');
  await Promise.all([once(talker, 'close'), once(mute, 'close')]);
  await until(async () => await socket('bad') === bad + 1 && await socket('silent') >= silent + 1,
    'both to be counted');
  await moves(buyer, 20);
});

await test('connections_end_with_the_tour', async () => {
  await endTour(agent);
  await agentBrowser.close();
  await buyerBrowser.close();
  await until(async () => await socket('opened') === await socket('closed'), 'connections to close', 20000);
});

await test('where_nothing_passes_the_page_says_what_to_do', async () => {
  const closed = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
    c.media = { address: '127.0.0.1', port: 0, workers: 1, tcp: false };
  })]).ready;
  const browser = await launchChromium({ flags: WITHOUT_UDP });
  try {
    const page = browser.pages()[0];
    await joinTour(page, closed.urls.agent);
    await page.waitForSelector('.advice', { timeout: 30000 });
    const words = await page.textContent('.advice');
    expect(/does not let sound and picture through/.test(words), words);
    expect(/hotspot/.test(words) && /127\.0\.0\.1:\d+ \(UDP\)/.test(words), words);
  } finally {
    await browser.close();
  }
  expectEqual((await closed.stop()).code, 0, 'exit status');
});

site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
