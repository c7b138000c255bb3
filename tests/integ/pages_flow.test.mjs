// What people do in the tour together, on a buyer's page and on the agent's: who has the stage, the same person on two
// devices, a server that dies, what the keyboard reaches, and that nothing moves which one looks at.
import fs from 'node:fs';
import path from 'node:path';
import { expectAccessible } from './lib/axe.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { expectStill, watchShifts, watchShiftsFromBeginning } from './lib/shifts.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';
import { minter } from './lib/token.mjs';

const SECRET = 'the house has the stage, whoever speaks in it';
const SCREENS = path.join(ROOT, 'var/screens');
fs.mkdirSync(SCREENS, { recursive: true });
const config = await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  const [{ property }] = c.tours;
  c.tours = [{ name: 'demo', record: 'off', property }, { name: 'lobby', record: 'off', lobby: true, property },
    { name: 'plain', record: 'manual', property }];
});
const start = () => new Server([ORIEL, 'serve', '-c', config]).ready;
let server = await start();
const base = new URL(server.urls.agent).origin;
const mint = minter(SECRET);
const link = (claims) => `${base}/${claims.role === 'agent' ? 'agent' : 't'}/${claims.tour ?? 'demo'}#${mint(claims)}`;
const errors = [];

const AUTOPLAY = '--autoplay-policy=no-user-gesture-required';
const desk = await launchChromium({ flags: [AUTOPLAY], viewport: { width: 1440, height: 900 } });
const phone = await launchChromium({ flags: [AUTOPLAY], viewport: { width: 390, height: 844 }, hasTouch: true });

async function newPage(browser) {
  const page = await browser.newPage();
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => m.type() === 'error' && !/WebSocket|ERR_CONNECTION/.test(m.text()) && errors.push(m.text()));
  await watchShiftsFromBeginning(page);
  return page;
}

async function joined(browser, claims, devices = false) {
  const page = await newPage(browser);
  await joinTour(page, link(claims), { camera: devices });
  return page;
}

/** From now on the page notes each picture that is its main one: "whose/what", with * where it is its own. */
const noteStage = (page) => page.evaluate(() => {
  window.had = [];
  const look = () => {
    const { participant, source, own } = document.querySelector('oriel-stage')?.picture ?? {};
    const now = `${window.oriel.participants.get(participant)?.name ?? 'nobody'}/${source}${own ? '*' : ''}`;
    if (window.had.at(-1) !== now) {
      window.had.push(now);
    }
    requestAnimationFrame(look);
  };
  look();
});
const had = (page) => page.evaluate(() => window.had.splice(0, window.had.length - 1).concat(window.had).join(' '));
const now = (page) => page.evaluate(() => window.had.at(-1));
/** Pictures that the main one has drawn. */
const drawn = (page) => page.evaluate(() => document.querySelector('.stage .main video').getVideoPlaybackQuality().totalVideoFrames);
const idOf = (page) => page.evaluate(() => window.oriel.me.id);

const ann = await joined(desk, { role: 'agent', sub: 'ann', name: 'Ann' });
const bea = await joined(phone, { sub: 'bea', name: 'Bea' }, true);
const cy = await joined(phone, { sub: 'cy', name: 'Cy' });
const dee = await joined(desk, { sub: 'dee', name: 'Dee' });
const all = [ann, bea, cy, dee];
const beaId = await idOf(bea);

/** While Bea, whose fake microphone beeps, is the one who speaks, for so many pictures of the house. */
async function beaSpeaks(pictures) {
  for (const page of [cy, dee, ann]) {
    await page.waitForFunction((id) => document.querySelector('oriel-tour').model.speaker === id, beaId);
  }
  const before = await drawn(cy);
  await until(async () => (await drawn(cy)) > before + pictures, 'the house to go on');
}

await test('who_speaks_with_a_camera_does_not_take_the_house_from_anybody', async () => {
  await ann.click('[data-control=microphone]'); // she is silent
  await Promise.all([bea, cy, dee].map(firstFrame));
  await Promise.all(all.map(noteStage));
  await Promise.all(all.map(watchShifts));
  await beaSpeaks(60);
  await cy.waitForSelector(`.others [data-person=${beaId}] .who svg[aria-label], .others [data-person=${beaId}] .speaking`);
  await ann.waitForSelector(`.others [data-person=${beaId}] .speaking`);
  expectEqual((await Promise.all(all.map(had))).join('; '), 'Ann/camera*; Ann/camera; Ann/camera; Ann/camera', 'what Ann, Bea, Cy and Dee had on the stage');
  await ann.screenshot({ path: path.join(SCREENS, 'flow_agent.png') });
  await cy.screenshot({ path: path.join(SCREENS, 'flow_buyer.png') });
  for (const page of [ann, cy, dee]) {
    await expectStill(page, 'while somebody spoke');
  }
});

