// One person, one link, several devices: two Chromium and a host. Nobody is thrown out by a second click,
// nobody is fought for, and nobody hears himself.
import { launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';

const config = await writeConfig(tempDir());
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const hosts = await launchChromium({ flags: [SLOW_CAMERA] });
const agent = hosts.pages()[0];
await joinTour(agent, server.urls.agent);

/** A device of the buyer's, with a profile of its own, that fills in the form. */
async function device() {
  const browser = await launchChromium({ flags: [SLOW_CAMERA] });
  const page = browser.pages()[0];
  await page.goto(server.urls.buyer);
  await page.waitForSelector('form.prejoin');
  if (await page.$('input[name=name]')) {
    await page.fill('input[name=name]', 'Bea');
  }
  await page.check('input[name=consent]');
  return { browser, page };
}

const click = (page) => page.click('form.prejoin button[type=submit]');
const answer = async (page, choice) => {
  await page.waitForSelector('dialog h2:has-text("You are in this tour already")');
  await page.click(`dialog [data-choice=${choice}]`);
  await page.waitForSelector('.tour');
};
const buyers = (page) => page.evaluate(() => window.oriel.roster().filter((p) => p.role === 'buyer'));
const isIn = (page) => page.evaluate(() => !window.oriel.over && window.oriel.session.pc.connectionState === 'connected');

const first = await device();
const second = await device();

await test('the_second_device_is_asked_and_the_first_stays', async () => {
  await first.page.click('[data-device=microphone]');
  await first.page.waitForSelector('[data-device=microphone][aria-pressed=true]');
  await first.page.evaluate(() => document.querySelector('form.prejoin').addEventListener('submit',
    () => { window.joinedAt = performance.now(); }, { capture: true }));
  await click(first.page);
  await first.page.waitForSelector('.tour');
  await firstFrame(first.page);
  await click(second.page);
  await second.page.waitForSelector('dialog h2:has-text("You are in this tour already")');
  expectEqual((await buyers(agent)).length, 1, 'seats while it is asked');
  expect(await isIn(first.page), 'the first is in');
});

await test('who_gives_no_answer_stays_outside', async () => {
  await second.page.keyboard.press('Escape');
  await second.page.waitForSelector('.problem:has-text("another device")');
  expectEqual((await buyers(agent)).length, 1, 'seats');
});

await test('beside_each_other_both_stay', async () => {
  await click(second.page);
  await answer(second.page, 'beside');
  await until(() => isIn(second.page), 'the second to be in');
  expect(await isIn(first.page), 'the first is in');
  await until(async () => (await buyers(agent)).map((p) => p.device).sort().join() === '1,2', 'two devices for the host');
  await first.page.click('[data-control=people]');
  await first.page.waitForSelector('.people .name:has-text(", device 1 (you)")');
  await first.page.waitForSelector('.people .name:has-text(", device 2")');
});

/** Whose voices the audio slots of a page carry. */
const voices = (page) => page.evaluate(() => [...window.oriel.session.slots.values()]
  .filter((s) => s.kind === 'audio' && s.participant).map((s) => s.participant).sort());

await test('nobody_hears_himself_from_his_other_device', async () => {
  const [one, host] = [await first.page.evaluate(() => window.oriel.me.id), await agent.evaluate(() => window.oriel.me.id)];
  await until(async () => (await voices(agent)).includes(one), 'the host to hear the first device');
  await until(async () => (await voices(second.page)).includes(host), 'the second device to hear the host');
  expect(!(await voices(second.page)).includes(one), 'the second device plays the microphone of the first');
});

await test('who_moves_is_in_once_and_the_others_do_not_come_back', async () => {
  const third = await device();
  await click(third.page);
  await answer(third.page, 'take_over');
  for (const { page } of [first, second]) {
    await page.waitForSelector('.notice h1:has-text("You joined from another window")');
  }
  const seat = await until(async () => {
    const all = await buyers(agent);
    return all.length === 1 && all[0].device === undefined && all[0];
  }, 'one seat');
  const sockets = await server.metric('oriel_signaling_connections');
  await pause(4000); // as long as a client that comes back waits, and longer
  expectEqual((await buyers(agent)).map((p) => p.id).join(), seat.id, 'the seat');
  expectEqual(await server.metric('oriel_signaling_connections'), sockets, 'connections');
  expect(await isIn(third.page), 'the third is in');
  for (const { page } of [first, second]) {
    expect(await page.evaluate(() => window.oriel.over), 'the client has ended');
  }
  await third.browser.close();
});

await test('a_seat_that_was_lost_is_taken_without_a_question', async () => {
  await until(async () => (await buyers(agent))[0]?.link === 'lost', 'the closed browser to be missed');
  await first.page.click('.notice button'); // "Use this window"
  await first.page.waitForSelector('form.prejoin');
  await first.page.check('input[name=consent]');
  await click(first.page);
  await first.page.waitForSelector('.tour');
  await until(() => isIn(first.page), 'in');
});

await Promise.all([first.browser.close(), second.browser.close(), hosts.close()]);
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
