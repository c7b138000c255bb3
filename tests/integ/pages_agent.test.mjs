// The agent's console: a host with buyers who are really there, at a desk and with a phone in one hand.
import fs from 'node:fs';
import path from 'node:path';
import { expectAccessible, smallTargets, tabOrder } from './lib/axe.mjs';
import { SLOW_CAMERA, launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { joinTour, stageOf } from './lib/tour.mjs';

const SECRET = 'agents-agents-agents-agents-agents-a';
const SCREENS = path.join(ROOT, 'var/screens');
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const mint = minter(SECRET);
fs.mkdirSync(SCREENS, { recursive: true });

const config = await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours[0].record = 'manual';
});
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const base = new URL(server.urls.agent).origin;
const link = (role, name) => `${base}/${role === 'agent' ? 'agent' : 't'}/demo#${mint({ role, sub: name, name })}`;
const errors = [];
const PATIENCE = Number(process.env.ORIEL_PATIENCE ?? 30000);

function watch(page, who) {
  page.setDefaultTimeout(PATIENCE);
  page.on('pageerror', (e) => errors.push(`${who}: ${e.message}`));
  page.on('console', (m) => m.type() === 'error' && errors.push(`${who}: ${m.text()}`));
  return page;
}

const shot = (page, name) => page.screenshot({ path: path.join(SCREENS, `agent_${name}.png`) });
const says = (page, text) => page.waitForSelector(`.toast:has-text("${text}")`);
const idOf = (page) => page.evaluate(() => window.oriel.me.id);
const pressed = (page, control) => page.getAttribute(`[data-control=${control}]`, 'aria-pressed');
/** Shows that part of the panel, whether it was open or not. */
async function tab(page, name) {
  if (await page.getAttribute(`[data-tab=${name}]`, 'aria-selected') !== 'true') {
    await page.click(`[data-tab=${name}]`);
  }
}
async function menuOf(page, id) {
  await tab(page, 'people');
  await page.click(`.people [data-person=${id}]`);
  await page.waitForSelector('dialog.modal[open]');
}

const [browser, others] = await Promise.all([launchChromium({ viewport: DESK, flags: [SLOW_CAMERA] }),
  launchChromium({ viewport: PHONE, flags: [SLOW_CAMERA] })]);
const agent = watch(browser.pages()[0], 'agent');
await joinTour(agent, link('agent', 'Maya Lindqvist'));
await agent.waitForSelector('.controls.all');
const bea = watch(others.pages()[0], 'bea');
const cy = watch(await others.newPage(), 'cy');
await joinTour(bea, link('buyer', 'Bea Hofmann'));
await joinTour(cy, link('buyer', 'Cy Young'));
const [beaId, cyId] = [await idOf(bea), await idOf(cy)];

await test('a_host_sees_what_he_films_whoever_comes', async () => {
  await says(agent, 'joined');
  await until(() => agent.evaluate(() => document.querySelectorAll('.others oriel-tile video:not([hidden])').length === 2), 'pictures of both');
  const main = await agent.evaluate(() => {
    const video = document.querySelector('.stage .main video');
    return { own: video.srcObject.getTracks()[0] === window.oriel.published.get('camera'), mirrored: video.classList.contains('mirrored') };
  });
  expectEqual(JSON.stringify(main), '{"own":true,"mirrored":false}', 'the main picture');
  await expectAccessible(agent, 'the console of a host');
  expectEqual((await smallTargets(agent)).join(), '', 'small targets');
  await shot(agent, 'desk');
  await agent.emulateMedia({ forcedColors: 'active' });
  await expectAccessible(agent, 'the console without colours', { except: ['color-contrast'] }); // they are the system's
  await shot(agent, 'forced');
  await agent.emulateMedia({ forcedColors: 'none' });
});

await test('everything_is_reached_by_keyboard_and_has_a_name', async () => {
  const order = await tabOrder(agent);
  for (const name of ['Mic', 'Camera', 'Record', 'Point', 'Rooms', 'Questions', 'More', 'Leave', 'End tour']) {
    expect(order.some((o) => o === `button ${name}`), `${name} among ${order.join(', ')}`);
  }
  expect(order.every((o) => /^\S+ \S/.test(o)), `a name for each: ${order.join(', ')}`);
});