await test('nor_a_screen_that_the_agent_shares', async () => {
  await Promise.all(all.map(had));
  await ann.click('[data-control=screen]');
  for (const page of [bea, cy, dee]) {
    await until(async () => (await now(page)) === 'Ann/screen', 'the screen on a buyer’s stage');
  }
  await beaSpeaks(30);
  await ann.click('[data-control=screen]');
  for (const page of [bea, cy, dee]) {
    await until(async () => (await now(page)) === 'Ann/camera', 'the camera again');
  }
  await until(async () => (await now(ann)) === 'Ann/camera*', 'her own camera again');
  expectEqual((await Promise.all(all.map(had))).join('; '), ['Ann/camera* Ann/screen* Ann/camera*',
    ...Array(3).fill('Ann/camera Ann/screen Ann/camera')].join('; '), 'what Ann, Bea, Cy and Dee had on the stage');
});

await test('unless_the_agent_puts_him_there', async () => {
  await ann.evaluate((id) => window.oriel.spotlight(id), beaId);
  for (const page of [cy, dee]) {
    await until(async () => (await now(page)) === 'Bea/camera', 'Bea on the stage');
  }
  expectEqual(await now(ann), 'Ann/camera*', 'the agent goes on aiming');
  await until(async () => (await ann.locator(`.others [data-person=${beaId}] video:not([hidden])`).count()) === 1, 'and sees Bea beside it');
  await ann.evaluate(() => window.oriel.spotlight(null));
  for (const page of [cy, dee]) {
    await until(async () => (await now(page)) === 'Ann/camera', 'Ann again');
  }
});

await test('nothing_moves_when_people_come_ask_and_go', async (atEnd) => {
  await Promise.all(all.map(watchShifts));
  const guests = [];
  atEnd(() => Promise.all(guests.map((page) => page.close())));
  for (const name of ['Eve', 'Maximiliana Konstantinopolitanskaja-Featherstonehaugh of Lower Upperthorpe']) {
    guests.push(await joined(desk, { sub: name.slice(0, 8), name }, name === 'Eve'));
  }
  await ann.waitForFunction(() => document.querySelectorAll('.others oriel-tile').length >= 5);
  await Promise.all([ann, cy, dee].map((page) => expectStill(page, 'as people came')));
  await cy.evaluate(() => window.oriel.askQuestion('How old is the boiler?'));
  await ann.waitForSelector('.question-card, [data-chip]');
  await cy.evaluate(() => window.oriel.hand(true));
  await ann.evaluate(() => window.oriel.answer('q1', 'answered', 'Seven years.'));
  await cy.waitForSelector('.question-card.answered');
  await dee.evaluate(() => window.oriel.chat('Good morning'));
  await cy.waitForSelector('.message:has-text("Good morning")');
  await Promise.all([ann, cy, dee].map((page) => expectStill(page, 'as they asked')));
  for (const left of [5, 4]) { // the last first: in a list of people who is behind one that goes moves up
    await guests.pop().close();
    await ann.waitForFunction((n) => window.oriel.roster().length === n, left);
  }
  await Promise.all([ann, cy, dee].map((page) => expectStill(page, 'as they went')));
});

/** Bea's link on one more device, which is asked what becomes of the others. */
async function asked() {
  const page = await newPage(phone);
  await page.goto(link({ sub: 'bea', name: 'Bea' }));
  await page.click('form.prejoin button[type=submit]');
  await page.waitForSelector('dialog h2:has-text("You are in this tour already")');
  return page;
}

async function another(choice) {
  const page = await asked();
  await expectAccessible(page, 'the question which seat', { within: 'dialog' });
  await page.screenshot({ path: path.join(SCREENS, `flow_seat_${choice}.png`) });
  await page.click(`dialog [data-choice=${choice}]`);
  await page.waitForSelector('.tour');
  await firstFrame(page);
  return page;
}

