// The server is killed in the middle of a tour and started again: two pages come back by themselves, each to its
// own seat, and all that was said and decided is there. Who was removed stays out.
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'kept-kept-kept-kept-kept-kept-kept-kept';
const mint = minter(SECRET);
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');
const runtime = tempDir('/dev/shm');
const config = await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.dev = {};
  c.tours = [{ name: 'demo', record: 'off' }];
  c.recording = { enabled: false };
  c.runtime_dir = runtime;
  c.timeouts = { resume_s: 120 }; // a page is to come back however long the machine takes
});
const base = `http://127.0.0.1:${JSON.parse(fs.readFileSync(config)).listen.port}`;
const start = async () => {
  const started = await new Server([ORIEL, 'serve', '-c', config]).ready;
  started.urls.agent = base; // for its metrics
  return started;
};
let server = await start();

const browser = await launchChromium({ flags: [SLOW_CAMERA] });
const [agent, buyer] = [browser.pages()[0], await browser.newPage()];

/** Asks for something as this page's client does. */
const ask = (page, method, ...args) => page.evaluate(([m, a]) => window.oriel[m](...a), [method, args]);

/** Who is in, and how the tour stands, as a page knows it. */
const known = (page) => page.evaluate(() => {
  const { me, participants, tour } = window.oriel;
  const people = [...participants.values()].map((p) => `${p.id} ${p.name}${p.host ? ' hosts' : ''}${p.hand ? ' hand' : ''}`);
  return `${me.id} of ${people.sort().join(', ')}; ${tour.locked ? 'locked' : 'open'}, ${tour.lead} leads`;
});

/** What one is answered who opens a connection and asks this; `leave` again then, or just gone. */
async function overSocket(message, leave = false) {
  const client = await WsClient.open(base);
  const reply = await client.ask({ id: 1, ...message });
  if (leave) {
    await client.ask({ id: 2, type: 'leave' });
  }
  await client.close();
  return reply;
}

const latecomer = () => overSocket({ type: 'join', token: mint({ role: 'agent', sub: 'late', name: 'Late' }), offer: OFFER,
  sources: [], slots: [{ mid: '3', kind: 'stage' }] }, true);
const said = (reply) => reply.entries.map((e) => `${e.seq} ${e.kind} ${e.text ?? e.title}`).join(', ');

let before, history;
await test('a_tour_has_people_and_a_history', async () => {
  await joinTour(agent, `${base}/agent/demo#${mint({ role: 'agent', sub: 'ann', name: 'Ann' })}`);
  expectEqual((await overSocket({ type: 'join', token: mint({ sub: 'eve', name: 'Eve' }), offer: OFFER, sources: [],
    slots: [{ mid: '3', kind: 'stage' }] })).type, 'joined', 'Eve');
  await joinTour(buyer, `${base}/t/demo#${mint({ sub: 'bob', name: 'Bob' })}`, { camera: false });
  await firstFrame(buyer);
  await ask(agent, 'remove', 'p2');
  await ask(buyer, 'chat', 'Is it quiet?');
  await ask(agent, 'chapter', 'Kitchen');
  await ask(buyer, 'hand', true);
  await ask(agent, 'lock', true);
  await until(async () => /p3 Bob hand; locked/.test(await known(agent)), 'the agent to see it');
  await until(async () => /p3 Bob hand; locked/.test(await known(buyer)), 'the buyer to see it');
  before = [await known(agent), await known(buyer)];
  history = said(await latecomer());
  expect(/Is it quiet\?.*Kitchen/.test(history), history);
  await until(async () => (await known(agent)) === before[0], 'who came late to be gone');
});

await test('after_a_kill_both_are_back_in_their_seats', async () => {
  const secrets = [await agent.evaluate(() => window.oriel.resumeToken), await buyer.evaluate(() => window.oriel.resumeToken)];
  await server.stop('SIGKILL');
  expectEqual(fs.readdirSync(runtime).filter((name) => name.startsWith('tours-')).length, 1, 'logs of tours');
  server = await start();
  expectEqual(await server.metric('oriel_live_found_seats'), 2, 'seats that went on');
  expectEqual(await server.metric('oriel_tours_dropped'), 0, 'what could not be read');
  for (const [i, page] of [agent, buyer].entries()) {
    await until(() => page.evaluate((old) => !window.oriel.reconnecting && window.oriel.resumeToken !== old, secrets[i]),
      'a page to come back', 60000);
  }
  await until(async () => (await known(agent)) === before[0], 'the agent to know what he knew', 60000).catch(async (error) => {
    throw new Error(`${error.message}: ${await known(agent)} and not ${before[0]}`);
  });
  await until(async () => (await known(buyer)) === before[1], 'the buyer, too', 60000);
  expectEqual(said(await latecomer()), history, 'what was said');
});

await test('pictures_go_on_and_who_was_removed_stays_out', async () => {
  const frames = () => buyer.evaluate(async () => {
    const stats = [...(await window.oriel.session.pc.getStats()).values()];
    return stats.filter((s) => s.type === 'inbound-rtp' && s.kind === 'video').reduce((n, s) => n + s.framesDecoded, 0);
  });
  const first = await frames();
  await until(async () => (await frames()) > first + 5, 'pictures', 90000);
  expectEqual((await overSocket({ type: 'hello', token: mint({ sub: 'eve' }), tour: 'demo' })).code, 'removed', 'Eve');
});

await test('an_end_in_good_order_leaves_nothing', async () => {
  await browser.close();
  await server.stop();
  expectEqual(fs.readdirSync(runtime).join(), '', 'what is in the folder');
});

finish();