await test('questions_are_answered_in_writing_by_voice_and_later', async () => {
  await bea.evaluate(() => window.oriel.askQuestion('How old is the boiler?'));
  await agent.click('[data-chip]');
  await agent.click('[data-question-do=later]');
  await agent.waitForFunction(() => !document.querySelector('[data-chip]') && !document.querySelector('dialog[open]'));
  expectEqual(await agent.innerText('[data-control=talk] .badge'), '1', 'it waits');
  await tab(agent, 'talk');
  await agent.click('[data-question-do=write]');
  await agent.waitForFunction(() => document.activeElement?.matches('.answering textarea'));
  await agent.keyboard.type('From 2019. Mmm.'); // the keys of the console are letters while one writes
  expectEqual(await pressed(agent, 'microphone'), 'true', 'the microphone');
  await agent.click('.answering button[type=submit]');
  await bea.waitForFunction(() => window.oriel.ledger.entries.some((e) => e.kind === 'answer' && e.text === 'From 2019. Mmm.'));
  await agent.waitForFunction(() => !document.querySelector('[data-control=talk] .badge'));
  await cy.evaluate(() => window.oriel.askQuestion('Is it quiet?'));
  await agent.click('[data-question-do=answered]');
  await cy.waitForFunction(() => window.oriel.ledger.entries.filter((e) => e.kind === 'answer').length === 2);
  await agent.waitForFunction(() => document.activeElement.matches('.panel .content')); // the button is gone, the list is not
  await agent.fill('.chat-form input', 'We go upstairs now.');
  await agent.keyboard.press('Enter');
  await bea.waitForFunction(() => window.oriel.ledger.entries.some((e) => e.text === 'We go upstairs now.'));
  await agent.waitForSelector('.desk-talk .message.mine');
  await expectAccessible(agent, 'questions and chat');
  await shot(agent, 'talk');
  await agent.click('.desk-talk section [data-retract]');
  await bea.waitForFunction(() => !window.oriel.ledger.entries.some((e) => e.text === 'We go upstairs now.'));
});

await test('rooms_are_chapters_and_plans_are_on_everybodys_stage', async () => {
  await agent.click('[data-control=rooms]');
  await agent.click('[data-room=Kitchen]');
  await bea.waitForSelector('.room-now:has-text("Kitchen")');
  await agent.fill('input[name=room]', 'Wine cellar');
  await agent.keyboard.press('Enter');
  await agent.waitForSelector('[data-room="Wine cellar"][aria-current=location]');
  await agent.waitForSelector('[data-room=Kitchen].seen');
  await agent.click('[data-room="Wine cellar"]'); // a second touch is none
  await agent.click('[data-room=Hall]');
  await agent.waitForFunction(() => window.oriel.ledger.entries.filter((e) => e.kind === 'chapter').map((e) => e.title).join() === 'Kitchen,Wine cellar,Hall');
  await agent.click('[data-show=plan]');
  await bea.waitForFunction(() => document.querySelector('.sight-view img')?.naturalWidth > 0);
  await expectAccessible(agent, 'the rooms');
  await shot(agent, 'rooms');
  await agent.click('[data-do=unfollow]');
  await bea.waitForFunction(() => !document.querySelector('.sight-view'));
});

await test('a_host_points_and_lets_go', async () => {
  await agent.click('[data-control=point]');
  const box = await agent.locator('.stage .main video').boundingBox();
  const at = { x: box.x + box.width / 2 + 80, y: box.y + box.height / 2 - 60 };
  await agent.mouse.move(at.x, at.y);
  await agent.mouse.down();
  await bea.waitForSelector('.pointer .spot');
  const spot = await agent.locator('.pointer .spot').boundingBox();
  expect(Math.hypot(spot.x + spot.width / 2 - at.x, spot.y + spot.height / 2 - at.y) < 3, `${JSON.stringify(spot)} for ${JSON.stringify(at)}`);
  await agent.mouse.up();
  await bea.waitForFunction(() => !document.querySelector('.pointer'));
  await agent.keyboard.press('p');
  await agent.waitForFunction(() => !document.querySelector('.pointing'));
});

