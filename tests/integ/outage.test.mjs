// A client's network carries nothing for longer than the server keeps a transport (timeouts.peer_s),
// and for less than it keeps a seat: all comes back by itself, without a click. In a network of the
// test's own, of which both ends drop what comes in.
import { execFileSync } from 'node:child_process';
import { inbound, launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { filter } from './lib/netns.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { firstFrame, joinTour, stageOf } from './lib/tour.mjs';
import { ServerNetwork, enterClientNetwork, setAddresses } from './lib/two_hosts.mjs';

if (!enterClientNetwork()) {
  await test('an_outage', () => console.log('# no network namespace here: an outage of 20 s NOT checked'));
  finish();
}

const ADDRESS = '10.77.0.2';
const PORT = 8080;
const OUTAGE = 20000; // [ms]
const base = `http://${ADDRESS}:${PORT}`;
const network = await ServerNetwork.open([`${ADDRESS}/24`]);
setAddresses('10.77.0.10/24');
const server = await new Server(['nsenter', ...network.argv, ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.listen = { address: '0.0.0.0', port: PORT };
  c.public_url = base;
  c.media = { address: '0.0.0.0', port: 7000, workers: 1 };
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

/** How a page sees the outage. */
function watchOutage() {
  const note = (what) => () => window.noted.push([Math.round(performance.now()), what]);
  window.noted = [];
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      (window.sockets ??= []).push(this);
      this.addEventListener('open', note('open'));
    }
  };
  document.addEventListener('click', note('click'), { capture: true });
}

/** Counts what the stage shows, whichever track it comes by. */
function countPictures() {
  const video = document.querySelector('.stage video');
  window.pictures = 0;
  const note = () => {
    window.pictures++;
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}
const pictures = (page) => page.evaluate(() => window.pictures);
const isLive = (page) => page.evaluate(() => document.querySelector('.link-state').textContent === '');
/** Whom this page knows of somebody else. */
const seenBy = (page, id) => page.evaluate((who) => window.oriel.participants.get(who), id);

const agents = await launchChromium({ flags, executablePath: network.wrapper('/usr/bin/chromium') });
const agent = agents.pages()[0];
const buyers = await launchChromium({ flags });
const buyer = buyers.pages()[0];
await buyer.addInitScript(watchOutage);
await agent.addInitScript(() => { window.noted = []; });

await test('an_agent_and_a_buyer_who_see_each_other', async () => {
  await joinTour(agent, server.urls.agent);
  await joinTour(buyer, server.urls.buyer);
  await firstFrame(buyer);
  await buyer.evaluate(countPictures);
  await buyer.click('[data-control=microphone]'); // off: muted
  await until(async () => (await inbound(agent)).frames > 30, 'the buyer in the gallery');
  await until(() => isLive(buyer), 'the buyer to be live');
});

for (const round of [1, 2]) {
  await test(`an_outage_of_20_s_ends_by_itself_${round}`, async () => {
    const id = await buyer.evaluate(() => window.oriel.me.id);
    const stage = JSON.stringify(await stageOf(buyer));
    await buyer.evaluate(() => {
      window.lastPc = window.oriel.session.pc;
      window.lastTrack = window.oriel.published.get('camera');
      window.noted = [];
    });
    carries(false);
    await pause(OUTAGE); // it is its length that matters
    const agentSaw = await seenBy(agent, id);
    const before = { frames: await pictures(buyer), agent: (await inbound(agent)).frames };
    const begun = Date.now();
    carries(true);
    await until(async () => (await pictures(buyer)) > before.frames + 5, 'a picture for the buyer', 40000);
    const shown = Date.now() - begun;
    await until(async () => (await inbound(agent)).frames > before.agent + 5, 'a picture of the buyer', 40000);
    const seen = Date.now() - begun;
    await until(() => isLive(buyer), 'the page to say so');
    const { noted, ...after } = await buyer.evaluate(() => ({
      noted: window.noted, id: window.oriel.me.id, pc: window.oriel.session.pc === window.lastPc,
      camera: window.oriel.session.senders.get('camera').sender.track === window.lastTrack,
      open: window.sockets.filter((s) => s.readyState < 2).length, renegotiations: window.renegotiations }));
    console.log(`# the agent saw ${JSON.stringify(agentSaw)}`);
    console.log(`# ${shown} ms after the outage the buyer sees the stage again, after ${seen} ms the agent the buyer; ${
      JSON.stringify(noted)}`);
    expectEqual(agentSaw.connected, false, 'the server gave the transport up: connected');
    expectEqual(JSON.stringify(after),
      JSON.stringify({ id, pc: false, camera: true, open: 1, renegotiations: 0 }), 'the buyer after it');
    expect(!noted.some(([, what]) => what === 'click'), 'somebody clicked');
    await until(async () => JSON.stringify(await stageOf(buyer)) === stage, 'the same stage').catch(async (e) => {
      throw new Error(`${e.message}: ${JSON.stringify(await stageOf(buyer))} instead of ${stage}`);
    });
    const now = await until(async () => {
      const p = await seenBy(agent, id);
      return p.connected && p.sources.camera === 'on' && p;
    }, 'the agent to know');
    expectEqual(now.sources.microphone, 'muted', 'the microphone');
    expectEqual(now.link, 'ok', 'the link');
    expect(shown < 15000 && seen < 15000, 'it took longer than 15 s');
  });
}

await buyers.close();
await agents.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