let beside;
let moved;
await test('one_link_on_two_devices_is_two_seats_that_say_so', async () => {
  beside = await another('beside');
  await ann.waitForFunction(() => window.oriel.roster().filter((p) => p.name === 'Bea').length === 2);
  const before = await drawn(bea);
  await until(async () => (await drawn(bea)) > before + 30, 'the first device to go on');
  expectEqual(await bea.locator('.notice').count(), 0, 'what the first device says');
  await ann.click('[data-tab=people]');
  await ann.waitForSelector('.people');
  await ann.screenshot({ path: path.join(SCREENS, 'flow_two_devices.png') });
});

await test('and_who_moves_to_another_one_is_there_only_and_for_good', async () => {
  moved = await another('take_over');
  for (const old of [bea, beside]) {
    await old.waitForSelector('.notice h1:has-text("You joined from another window")');
  }
  await expectAccessible(bea, 'a seat that was taken over');
  const before = await drawn(moved);
  await until(async () => (await drawn(moved)) > before + 60, 'the tour to go on there');
  expectEqual(await ann.evaluate(() => window.oriel.roster().filter((p) => p.name === 'Bea').length), 1, 'seats of Bea');
  for (const old of [bea, beside]) {
    expect(await old.evaluate(() => window.oriel.over && !window.oriel.signal.isOpen()), 'the old one asks for nothing');
  }
});

await test('the_question_which_seat_goes_with_the_tour_that_it_is_about', async (atEnd) => {
  const page = await asked();
  atEnd(() => page.close());
  await page.evaluate((other) => { document.querySelector('oriel-tour').link = other; }, link({ tour: 'plain', sub: 'bea', name: 'Bea' }));
  await page.waitForSelector('input[name=consent]'); // of the other one
  expectEqual(await page.locator('dialog').count(), 0, 'questions about the tour that one has left');
  await page.evaluate((first) => { document.querySelector('oriel-tour').link = first; }, link({ sub: 'bea', name: 'Bea' }));
  await page.waitForSelector('form.prejoin:not(:has(input[name=consent]))');
  await page.click('form.prejoin button[type=submit]');
  await page.waitForSelector('dialog[open]');
  await page.evaluate(() => window.oriel.receive({ type: 'tour_ended' })); // as the server says it
  await page.waitForSelector('.notice h1:has-text("The tour has ended")');
  await page.waitForFunction(() => !document.querySelector('dialog') && document.activeElement.matches('.notice h1'));
  expectEqual(await ann.evaluate(() => window.oriel.roster().filter((p) => p.name === 'Bea').length), 1, 'seats of Bea');
});

await test('a_server_that_is_killed_twice_is_said_on_both_sides_and_found_again', async () => {
  const inTour = [ann, cy, dee, moved];
  await server.stop('SIGKILL');
  const killed = Date.now();
  for (const page of inTour) {
    await page.waitForSelector('.stage .lost:has-text("Your connection dropped. Getting you back…")');
  }
  console.log(`# said on all pages ${Date.now() - killed} ms after the end of the server`);
  await ann.screenshot({ path: path.join(SCREENS, 'flow_killed_agent.png') });
  await expectAccessible(ann, 'an agent whose connection is lost');
  server = await start();
  await until(async () => await server.metric('oriel_signaling_connections') > 0, 'somebody to find the server'); // and then it dies once more
  await server.stop('SIGKILL');
  for (const page of inTour) {
    await page.waitForSelector('.stage .lost:has-text("Your connection dropped. Getting you back…")');
  }
  server = await start();
  const started = Date.now();
  for (const page of inTour) {
    await page.waitForFunction(() => document.querySelector('.tour')?.dataset.link === 'live' && !document.querySelector('.stage .lost'));
    expectEqual(await page.innerText('.link-state'), '', 'what is said of the link');
  }
  const before = await drawn(cy);
  await until(async () => (await drawn(cy)) > before + 20, 'the house');
  console.log(`# all back ${Date.now() - started} ms after its start`);
  const people = () => ann.evaluate(() => window.oriel.roster().map((p) => `${p.name} ${p.link}`).join());
  await until(async () => (await people()) === 'Ann ok,Bea ok,Cy ok,Dee ok', 'everybody, once').catch(async (error) => {
    throw new Error(`${error.message}: ${await people()}`);
  });
  for (const old of [bea, beside]) {
    expectEqual(await old.locator('.notice h1:has-text("You joined from another window")').count(), 1, 'who moved away stays away');
  }
});

await test('no_errors_on_any_console', () => expectEqual(errors.join('\n'), '', 'errors'));
await desk.close();
await phone.close();
await test('the_server_ends_in_good_order', async () => expectEqual((await server.stop()).code, 0, 'exit status'));
finish();