await test('a_host_points_by_keyboard', async () => {
  const spot = () => bea.evaluate(() => window.oriel.tour.pointer && `${window.oriel.tour.pointer.x} ${window.oriel.tour.pointer.y}`);
  await agent.focus('[data-control=point]');
  await agent.keyboard.press('Enter');
  await agent.waitForFunction(() => document.activeElement.matches('.pointing'));
  await agent.keyboard.press('ArrowRight');
  await agent.waitForSelector('.pointing [role=status]:has-text("54 % from the left, 50 % from the top")');
  expectEqual(await spot(), undefined, 'nobody is shown it yet');
  await agent.keyboard.press('Enter');
  await bea.waitForSelector('.pointer .spot');
  await agent.keyboard.press('Shift+ArrowUp');
  await until(async () => await spot() === '0.54 0.49', 'the place by keyboard');
  await expectAccessible(agent, 'pointing by keyboard');
  await agent.keyboard.press('Escape');
  await bea.waitForFunction(() => !document.querySelector('.pointer'));
  await agent.waitForFunction(() => document.activeElement.dataset.control === 'point');
});

await test('two_presses_open_one_camera_and_a_call_is_told', async () => {
  await agent.click('[data-control=camera]');
  await agent.waitForSelector('[data-control=camera][aria-pressed=false]');
  const opened = await agent.evaluate(async () => {
    const get = navigator.mediaDevices.getUserMedia;
    let n = 0;
    navigator.mediaDevices.getUserMedia = (wanted) => { n++; return get.call(navigator.mediaDevices, wanted); };
    const button = document.querySelector('[data-control=camera]');
    button.click();
    button.click();
    await new Promise((done) => new MutationObserver((_, watch) => {
      if (button.getAttribute('aria-pressed') === 'true') {
        watch.disconnect();
        done();
      }
    }).observe(button, { attributes: true }));
    navigator.mediaDevices.getUserMedia = get;
    return n;
  });
  expectEqual(opened, 1, 'cameras');
  const call = (on) => agent.evaluate((held) => { // as a phone does it while it rings
    const track = window.oriel.published.get('microphone');
    Object.defineProperty(track, 'muted', { value: held, configurable: true });
    track.dispatchEvent(new Event(held ? 'mute' : 'unmute'));
  }, on);
  await call(true);
  await agent.waitForSelector('.banner:has-text("Your phone has taken the microphone")');
  await call(false);
  await agent.waitForFunction(() => !document.querySelector('.banner'));
});

await test('who_receives_badly_is_said_in_words', async () => {
  // As the server says it of a path that is narrow (test_allot.c and test_reception.c judge real ones).
  await agent.evaluate((id) => window.oriel.receive({ type: 'reception', weak: [{ participant: id, quality: 'fair' }] }), beaId);
  await tab(agent, 'people');
  await agent.waitForSelector(`.people [data-participant=${beaId}]:has-text("Weak connection")`);
  await agent.evaluate(() => window.oriel.receive({ type: 'reception', weak: [] }));
  await agent.waitForFunction(() => !document.querySelector('.people').innerText.includes('Weak connection'));
});

await test('one_person_is_shown_muted_stopped_and_withheld', async () => {
  await menuOf(agent, beaId);
  await agent.evaluate(() => window.oriel.emit('withdrawn', 'screen')); // something is said meanwhile
  await agent.waitForFunction(() => document.querySelector('dialog.modal[open] .toast')); // and not behind what is open
  await expectAccessible(agent, 'the menu of a person');
  await shot(agent, 'person');
  await agent.click('[data-do=spotlight]');
  await until(async () => (await stageOf(cy)).participant === beaId, 'Bea on the stage of Cy');
  await menuOf(agent, beaId);
  await agent.click('[data-do=no_spotlight]');
  await until(async () => (await stageOf(cy)).participant === await idOf(agent), 'the host again');
  await menuOf(agent, beaId);
  await agent.click('[data-do=mute]');
  await bea.waitForSelector('[data-control=microphone][aria-pressed=false]');
  await says(bea, 'Maya Lindqvist muted your microphone.');
  await menuOf(agent, beaId);
  await agent.click('[data-do=may_camera]');
  await agent.waitForSelector('[data-do=may_camera][aria-checked=false]');
  await bea.waitForSelector('[data-control=camera][aria-pressed=false][aria-disabled=true]');
  await agent.click('[data-do=may_camera]');
  await bea.waitForSelector('[data-control=camera]:not([aria-disabled])');
  await agent.keyboard.press('Escape');
  await agent.waitForFunction((id) => document.activeElement?.dataset.person === id, beaId);
  await bea.evaluate(() => window.oriel.hand(true));
  await says(agent, 'Bea Hofmann raises a hand.');
  await menuOf(agent, beaId);
  await agent.click('[data-do=lower_hand]');
  await bea.waitForFunction(() => !window.oriel.me.hand);
});

