// A share toward a viewer that loses packets comes with others that repair it (FlexFEC): a Chromium
// that asks for nothing again has a picture that moves most of the time; one without them has not.
import { serveBarePage } from './lib/bare_page.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { Nat, freeUdpPort } from './lib/nat.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { joinTour } from './lib/tour.mjs';

const SECRET = 'a secret for repairs that everybody may know';
const token = minter(SECRET);
const OUTSIDE = '127.0.0.2';
// Three of a hundred packets, one at a time: of two that are lost of the twelve and one of a repair none comes
// back, and the picture stands for as long as without repairs, some four seconds.
const LOSS = { of: 1 / 13, apart: 20 };
const STILL = 500; // [ms] without a new picture are counted
const SECONDS = 20;

const port = await freeUdpPort(OUTSIDE);
const nat = await Nat.open(OUTSIDE, port);
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { ...c.media, address: '127.0.0.1', port, announce: [OUTSIDE], workers: 1 };
})]).ready;
const base = new URL(server.urls.agent).origin;
const site = await serveBarePage();
const chromium = await launchChromium();
const agent = chromium.pages()[0];

const pictures = (page) => page.evaluate(async () => {
  const all = [...(await (window.oriel?.session?.pc ?? window.pc).getStats()).values()];
  const of = all.filter((s) => s.type === 'inbound-rtp' && s.kind === 'video' && s.packetsReceived > 0);
  return of.map((s) => ({ decoded: s.framesDecoded, plis: s.pliCount, nacks: s.nackCount, fec: s.fecPacketsReceived ?? 0,
    freezes: s.freezeCount, frozen: s.totalFreezesDuration, packets: s.packetsReceived }))[0] ?? { decoded: 0, plis: 0, nacks: 0, fec: 0 };
});

/** Looks on while SECONDS pass: for how long each shows no new picture, in gaps that one would notice [s]. */
async function still(pages) {
  const begun = performance.now();
  const seen = pages.map(() => ({ decoded: -1, since: begun, ms: 0 }));
  const gap = (s, now) => (now - s.since > STILL ? now - s.since : 0);
  for (let now = begun; now < begun + SECONDS * 1000; now = performance.now()) {
    await pause(100); // between two looks
    const all = await Promise.all(pages.map(pictures));
    for (const [i, s] of seen.entries()) {
      if (all[i].decoded !== s.decoded) {
        const at = performance.now();
        Object.assign(s, { decoded: all[i].decoded, since: at, ms: s.ms + gap(s, at) });
      }
    }
  }
  return seen.map((s) => (s.ms + gap(s, performance.now())) / 1000);
}

/** A viewer that asks for nothing again. */
async function viewer(sub, leaveOut) {
  const page = await chromium.newPage();
  await page.goto(site.url);
  await page.evaluate((a) => window.play(...a), [`${base}/whep/demo`, token({ sub }), { leaveOut }]);
  return page;
}

let players;

await test('a_share_is_on_the_stage', async () => {
  await joinTour(agent, server.urls.agent);
  await agent.click('[data-control=screen]');
  await agent.click('[data-control=microphone]'); // off: what is lost is of the share
  players = {
    repaired: await viewer('rea', '^a=rtcp-fb:[0-9]+ nack$'),
    unrepaired: await viewer('una', '^a=rtcp-fb:[0-9]+ nack$|flexfec|repair-window'),
  };
  await until(async () => (await Promise.all(Object.values(players).map(pictures))).every((p) => p.decoded > 30),
    'pictures of the share', 30000);
  const answers = await Promise.all(Object.values(players).map((page) =>
    page.evaluate(() => window.pc.remoteDescription.sdp)));
  expectEqual(answers.map((sdp) => /FEC-FR/.test(sdp)).join(), 'true,false', 'repairs agreed on');
});

await test('nothing_is_spent_while_nothing_is_lost', async () => {
  expectEqual((await pictures(players.repaired)).fec, 0, 'packets that repair');
});

await test('what_is_lost_is_there_without_asking', async () => {
  nat.lossDown = LOSS.of;
  nat.apartDown = LOSS.apart;
  await until(async () => (await pictures(players.repaired)).fec > 0, 'packets that repair', 30000);
  const before = await Promise.all(Object.values(players).map(pictures));
  const stood = await still(Object.values(players));
  const after = await Promise.all(Object.values(players).map(pictures));
  const [repaired, unrepaired] = after.map((a, i) =>
    Object.fromEntries(Object.keys(a).map((k) => [k, a[k] - (before[i][k] ?? 0)])));
  console.log(`# ${nat.lost} packets lost; repaired ${JSON.stringify(repaired)}, unrepaired ${JSON.stringify(unrepaired)}`);
  expect(repaired.fec > 10, `${repaired.fec} packets that repair`);
  expectEqual(unrepaired.fec, 0, 'packets that repair who did not agree');
  expectEqual(await server.metric('oriel_media_rtx_out_total'), 0, 'packets sent again');
  // Not how many pictures are decoded: who says that the picture is lost is sent again what is kept of it, many
  // pictures and all at once.
  console.log(`# of ${SECONDS} s no new picture for ${stood.map((s) => s.toFixed(1)).join(' and ')} s`);
  expect(stood[1] > SECONDS / 4, `without repairs the picture stood for only ${stood[1]} s`);
  expect(stood[0] < stood[1] / 2, `the picture stood for ${stood[0]} s with repairs, and for ${stood[1]} s without`);
});

await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});

await chromium.close();
site.close();
nat.close();
await finish();
