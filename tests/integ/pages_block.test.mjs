// A network that carries nothing for a while, as a person meets it: between who looks, on a phone and at a desk, and the
// server with the agent beside it. What the pages say, when they say it, and that they say it no longer than it lasts.
// ORIEL_BLOCKS=30 repeats the short block, and a server that stands still, so often.
import fs from 'node:fs';
import path from 'node:path';
import { expectAccessible } from './lib/axe.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expectEqual, finish, test, until } from './lib/harness.mjs';
import { expectStill, watchShifts } from './lib/shifts.mjs';
import { blockedFor, expectPrompt, expectSaid, watchPicture } from './lib/still.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { firstFrame, joinTour, listRecordings, stageOf } from './lib/tour.mjs';
import { minter } from './lib/token.mjs';
import { filter } from './lib/netns.mjs';
import { ServerNetwork, enterClientNetwork, setAddresses } from './lib/two_hosts.mjs';

if (!enterClientNetwork()) {
  await test('a_network_that_is_blocked', () => console.log('# no network namespace here: blocked networks NOT checked'));
  finish();
}

const HOST = '10.77.0.2';
const PORT = 8080;
const SECRET = 'whoever is cut off is told so, and got back';
const SCREENS = path.join(ROOT, 'var/screens');
const REPEATS = Number(process.env.ORIEL_BLOCKS ?? 0);
fs.mkdirSync(SCREENS, { recursive: true });

const base = `http://${HOST}:${PORT}`;
const network = await ServerNetwork.open([`${HOST}/24`]);
const server = await new Server(['nsenter', ...network.argv, ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.listen = { address: HOST, port: PORT };
  c.public_url = base;
  c.media = { ...c.media, address: HOST, port: 7000, workers: 1 };
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours[0].record = 'manual';
})]).ready;
const mint = minter(SECRET);
const link = (claims) => `${base}/${claims.role === 'agent' ? 'agent' : 't'}/demo#${mint(claims)}`;
const flags = [`--unsafely-treat-insecure-origin-as-secure=${base}`,
  `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE ${HOST}`];

setAddresses('10.77.0.10/24');
const errors = [];
const note = (page) => page.on('pageerror', (e) => errors.push(e.message));
const agents = await launchChromium({ flags, executablePath: network.wrapper('/usr/bin/chromium') });
const [agent] = agents.pages();
note(agent);
await joinTour(agent, link({ role: 'agent', sub: 'ann', name: 'Ann' }));

const browser = await launchChromium({ flags });
const buyers = new Map();
for (const [name, width, height] of [['phone', 390, 844], ['desk', 1440, 900]]) {
  const page = name === 'phone' ? browser.pages()[0] : await browser.newPage();
  note(page);
  await page.setViewportSize({ width, height });
  await joinTour(page, link({ sub: name, name }), { camera: false });
  await firstFrame(page);
  await until(async () => (await stageOf(page)).participant, 'the agent on the stage');
  buyers.set(name, page);
}
const pages = [...buyers.values()];

/** Nothing passes between the buyers and the server, and nobody is told. */
function block(on) {
  const drop = (device) => (on ? `table inet block { chain in { type filter hook input priority 0; iifname "${device}" drop; }; }` : '');
  network.filter(drop('server'));
  filter(drop('client'));
}

for (const seconds of [5, 20]) {
  await test(`${seconds}_s_without_a_packet_are_said_and_not_for_longer`, async (atEnd) => {
    atEnd(() => block(false));
    await Promise.all(pages.map(watchPicture));
    await Promise.all(pages.map(watchShifts));
    block(true);
    for (const [name, page] of buyers) {
      await page.waitForSelector('.stage .lost:has-text("Getting you back")');
      await page.screenshot({ path: path.join(SCREENS, `block_${seconds}_${name}.png`) });
    }
    if (seconds === 20) {
      await expectAccessible(buyers.get('phone'), 'a picture that stands still');
    }
    await Promise.all(pages.map((page) => blockedFor(page, seconds)));
    block(false);
    const opened = await Promise.all(pages.map((page) => page.evaluate(() => performance.now())));
    await Promise.all(pages.map((page, i) => expectPrompt(page, [...buyers.keys()][i], opened[i])));
    await Promise.all(pages.map((page) => expectStill(page, 'as the notice came and went')));
    await agent.waitForFunction(() => window.oriel.roster().every((p) => p.link !== 'lost'));
    expectEqual(await agent.evaluate(() => window.oriel.roster().length), 3, 'people, each once');
  });
}