await test('everybody_is_muted_but_who_may_go_on', async () => {
  await bea.click('[data-control=microphone]');
  await bea.waitForSelector('[data-control=microphone][aria-pressed=true]');
  await agent.waitForFunction((id) => window.oriel.participants.get(id).sources.microphone === 'on', beaId);
  await agent.click('[data-control=more]');
  await agent.click('[data-do=mute_all]');
  await agent.check(`input[name=except][value=${beaId}]`, { force: true });
  await expectAccessible(agent, 'mute everyone');
  await agent.click('[data-do=mute]');
  await cy.waitForSelector('[data-control=microphone][aria-pressed=false]');
  expectEqual(await pressed(bea, 'microphone'), 'true', 'who may go on');
});

await test('a_guest_is_invited_waits_and_is_let_in', async () => {
  await agent.click('[data-control=more]');
  await agent.click('[data-do=lobby]');
  await agent.waitForSelector('[data-do=lobby][aria-checked=true]');
  await expectAccessible(agent, 'what is behind More');
  await agent.click('[data-do=invite]');
  await agent.fill('dialog input[name=name]', 'Dee');
  await agent.click('[data-do=make]');
  await agent.waitForSelector('svg.qr');
  await expectAccessible(agent, 'an invitation');
  await shot(agent, 'invite');
  const url = await agent.inputValue('.made input');
  await agent.click('[data-do=own]');
  await agent.waitForFunction((old) => document.querySelector('.made input').value !== old, url);
  expect((await agent.inputValue('.made input')).startsWith(`${base}/agent/demo#`), 'a link for the second device');
  await agent.keyboard.press('Escape');
  await agent.keyboard.press('s');
  await agent.waitForSelector('[data-control=screen][aria-pressed=true]');
  await agent.click('[data-control=more]');
  await agent.click('[data-do=invite]');
  await agent.click('[data-do=own]');
  await agent.waitForSelector('dialog .problem:has-text("everybody would see the link")');
  expectEqual(await agent.$('svg.qr'), null, 'a code of the own link on a screen that is shared');
  await agent.keyboard.press('Escape');
  await agent.keyboard.press('s');
  await agent.waitForSelector('[data-control=screen][aria-pressed=false]');
  const dee = watch(await others.newPage(), 'dee');
  await dee.goto(url);
  await dee.waitForSelector('form.prejoin');
  if (await dee.$('input[name=consent]')) {
    await dee.check('input[name=consent]');
  }
  await dee.click('form.prejoin button[type=submit]');
  await tab(agent, 'talk'); // not the list of people: it is said over the picture
  await agent.click('[data-chip-admit]');
  await dee.waitForSelector('.tour');
  const deeId = await idOf(dee);
  await menuOf(agent, deeId);
  await agent.click('[data-do=remove]');
  await agent.click('dialog.question [data-choice=no]');
  await agent.waitForFunction((id) => document.activeElement?.dataset.person === id, deeId);
  await menuOf(agent, deeId);
  await agent.click('[data-do=remove]');
  await agent.click('dialog.question [data-choice=yes]');
  await dee.waitForSelector('.notice h1');
  await dee.close();
});

