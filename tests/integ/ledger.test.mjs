// What is said in a tour, in three real pages: all get it in one order, who comes later and who was away get
// what they missed, once; the recording has it at its time, and loses what its author had erased.
import { launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { call, mint, opsToken, SECRET } from './lib/erasure.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, untilComplete } from './lib/tour.mjs';

const server = new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { address: '127.0.0.1', port: 0 };
  c.tours = [{ name: 'said', title: '12 Elm Street', record: 'auto' }];
})]);
await server.ready;
const base = new URL(server.urls.agent).origin;
const link = (page, claims) => `${base}/${page}/said#${mint({ tour: 'said', ...claims })}`;

const browser = await launchChromium({ flags: [SLOW_CAMERA] });
const host = browser.pages()[0];
const [guest, late] = [await browser.newPage(), await browser.newPage()];

/** Keeps all entries of a page, from before it joins. */
async function listen(page) {
  await page.addInitScript(() => {
    window.entries = [];
    const watch = setInterval(() => {
      if (window.oriel) {
        clearInterval(watch);
        window.oriel.addEventListener('entry', (e) => window.entries.push({ ...e.detail, got: Date.now() }));
      }
    }, 1);
  });
}
const entries = (page) => page.evaluate(() => window.entries);
const kinds = async (page) => (await entries(page)).map((e) => e.kind).join();
const say = (page, method, ...args) => page.evaluate(([m, a]) => window.oriel[m](...a), [method, args]);
const saw = (page, kind, n = 1) => until(async () => (await entries(page)).filter((e) => e.kind === kind).length >= n, `${n} ${kind}`);

for (const page of [host, guest, late]) {
  await listen(page);
}
const spoken = {}; // when each was said [ms], by its text

await test('everybody_gets_what_is_said_in_one_order', async () => {
  await joinTour(host, link('agent', { role: 'agent', sub: 'ann', name: 'Ann' }));
  await joinTour(guest, link('t', { role: 'buyer', sub: 'bob', name: 'Bob' }));
  await until(() => host.evaluate(() => window.oriel.recording === 'on' && window.oriel.roster().length === 2), 'a recording');
  await pause(1000); // so that the recording's clock is well behind its start
  spoken.one = Date.now();
  await say(guest, 'chat', 'one <b>\nquietly');
  await say(guest, 'askQuestion', 'Is the heating gas?');
  await pause(700);
  spoken.answer = Date.now();
  await say(host, 'answer', 'q1', 'answered', 'It is.');
  spoken.hall = Date.now();
  await say(host, 'chapter', 'Hall');
  spoken.hand = Date.now();
  await say(guest, 'hand', true);
  await say(host, 'follow', { plan: 2 });
  await say(host, 'point', { x: 0.25, y: 0.75, source: 'p1/screen' });
  await saw(guest, 'pointer');
  await saw(host, 'pointer');
  const [a, b] = [await entries(host), await entries(guest)];
  expectEqual(JSON.stringify(a.map(({ got, ...e }) => e)), JSON.stringify(b.map(({ got, ...e }) => e)), 'what both have');
  expectEqual(a.slice(0, 5).map((e) => e.kind).join(), 'chat,question,answer,chapter,hand', 'the order');
  expectEqual(a[0].text, 'one <b>\nquietly', 'the text');
  expectEqual(a[0].name, 'Bob', 'who said it');
  expect(Math.abs(Date.parse(a[0].at) - spoken.one) < 300, `at ${a[0].at}`);
  await until(() => host.evaluate(() => window.oriel.roster().some((p) => p.name === 'Bob' && p.hand)), 'the hand on the roster');
});

await test('who_may_not_is_refused', async () => {
  for (const [method, args] of [['chapter', ['x']], ['follow', [{}]], ['point', [{ x: 0, y: 0 }]], ['answer', ['q1']]]) {
    const code = await guest.evaluate(([m, a]) => window.oriel[m](...a).then(() => 'done', (e) => e.code), [method, args]);
    expectEqual(code, 'forbidden', method);
  }
});

await test('who_comes_late_has_the_history_and_what_holds', async () => {
  await joinTour(late, link('t', { role: 'buyer', sub: 'cyd', name: 'Cyd' }));
  expectEqual(await kinds(late), 'chat,question,answer,chapter', 'the history');
  const tour = await late.evaluate(() => window.oriel.tour);
  expectEqual(JSON.stringify(tour.view), '{"plan":2}', 'the view');
  expectEqual(`${tour.pointer.x} ${tour.pointer.y} ${tour.pointer.source}`, '0.25 0.75 p1/screen', 'the pointer');
  expect(await late.evaluate(() => window.oriel.roster().some((p) => p.name === 'Bob' && p.hand)), 'the hand');
});