/** Nothing passes between the host and the server. */
const blockHost = (on) => network.filter(on
  ? `table inet host { chain in { type filter hook input priority 0; iifname "lo" ip daddr ${HOST} drop; }; }` : '');
const ops = mint({ role: 'ops', sub: 'olga' });
const recordings = async () => (await listRecordings(base, ops)).map((r) => r.state).join();

await test('a_host_without_a_packet_for_5_s_is_told_and_so_are_his_guests', async (atEnd) => {
  atEnd(() => blockHost(false));
  const me = await agent.evaluate(() => window.oriel.me.id);
  await agent.evaluate(() => window.oriel.record(true));
  await Promise.all([agent, ...pages].map((page) => page.waitForSelector('.rec.on')));
  await Promise.all([agent, ...pages].map(watchPicture));
  const since = await agent.evaluate(() => performance.now());
  blockHost(true);
  await agent.waitForSelector('.stage .lost:has-text("Your connection dropped. Getting you back")');
  await agent.screenshot({ path: path.join(SCREENS, 'block_host.png') });
  await expectSaid(agent, 'the host', since);
  for (const page of pages) {
    await page.waitForSelector('.stage .lost:has-text("The picture from Ann has stopped. It comes back by itself.")');
  }
  await Promise.all(pages.map((page) => blockedFor(page, 5)));
  await Promise.all(pages.map(async (page, i) => expectSaid(page, `guest, ${[...buyers.keys()][i]}`,
    await page.evaluate(() => window.noted.pictures.at(-1)))));
  blockHost(false);
  const opened = await Promise.all(pages.map((page) => page.evaluate(() => performance.now())));
  await Promise.all(pages.map((page, i) => page.waitForFunction((then) => window.noted.pictures.at(-1) > then
    && !document.querySelector('.stage .lost, .stage .away'), opened[i])));
  const open = Date.now();
  await agent.waitForFunction(() => document.querySelector('.tour').dataset.link === 'live' && !document.querySelector('.stage .lost'));
  console.log(`# the host reads that he is back within ${Date.now() - open} ms of his guests`);
  await agent.waitForFunction(() => window.oriel.roster().length === 3 && window.oriel.roster().every((p) => p.link !== 'lost'));
  console.log(`# and everybody that everybody is within ${Date.now() - open} ms`);
  for (const page of pages) {
    expectEqual((await stageOf(page)).participant, me, 'who has the stage');
    expectEqual(await page.evaluate(() => window.oriel.tour.lead), me, 'who leads');
  }
  await Promise.all([agent, ...pages].map((page) => page.waitForSelector('.rec.on')));
  expectEqual(await recordings(), 'recording', 'recordings');
});

for (let i = 0; i < REPEATS; i++) {
  await test(`a_short_block_again_${i}`, async (atEnd) => {
    atEnd(() => block(false));
    await Promise.all(pages.map(watchPicture));
    const stop = i % 2 === 1;
    stop ? process.kill(server.pid, 'SIGSTOP') : block(true);
    await Promise.all(pages.map((page) => blockedFor(page, 5)));
    stop ? process.kill(server.pid, 'SIGCONT') : block(false);
    const opened = await Promise.all(pages.map((page) => page.evaluate(() => performance.now())));
    await Promise.all(pages.map((page, n) => expectPrompt(page, `${[...buyers.keys()][n]} ${stop ? 'stop' : 'block'}`, opened[n])));
  });
}

await test('no_script_error', () => expectEqual(errors.join('\n'), '', 'errors'));
await browser.close();
await agents.close();
await test('the_server_ends_in_good_order', async () => expectEqual((await server.stop()).code, 0, 'exit status'));
finish();