await test('recording_is_begun_paused_ended_and_its_trouble_is_told', async () => {
  await agent.click('[data-control=record]');
  await agent.waitForSelector('.rec.on');
  await agent.click('[data-control=more]');
  await agent.click('[data-do=pause]');
  await agent.waitForSelector('.rec.paused');
  await agent.click('[data-do=resume]');
  await agent.waitForSelector('.rec.on');
  // As the server says it of a disk that is full (full_disk.test.mjs has a real one).
  await agent.evaluate(() => window.oriel.receive({ type: 'recording', state: 'failing' }));
  await agent.waitForSelector('.banner:has-text("Please tell the office.")');
  await agent.waitForSelector('[data-do=pause] .hint:has-text("Nothing is being saved at the moment.")');
  await expectAccessible(agent, 'a recording that fails');
  await agent.evaluate(() => window.oriel.receive({ type: 'recording', state: 'on' }));
  await agent.click('[data-do=stop]');
  await agent.waitForFunction(() => !document.querySelector('.rec'));
  await agent.click('.over [data-control=close]');
});

await test('keys_do_what_the_help_says', async () => {
  await agent.click('.stage');
  await agent.keyboard.press('m');
  await agent.waitForSelector('[data-control=microphone][aria-pressed=false]');
  await agent.keyboard.press('m');
  await agent.waitForSelector('[data-control=microphone][aria-pressed=true]');
  await agent.keyboard.press('r');
  await agent.waitForSelector('[data-tab=rooms][aria-selected=true]');
  await agent.keyboard.press('?');
  await agent.waitForSelector('dialog.modal .keys');
  await agent.keyboard.press('m');
  expectEqual(await pressed(agent, 'microphone'), 'true', 'while something is asked');
  await agent.waitForSelector('dialog.modal:has-text("While you write they are letters. Switch them off if they get in your way.")');
  await expectAccessible(agent, 'the help');
  await agent.keyboard.press('Escape');
});

/** By the help, which is behind More. */
async function switchKeys(page, on) {
  await page.click('[data-control=more]');
  await page.click('.over [data-do=keys]');
  await page.click(`[data-do=keys_wanted][aria-checked=${!on}]`);
  await page.waitForSelector(`[data-do=keys_wanted][aria-checked=${on}]`);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog[open]'));
}

await test('keys_are_switched_off_and_on', async (atEnd) => {
  await switchKeys(agent, false);
  atEnd(async () => {
    await switchKeys(agent, true);
    await agent.keyboard.press('m');
    await agent.waitForSelector('[data-control=microphone][aria-pressed=false]');
    await agent.keyboard.press('m');
    await agent.waitForSelector('[data-control=microphone][aria-pressed=true]');
  });
  await agent.click('.stage');
  const before = await agent.evaluate(() => [document.querySelector('[role=tab][aria-selected=true]')?.dataset.tab, window.oriel.published.get('microphone').id].join());
  for (const key of ['m', 'v', 's', 'q', 'r', 'p', '?']) {
    await agent.keyboard.press(key);
  }
  await agent.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expectEqual(await agent.evaluate(() => [document.querySelector('[role=tab][aria-selected=true]')?.dataset.tab, window.oriel.published.get('microphone')?.id].join()),
    before, 'what is shown and sent');
  expectEqual(await agent.locator('dialog[open], .pointing').count(), 0, 'what was opened');
});

/** It is pulled out, or taken back from the page: it ends, and the browser gives it no other, for that reason (of a DOMException). */
const loses = (page, kind, reason) => page.evaluate(([what, name]) => {
  const { mediaDevices } = navigator;
  window.give ??= mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async () => { throw new DOMException('', name); };
  const track = window.oriel.published.get(what);
  track.stop();
  track.dispatchEvent(new Event('ended'));
}, [kind, reason]);

/** There are others now, and not the one from before. */
const isGiven = (page) => page.evaluate(() => {
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if ((wanted.video ?? wanted.audio).deviceId?.exact) {
      throw new DOMException('', 'NotFoundError');
    }
    return window.give(wanted);
  };
  navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
});
const sourceOf = (page, id, kind) => page.evaluate(([who, what]) => window.oriel.participants.get(who).sources[what], [id, kind]);