await test('who_was_cut_off_misses_nothing_and_gets_nothing_twice', async () => {
  await late.evaluate(() => {
    window.before = window.entries.length;
    window.RealSocket = window.WebSocket;
    window.WebSocket = class extends window.RealSocket { constructor() { super('ws://127.0.0.1:9/'); } };
    window.oriel.signal.socket.close(4999);
  });
  await until(() => host.evaluate(() => window.oriel.roster().some((p) => p.name === 'Cyd' && p.link === 'lost')), 'Cyd to be lost');
  await say(guest, 'chat', 'two');
  await say(host, 'chat', 'three');
  await say(host, 'chapter', 'Kitchen');
  await say(guest, 'chat', 'a secret', 'hosts');
  await late.evaluate(() => { window.WebSocket = window.RealSocket; });
  await saw(late, 'chapter', 2);
  await say(host, 'chat', 'four');
  await saw(late, 'chat', 4);
  const [got, before] = await late.evaluate(() => [window.entries, window.before]);
  expectEqual(got.slice(before).map((e) => e.text ?? e.title).join(), 'two,three,Kitchen,four', 'what came');
  expectEqual(new Set(got.map((e) => e.seq)).size, got.length, 'numbers');
  await saw(host, 'chat', 5);
  expect((await entries(host)).some((e) => e.text === 'a secret' && e.to === 'hosts'), 'the host has it');
});

let recording;
const timeline = async () => (await (await call(server, 'GET', `/${recording.id}`)).json());
const saidIn = (r, kind) => r.events.filter((e) => e.type === 'entry' && e.kind === kind);

await test('the_recording_has_it_at_its_time', async () => {
  await say(guest, 'chat', 'taken back');
  await saw(host, 'chat', 6);
  await say(guest, 'retract', (await entries(host)).at(-1).seq);
  await saw(host, 'retract');
  const told = await entries(host);
  const at = (kind) => Date.parse(told.find((e) => e.kind === kind).at); // as everybody was told
  await endTour(host);
  recording = await untilComplete(base, opsToken);
  const r = await timeline();
  const started = Date.parse(r.started);
  const texts = saidIn(r, 'chat').map((e) => e.text ?? (e.retracted ? 'retracted' : '?'));
  expectEqual(texts.join(), 'one <b>\nquietly,two,three,a secret,four,retracted', 'chat');
  for (const [what, kind] of [['one', 'chat'], ['answer', 'answer'], ['hall', 'chapter'], ['hand', 'hand']]) {
    const off = saidIn(r, kind)[0].t_ms - (at(kind) - started);
    console.log(`# ${what}: ${off} ms off, told ${at(kind) - spoken[what]} ms after it was said`);
    expect(Math.abs(off) < 100, `${what} is ${off} ms off`);
    expect(at(kind) > spoken[what] - 100 && at(kind) < spoken[what] + 2000, `${what} was told at another time`); // machines have company
  }
  expectEqual(saidIn(r, 'question')[0].question, 'q1', 'the question');
  expectEqual(saidIn(r, 'answer')[0].text, 'It is.', 'the answer');
  expectEqual(saidIn(r, 'chapter').map((e) => e.title).join(), 'Hall,Kitchen', 'chapters');
  expectEqual(saidIn(r, 'hand')[0].up, true, 'the hand');
  expectEqual(JSON.stringify(saidIn(r, 'follow')[0].view), '{"plan":2}', 'the view');
  expectEqual(saidIn(r, 'pointer')[0].x, 0.25, 'the pointer');
  const whose = saidIn(r, 'pointer')[0].source.split('/')[0];
  expectEqual(r.events.find((e) => e.type === 'participant' && e.id === whose)?.name, 'Ann', 'in whose picture');
});

await test('who_is_erased_has_said_nothing', async () => {
  const bob = (await timeline()).events.find((e) => e.type === 'participant' && e.name === 'Bob').participant;
  expectEqual((await call(server, 'DELETE', `/${recording.id}/participants/${bob}`)).status, 204, 'status');
  const r = await until(async () => {
    const now = await timeline();
    return saidIn(now, 'chat')[0].erased && now;
  }, 'the erasure');
  for (const text of ['quietly', 'two', 'a secret', 'heating']) {
    expect(!JSON.stringify(r).includes(text), text);
  }
  expect(saidIn(r, 'chat').some((e) => e.text === 'three') && saidIn(r, 'answer')[0].text === 'It is.', 'what Ann said');
});

await browser.close();
const { code } = await server.stop();
await test('the_server_ends_in_good_order', async () => expect(code === 0, `it ended with ${code}`));
finish();
