// The pages in Firefox: somebody tries out camera and microphone, joins, sees the house, asks, raises a hand, leaves and
// comes again; who looks after recordings finds one, with a pause in it, and plays it.
import fs from 'node:fs';
import path from 'node:path';
import { SLOW_CAMERA, launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { playAndSeek } from './lib/playback.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, listRecordings } from './lib/tour.mjs';
import { minter } from './lib/token.mjs';

const SECRET = 'the other browser is a browser, too';
const SCREENS = path.join(ROOT, 'var/screens');
fs.mkdirSync(SCREENS, { recursive: true });
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours[0].record = 'auto';
})]).ready;
const base = new URL(server.urls.agent).origin;
const mint = minter(SECRET);
const ops = mint({ role: 'ops', sub: 'olga' });

const [chromium, firefox] = await Promise.all([launchChromium({ flags: [SLOW_CAMERA] }), launchFirefox()]);
const agent = chromium.pages()[0];
await joinTour(agent, `${base}/agent/demo#${mint({ role: 'agent', sub: 'ann', name: 'Ann' })}`);
const page = await firefox.newPage();
const errors = [];
page.on('pageerror', (e) => errors.push(e.message));
page.setDefaultTimeout(30000);
const says = (selector, text) => page.waitForFunction((s, t) => [...document.querySelectorAll(s)].some((e) => e.textContent.includes(t)), {}, selector, text);
const shot = (name) => page.screenshot({ path: path.join(SCREENS, `firefox_${name}.png`) });
const of = (name) => agent.evaluate((n) => window.oriel.roster().find((p) => p.name === n), name);

await test('firefox_tries_out_its_devices_and_joins', async () => {
  await page.goto(`${base}/t/demo#${mint({ sub: 'fay' })}`);
  await page.waitForSelector('form.prejoin');
  await page.type('input[name=name]', 'Fay');
  for (const device of ['camera', 'microphone']) {
    await page.click(`[data-device=${device}]`);
    await page.waitForSelector(`[data-device=${device}][aria-pressed=true]`);
  }
  await page.waitForFunction(() => document.querySelector('.preview video')?.videoWidth > 0);
  await page.click('form.prejoin button[type=submit]'); // without consent one is sent to it
  await page.waitForFunction(() => {
    const tick = document.querySelector('input[name=consent]');
    const { x, y, width, height } = tick.getBoundingClientRect();
    return document.activeElement === tick && document.elementFromPoint(x + width / 2, y + height / 2) === tick;
  });
  await page.click('input[name=consent]');
  await shot('prejoin');
  await page.click('form.prejoin button[type=submit]');
  await page.waitForSelector('.tour');
  await until(async () => (await of('Fay'))?.sources.camera === 'on' && (await of('Fay')).sources.microphone === 'on', 'what Fay tried out to be sent');
});

await test('firefox_sees_the_house_asks_and_raises_a_hand', async () => {
  await page.waitForFunction(() => document.querySelector('.stage .main video')?.mozPaintedFrames > 30);
  expectEqual(await page.evaluate(() => document.querySelector('.stage .lost')?.textContent), undefined, 'what is said over a picture that moves');
  expectEqual(await page.evaluate(() => document.querySelector('oriel-stage').picture.name), 'Ann', 'whose picture it is');
  await page.waitForSelector('.composer textarea');
  await page.type('.composer textarea', 'How old is the boiler?');
  await page.click('.composer .send');
  await agent.waitForFunction(() => window.oriel.ledger.entries.some((e) => e.kind === 'question' && e.text === 'How old is the boiler?'));
  await agent.evaluate(() => window.oriel.answer('q1', 'answered', 'Seven years.'));
  await says('.question-card.answered', 'Seven years.');
  await agent.evaluate(() => window.oriel.record(true, true));
  await page.click('[data-control=hand]');
  await until(async () => (await of('Fay')).hand, 'her hand');
  await shot('tour');
  await agent.evaluate(() => window.oriel.record(true, false));
});

await test('firefox_leaves_and_comes_again', async () => {
  await page.click('[data-control=leave]');
  await says('.notice h1', 'You left the tour');
  await until(async () => !await of('Fay'), 'her seat to be free');
  await page.click('.notice button.primary');
  await page.waitForSelector('form.prejoin');
  await page.click('form.prejoin button[type=submit]'); // the name and the consent are remembered
  await page.waitForSelector('.tour');
  await page.waitForFunction(() => document.querySelector('.stage .main video')?.mozPaintedFrames > 5);
  await endTour(agent);
  await says('.notice h1', 'The tour has ended');
});

await test('firefox_finds_the_recording_and_plays_it', async () => {
  await until(async () => (await listRecordings(base, ops))[0]?.state === 'complete', 'the recording');
  await page.goto(`${base}/ops#${ops}`);
  await page.waitForSelector('[data-recording] a');
  await page.click('[data-recording] a');
  await page.waitForSelector('.player video');
  await playAndSeek((run, argument) => page.evaluate(run, argument));
  const { length, gaps } = await page.evaluate(() => {
    const player = document.querySelector('oriel-player');
    return { length: player.playback.length, gaps: player.gaps().map((gap) => gap.label).join() };
  });
  const [{ duration_ms: ms }] = await listRecordings(base, ops);
  expect(Math.abs(length * 1000 - ms) < 500, `${length} s instead of ${ms} ms`);
  expect(gaps.includes('Recording was paused'), `the pause: ${gaps}`);
  await says('button.said', 'How old is the boiler?');
  await shot('ops');
});

await test('no_errors_on_the_page', () => expectEqual(errors.join('\n'), '', 'errors'));
await Promise.all([firefox.close(), chromium.close()]);
await test('the_server_ends_in_good_order', async () => expectEqual((await server.stop()).code, 0, 'exit status'));
finish();