await test('a_camera_that_is_unplugged_is_said_until_there_is_one', async () => {
  const me = await idOf(agent);
  await loses(agent, 'camera', 'NotFoundError');
  await agent.waitForSelector('.notes .banner.need:has-text("Camera: It was unplugged, or something else has taken it. Plug it or another one in, and it goes on.")');
  await until(async () => await sourceOf(cy, me, 'camera') === 'off', 'the guests to be told');
  await expectAccessible(agent, 'a camera that is gone');
  await shot(agent, 'unplugged');
  await agent.click('[data-control=again-camera]');
  await agent.waitForSelector('.notes .banner:has-text("Camera: None was found on this device. Plug one in and try again, or go on without it.")');
  await isGiven(agent);
  await says(agent, 'Camera: It is on again.');
  await agent.waitForFunction(() => !document.querySelector('.notes .banner'));
  await until(async () => (await stageOf(cy)).participant === me, 'the house');
  await until(() => cy.evaluate(() => window.oriel.stats().then(() => document.querySelector('.stage .main video').videoWidth > 0)), 'a picture of it');
});

await test('a_microphone_that_is_taken_back_waits_for_the_person', async () => {
  await loses(bea, 'microphone', 'NotAllowedError');
  await bea.waitForSelector('.notes .banner:has-text("Microphone: The browser did not allow it. Allow it next to the address bar and try again.")');
  await bea.waitForSelector('[data-control=microphone][aria-pressed=false]');
  await expectAccessible(bea, 'a microphone that is not allowed any more');
  await shot(bea, 'not_allowed');
  await isGiven(bea);
  await bea.click('[data-control=again-microphone]');
  await bea.waitForSelector('[data-control=microphone][aria-pressed=true]');
  await bea.waitForFunction(() => !document.querySelector('.notes .banner'));
  await until(async () => await sourceOf(agent, beaId, 'microphone') === 'on', 'the others to be told');
});

await test('and_one_may_go_on_without_it', async () => {
  await bea.click('[data-control=camera]');
  await bea.waitForSelector('[data-control=camera][aria-pressed=true]');
  await bea.waitForFunction(() => window.oriel.published.get('camera'));
  await loses(bea, 'camera', 'NotReadableError');
  await bea.click('.notes .banner button[aria-label="Go on without it"]');
  await bea.waitForFunction(() => !document.querySelector('.notes .banner'));
  await isGiven(bea); // and it does not come back by itself
  await bea.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expectEqual(await pressed(bea, 'camera'), 'false', 'the camera');
  await bea.click('[data-control=camera]');
  await bea.waitForSelector('[data-control=camera][aria-pressed=true]');
});

/** A phone that films upright, with cameras on both sides, a light and a zoom, of which it keeps account. */
function phoneCamera() {
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.asked = [];
  window.applied = [];
  window.locks = { held: 0, asked: 0 };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const facing = wanted.video?.facingMode?.ideal;
    const stream = await get(wanted.video ? { ...wanted, video: { width: { exact: 720 }, height: { exact: 1280 } } } : wanted);
    if (wanted.video) {
      window.asked.push(facing ?? 'by id');
      const [track] = stream.getVideoTracks();
      const settings = track.getSettings.bind(track);
      const more = {};
      track.getSettings = () => ({ ...settings(), facingMode: facing, deviceId: facing, ...more });
      track.getCapabilities = () => ({ torch: facing === 'environment', zoom: { min: 1, max: 4, step: 0.5 } });
      track.applyConstraints = async ({ advanced }) => {
        Object.assign(more, ...advanced);
        window.applied.push(...advanced);
      };
    }
    return stream;
  };
  navigator.mediaDevices.enumerateDevices = async () => ['environment', 'user'].map((deviceId) => ({ kind: 'videoinput', deviceId, label: deviceId }));
  const held = new Set(); // as a browser has them: what it took away is given back in vain
  const count = () => { window.locks.held = held.size; };
  Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => {
    const lock = { release: async () => {
      held.delete(lock);
      count();
    } };
    held.add(lock);
    window.locks.asked++;
    count();
    return lock;
  } } });
  window.hidePage = (hidden) => {
    Object.defineProperty(document, 'visibilityState', { value: hidden ? 'hidden' : 'visible', configurable: true });
    if (hidden) {
      held.clear();
      count();
    }
    document.dispatchEvent(new Event('visibilitychange'));
  };
}

/** In a browser of its own: the fake camera is one, and upright. */
const pocketComes = launchChromium({ viewport: PHONE, hasTouch: true, isMobile: true, deviceScaleFactor: 1, flags: [SLOW_CAMERA] });

