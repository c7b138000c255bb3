// TCP makes packets wait where UDP loses them. On a path that becomes narrow a viewer by ICE-TCP must
// not sit behind seconds of old pictures: less is sent, and what would wait too long is dropped.
import { inbound, launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';
import { ServerNetwork, enterClientNetwork, setAddresses } from './lib/two_hosts.mjs';

if (!enterClientNetwork()) {
  await test('a_network_namespace', () =>
    console.log('# no network namespace here: a path by TCP that becomes narrow NOT checked'));
  finish();
}

process.setMaxListeners(40);

const SERVER = '10.77.0.2';
const PORT = 8080;
const base = `http://${SERVER}:${PORT}`;
const WIDE = 4000; // [kbit/s]
const NARROW = 400;
const QUEUE = 30000; // [bytes] 0.6 s of the narrow path

const network = await ServerNetwork.open([`${SERVER}/24`]);
setAddresses('10.77.0.10/24');
network.limitRate(WIDE, QUEUE);
const server = await new Server(['nsenter', ...network.argv, ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.listen = { address: SERVER, port: PORT };
  c.public_url = base;
  c.media = { address: SERVER, port: 7000, workers: 1 };
})]).ready;
const flags = [`--unsafely-treat-insecure-origin-as-secure=${base}`,
  `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE ${SERVER}`];
// The agent is beside the server, on a path that stays wide.
const agents = await launchChromium({ flags, executablePath: network.wrapper('/usr/bin/chromium') });
const buyers = await launchChromium({ flags: [...flags, '--webrtc-ip-handling-policy=disable_non_proxied_udp'] });
const buyer = buyers.pages()[0];

/** What the viewer sees of the path: its protocol, round trip of its checks [s], and frames. Nothing is asked of
 *  the server meanwhile: what it answers takes the same path. */
async function sample() {
  const path = await buyer.evaluate(async () => {
    const stats = await window.oriel.session.pc.getStats();
    const transport = [...stats.values()].find((s) => s.type === 'transport');
    const pair = stats.get(transport.selectedCandidatePairId);
    return { rtt: pair.currentRoundTripTime, protocol: stats.get(pair.localCandidateId).protocol };
  });
  return { ...path, ...await inbound(buyer) };
}

await test('a_viewer_by_tcp_has_a_picture', async () => {
  await joinTour(agents.pages()[0], server.urls.agent);
  await joinTour(buyer, server.urls.buyer, { name: 'Bea', camera: false });
  await firstFrame(buyer);
  await until(async () => (await sample()).frames > 100, 'a picture that moves', 30000);
  expectEqual((await sample()).protocol, 'tcp', 'protocol of the path');
});

await test('a_path_that_becomes_narrow_delays_it_by_less_than_a_second', async () => {
  network.limitRate(NARROW, QUEUE);
  const seen = [];
  for (let i = 0; i < 36; i++) {
    await pause(500); // its checks are that far apart at least
    seen.push(await sample());
  }
  const settled = seen.slice(16); // it may adapt for 8 s
  const rtts = settled.map((s) => s.rtt).toSorted((a, b) => a - b);
  const frames = settled.at(-1).frames - settled[0].frames;
  const dropped = await server.metric('oriel_socket_tcp_dropped');
  console.log(`# round trip ${rtts[10] * 1000 | 0} ms, at most ${rtts.at(-1) * 1000 | 0} ms; ${frames} frames in 10 s, `
    + `${dropped} packets dropped`);
  expect(rtts.at(-1) < 1, `checks waited ${rtts.at(-1)} s`);
  expect(frames > 10, `${frames} frames in 10 s`);
});

await agents.close();
await buyers.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