await test('a_second_device_is_ones_own', async (atEnd) => {
  await switchKeys(agent, false);
  atEnd(() => switchKeys(agent, true));
  const second = watch(await browser.newPage(), 'second device');
  await second.goto(link('agent', 'Maya Lindqvist'));
  await second.waitForSelector('form.prejoin');
  await second.check('input[name=consent]');
  await second.click('form.prejoin button[type=submit]');
  await second.click('dialog.question [data-choice=beside]');
  await second.waitForSelector('.controls.all');
  await says(agent, 'Your other device is in the tour now.');
  await second.keyboard.press('?'); // a page of the same browser, which remembers that keys are off
  await switchKeys(second, true);
  await menuOf(agent, await idOf(second));
  expectEqual(await agent.evaluate(() => [...document.querySelectorAll('dialog.modal [data-do]')].map((b) => b.dataset.do).join()),
    'spotlight,mute,stop_camera,hand_over', 'what is to be done with it');
  await shot(agent, 'own_device');
  await agent.click('[data-do=hand_over]');
  await second.waitForFunction(() => window.oriel.tour.lead === window.oriel.me.id);
  await says(second, 'You lead the tour now.');
  await second.click('[data-control=leave]'); // another host is in: nothing is asked
  await second.waitForSelector('.notice h1');
  await second.close();
  await agent.waitForFunction(() => window.oriel.tour.lead === window.oriel.me.id);
});

await test('who_leads_from_now_on_is_said_on_all_screens', async (atEnd) => {
  const me = await idOf(agent);
  await menuOf(agent, beaId);
  await agent.click('[data-do=hand_over]');
  await says(agent, 'Bea Hofmann leads the tour now.');
  await says(bea, 'You lead the tour now. What you film is what everybody sees.');
  await says(cy, 'Bea Hofmann leads the tour now.');
  await bea.waitForSelector('.controls.five');
  await until(async () => (await stageOf(cy)).participant === beaId, 'what the new host films, for the buyer');
  expectEqual(await cy.evaluate(() => window.oriel.me.host), false, 'the buyer is a host');
  await agent.waitForSelector('.controls.all'); // helps to lead, and sees what he films
  await agent.waitForSelector(`.people [data-participant=${beaId}]:has-text("Host")`);
  expectEqual(await agent.evaluate(() => document.querySelector('oriel-stage').picture.own), true, 'what the old host has on the stage');
  await Promise.all([[agent, 'old'], [bea, 'new'], [cy, 'buyer']].map(([page, who]) => shot(page, `handed_over_${who}`)));
  await bea.evaluate((id) => window.oriel.handOver(id), me);
  await says(agent, 'You lead the tour now. What you film is what everybody sees.');
  await says(cy, 'Maya Lindqvist leads the tour now.');
  await until(async () => (await stageOf(cy)).participant === me, 'the first one again');
  await agent.evaluate((id) => window.oriel.makeHost(id, false), beaId);
  await bea.waitForSelector('.controls:not(.five)');
});

await test('the_lead_is_handed_over_and_the_guest_has_the_console', async () => {
  await agent.click('[data-control=leave]');
  await expectAccessible(agent, 'the way out');
  await shot(agent, 'leave');
  await agent.click(`dialog [data-choice="to:${beaId}"]`);
  await agent.waitForSelector('.notice h1');
  await bea.waitForSelector('.controls.five');
  await bea.waitForFunction(() => window.oriel.tour.lead === window.oriel.me.id);
  await says(bea, 'You lead the tour now.');
});

const pocket = await pocketComes;
const phone = watch(pocket.pages()[0], 'phone');
await phone.addInitScript(phoneCamera);

const locks = () => phone.evaluate(() => JSON.stringify(window.locks));

await test('on_a_phone_the_house_fills_the_screen', async () => {
  await joinTour(phone, link('agent', 'Ann Agent'));
  await phone.waitForSelector('.controls.five');
  await until(() => phone.evaluate(() => document.querySelector('.stage .main video')?.videoHeight === 1280), 'the picture');
  const share = await phone.evaluate(() => {
    const { width, height } = document.querySelector('.stage').getBoundingClientRect();
    return (width * height) / (innerWidth * innerHeight);
  });
  expect(share > 0.8, `${share} of the screen`);
  expectEqual(await phone.evaluate(() => window.asked[0]), 'environment', 'the side that films');
  expectEqual(await locks(), '{"held":1,"asked":1}', 'the screen stays on');
  await phone.waitForSelector(`[data-bubble=${cyId}]`);
  await cy.evaluate(() => window.oriel.askQuestion('Where does the sun rise?'));
  await phone.waitForSelector('[data-chip]');
  expectEqual((await smallTargets(phone)).join(), '', 'small targets');
  await expectAccessible(phone, 'the console on a phone');
  await shot(phone, 'phone');
});

await test('the_screen_stays_on_after_one_has_looked_at_something_else', async () => {
  await phone.evaluate(() => window.hidePage(true));
  expectEqual(await locks(), '{"held":0,"asked":1}', 'while the page is not seen');
  await phone.evaluate(() => window.hidePage(false));
  await until(async () => await locks() === '{"held":1,"asked":2}', 'the screen to stay on again');
});

await test('a_phone_has_light_zoom_and_another_side', async () => {
  await phone.tap('[data-control=torch]');
  await phone.waitForSelector('[data-control=torch][aria-pressed=true]');
  await phone.fill('.zoom', '2');
  expectEqual(JSON.stringify(await phone.evaluate(() => window.applied)), '[{"torch":true},{"zoom":2}]', 'what the camera was told');
  await phone.tap('[data-control=flip]');
  await until(() => phone.evaluate(() => window.asked.at(-1) === 'user'), 'the front');
  await phone.waitForFunction(() => !document.querySelector('[data-control=torch]'));
});

await test('on_a_phone_everything_is_a_tap_away_and_escape_goes_back', async () => {
  for (const panel of ['rooms', 'talk', 'more']) {
    await phone.tap(`[data-control=${panel}]`);
    await phone.waitForSelector(`[data-control=${panel}][aria-expanded=true]`);
    await expectAccessible(phone, `${panel} on a phone`);
    await shot(phone, `phone_${panel}`);
    await phone.keyboard.press('Escape');
    await phone.waitForSelector(`[data-control=${panel}][aria-expanded=false]`);
    expectEqual(await phone.evaluate(() => document.activeElement.dataset.control), panel, 'the focus');
  }
  await phone.tap(`[data-bubble=${cyId}]`);
  await phone.waitForSelector('dialog.modal[open]');
  await shot(phone, 'phone_person');
  await phone.keyboard.press('Escape');
  await phone.setViewportSize({ width: 844, height: 390 });
  await phone.waitForSelector('.tour[data-layout=side]');
  await expectAccessible(phone, 'a phone on its side');
  await shot(phone, 'phone_side');
  await phone.setViewportSize({ width: 360, height: 640 });
  await phone.waitForSelector('.tour[data-layout=upright]');
  expectEqual(await phone.evaluate(() => document.documentElement.scrollWidth), 360, 'width');
  await shot(phone, 'phone_small');
});

await test('who_is_no_host_any_more_is_told_and_what_was_asked_goes', async () => {
  await bea.click('[data-control=more]');
  await bea.click('[data-do=end]');
  await bea.waitForSelector('dialog.question');
  await phone.evaluate((id) => window.oriel.makeHost(id, false), beaId);
  await bea.waitForFunction(() => !document.querySelector('dialog') && !document.querySelector('.controls.five'));
  await says(bea, 'You no longer help to lead the tour.');
  await bea.waitForFunction(() => document.activeElement !== document.body);
  await phone.click('[data-control=more]');
  await phone.click('[data-do=end]');
  await phone.waitForSelector('dialog.question');
  await phone.evaluate(() => window.oriel.end()); // somebody else was quicker
  await phone.waitForFunction(() => !document.querySelector('dialog') && document.activeElement.matches('.notice h1'));
  await until(async () => await locks() === '{"held":0,"asked":2}', 'the screen to go dark again');
  await phone.evaluate(() => window.hidePage(false)); // and to stay so
  expectEqual(await locks(), '{"held":0,"asked":2}', 'after the tour');
});

await test('no_errors_on_any_console', () => expectEqual(errors.join('\n'), '', 'errors'));
await Promise.all([browser, others, pocket].map((b) => b.close()));
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
