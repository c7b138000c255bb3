// The tour as a buyer has it: the house is what the screen is for, upright, on its side and on a desk; a picture that
// stands still, a host who is away and a recording that begins are said; questions, hands, pointers, plans.
import fs from 'node:fs';
import path from 'node:path';
import { expectAccessible, smallTargets, tabOrder, unreachable } from './lib/axe.mjs';
import { films } from './lib/camera.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';
import { WsClient } from './lib/ws.mjs';

const SCREENS = path.join(ROOT, 'var/screens');
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');
const LONG = 'Maximiliana Konstantinopolitanskaja-Featherstonehaugh of Lower Upperthorpe and the Isles, who also has a second line of it, also'; // 128, as names may be
const UNBROKEN = 'Wolfeschlegelsteinhausenbergerdorff'.repeat(4).slice(0, 128);
const dir = tempDir();
const config = await writeConfig(dir, (c) => {
  c.tours.push({ ...c.tours[0], name: 'flat', title: 'A flat', record: 'manual' });
  c.timeouts = { join_s: 600 };
});
const start = () => new Server([ORIEL, 'serve', '-c', config]).ready;
let server = await start();
const base = new URL(server.urls.agent).origin;
const mint = minter(fs.readFileSync(path.join(dir, 'jwt.secret'), 'utf8').trim(), {});
const link = (tour, claims) => `${base}/${claims.role === 'agent' ? 'agent' : 't'}/${tour}#${mint({ tour, ...claims })}`;
fs.mkdirSync(SCREENS, { recursive: true });

const errors = [];
const hosts = await launchChromium({ viewport: { width: 1280, height: 720 } });
const buyers = await launchChromium({ viewport: { width: 390, height: 844 }, hasTouch: true });

async function newPage(browser) {
  const page = await browser.newPage();
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => m.type() === 'error' && !/WebSocket|ERR_CONNECTION|plan_that/.test(m.text() + m.location().url) && errors.push(m.text()));
  return page;
}

/** An agent who films so, and a buyer who sees it. */
async function tour(name, [width, height], size = { width: 390, height: 844 }) {
  const agent = await newPage(hosts);
  await films(agent, width, height);
  await joinTour(agent, link(name, { role: 'agent', sub: `ann-${name}`, name: 'Ann' }));
  const buyer = await newPage(buyers);
  await buyer.setViewportSize(size);
  await joinTour(buyer, link(name, { role: 'buyer', sub: `bea-${name}`, name: 'Bea' }), { camera: false });
  await firstFrame(buyer);
  return { agent, buyer };
}

/** Of the screen, what the picture itself covers. */
const share = (page) => page.evaluate(() => {
  const video = document.querySelector('.stage .main video');
  const box = video.getBoundingClientRect();
  const [w, h] = [video.videoWidth, video.videoHeight];
  const scale = getComputedStyle(video).objectFit === 'cover' ? Math.max(box.width / w, box.height / h) : Math.min(box.width / w, box.height / h);
  return (Math.min(w * scale, box.width) * Math.min(h * scale, box.height)) / (innerWidth * innerHeight);
});

async function fits(page, what, { except = [] } = {}) {
  await page.waitForFunction(() => document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity));
  await page.screenshot({ path: path.join(SCREENS, `buyer_${what}.png`) });
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);
  expect(wide.every((px) => px <= 0), `${what}: ${wide} px beyond the edge`);
  await expectAccessible(page, what, { except });
}

/** Two fingers, from and to so far apart, and the middle of the picture stays where it is. */
async function pinch(page, from, to) {
  const cdp = await page.context().newCDPSession(page);
  const box = await page.locator('.stage .canvas').boundingBox();
  const at = (apart) => [-1, 1].map((side) => ({ x: box.x + box.width / 2 + (side * apart) / 2, y: box.y + box.height / 2, id: side + 1 }));
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from) });
  for (let step = 1; step <= 5; step++) {
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(from + ((to - from) * step) / 5) });
  }
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await cdp.detach();
}

/** How near what is on the stage is. */
const nearness = (page, what = '.stage .main video') => page.evaluate((name) => new DOMMatrix(getComputedStyle(document.querySelector(name)).transform).a, what);

await test('the_house_has_the_screen_of_a_phone', async () => {
  const { agent, buyer } = await tour('demo', [720, 1280]);
  await buyer.waitForSelector('.tour[data-shape=tall]');
  for (const [width, height] of [[390, 844], [360, 640]]) {
    await buyer.setViewportSize({ width, height });
    await until(async () => (await share(buyer)) >= 0.6, `60 % of ${width}x${height}`).catch(async (e) => {
      throw new Error(`${e.message}, it has ${await share(buyer)}`);
    });
    console.log(`# ${width}x${height}, portrait: ${Math.round(100 * await share(buyer))} %`);
    await fits(buyer, `tall_${width}`);
  }
  await buyer.click('[data-control=talk]');
  await buyer.waitForSelector('.panel[open] .composer');
  await fits(buyer, 'tall_talk');
  await buyer.keyboard.press('Escape');
  await buyer.waitForSelector('.panel:not([open])', { state: 'attached' });
  expectEqual(await buyer.evaluate(() => document.activeElement?.dataset?.control), 'talk', 'what has the focus after Esc');
  await agent.evaluate(() => window.oriel.end());
  await buyer.waitForSelector('.notice h1:has-text("The tour has ended")');
  await agent.close();
  await buyer.close();
});

const { agent, buyer } = await tour('flat', [1280, 720]);

await test('each_screen_is_used', async () => {
  for (const [width, height, least] of [[390, 844, 0.25], [360, 640, 0.3], [844, 390, 0.99], [900, 800, 0.4], [1440, 900, 0.5]]) {
    await buyer.setViewportSize({ width, height });
    await until(async () => (await share(buyer)) >= least, `${100 * least} % of ${width}x${height}`).catch(async (e) => {
      throw new Error(`${e.message}, it has ${await share(buyer)}`);
    });
    console.log(`# ${width}x${height}, landscape: ${Math.round(100 * await share(buyer))} %`);
    await fits(buyer, `wide_${width}`);
    expectEqual((await smallTargets(buyer)).join(), '', `small targets at ${width}x${height}`);
  }
});

await test('on_its_side_the_picture_is_alone_after_a_while', async () => {
  await buyer.setViewportSize({ width: 844, height: 390 });
  await buyer.locator('.stage').tap();
  await buyer.waitForSelector('.tour:not(.calm)');
  await agent.evaluate(() => window.oriel.record(true));
  await buyer.waitForSelector('.tour.calm', { timeout: 8000 });
  await buyer.waitForFunction(() => getComputedStyle(document.querySelector('.controls')).opacity === '0');
  expect(await buyer.isVisible('.rec'), 'the sign of the recording');
  expectEqual(await buyer.evaluate(() => getComputedStyle(document.querySelector('.rec')).opacity), '1', 'how much of it is seen');
  await buyer.screenshot({ path: path.join(SCREENS, 'buyer_calm.png') });
  await buyer.mouse.move(300, 200);
  await buyer.waitForFunction(() => getComputedStyle(document.querySelector('.controls')).opacity === '1');
});

await test('a_recording_that_begins_is_said_and_one_may_stay_out_of_it', async () => {
  await buyer.setViewportSize({ width: 390, height: 844 });
  await buyer.waitForSelector('.notes .banner:has-text("is being recorded from now on")');
  await fits(buyer, 'recorded');
  await agent.evaluate(() => window.oriel.chapter('Kitchen'));
  await buyer.waitForSelector('.room-now:has-text("Kitchen")');
  for (const [width, least] of [[360, 100], [390, 100]]) { // beside all that there may be
    await buyer.setViewportSize({ width, height: 844 });
    await buyer.evaluate(() => { document.querySelector('oriel-live').quality = 'poor'; });
    await buyer.waitForSelector('.quality.poor');
    const title = await buyer.evaluate(() => document.querySelector('.top h1').clientWidth);
    expect(title >= least, `the address has ${title} px of ${width}`);
  }
  await fits(buyer, 'weak');
  await buyer.evaluate(() => { document.querySelector('oriel-live').quality = 'good'; });
  const shown = await buyer.textContent('.rec .figures');
  expect(/^0\d:\d\d$/.test(shown), `the time of the recording: ${shown}`);
  await buyer.waitForFunction((before) => document.querySelector('.rec .figures').textContent > before, shown, { timeout: 3000 });
  const late = await newPage(buyers); // knows the time as well
  await joinTour(late, link('flat', { role: 'buyer', sub: 'late', name: 'Lee' }), { camera: false });
  await late.waitForFunction(() => /^0\d:\d\d$/.test(document.querySelector('.rec .figures')?.textContent ?? ''));
  expectEqual(await late.locator('.notes .banner').count(), 0, 'banners about what one has agreed to a moment ago');
  await late.close();
  await buyer.click('.notes .banner button:has-text("Do not record me")');
  await buyer.waitForFunction(() => window.oriel.withdrew);
  await buyer.waitForSelector('.notes .banner', { state: 'detached' });
  await buyer.click('[data-control=more]');
  await fits(buyer, 'more');
  await buyer.click('.more [data-control=consent]:has-text("You may record me again")');
  await buyer.waitForFunction(() => !window.oriel.withdrew);
  await buyer.waitForSelector('.more [data-control=consent]:has-text("Do not record me")');
  await buyer.keyboard.press('Escape');
  await agent.evaluate(() => window.oriel.record(false));
  await buyer.waitForSelector('.rec', { state: 'detached' });
});

await test('a_recording_that_begins_while_one_is_away_is_said_as_well', async () => {
  await buyer.evaluate(() => {
    window.realSocket = window.WebSocket;
    window.WebSocket = function () {
      throw new Error('no network');
    };
    window.oriel.signal.socket.close();
  });
  await buyer.waitForSelector('.tour[data-link=reconnecting]');
  await agent.evaluate(() => window.oriel.record(true));
  await buyer.evaluate(() => { window.WebSocket = window.realSocket; });
  await buyer.waitForSelector('.tour[data-link=live]');
  await buyer.waitForSelector('.notes .banner:has-text("is being recorded from now on")');
  await agent.evaluate(() => window.oriel.record(false));
  await buyer.waitForSelector('.notes .banner', { state: 'detached' });
});

await test('a_question_is_asked_and_answered', async () => {
  await buyer.fill('.composer textarea', 'How old is\nthe boiler?');
  await buyer.click('.composer .send');
  await buyer.waitForSelector('.question-card.mine:has-text("Waiting for the answer")');
  expectEqual(await buyer.inputValue('.composer textarea'), '', 'what is left in the field');
  await buyer.click('[data-tab=people]');
  await agent.evaluate(() => window.oriel.answer('q1', 'answered', 'From 2019.'));
  await buyer.waitForSelector('.toast:has-text("Ann has answered your question")');
  await buyer.waitForSelector('[data-tab=talk] .badge:has-text("1")');
  await buyer.click('[data-control=talk]');
  await buyer.waitForSelector('.question-card.answered:has-text("From 2019.")');
  await buyer.waitForSelector('[data-tab=talk] .badge', { state: 'detached' });
  await agent.evaluate(() => window.oriel.chat('<b>Hello</b>'));
  await buyer.waitForSelector('.message .text:text-is("<b>Hello</b>")');
  await buyer.fill('.composer textarea', 'ä'.repeat(1001));
  await buyer.waitForSelector('.composer .left:has-text("too long")');
  await fits(buyer, 'asked');
  await buyer.fill('.composer textarea', '');
});

await test('what_is_written_while_the_answer_is_on_its_way_stays', async () => {
  await buyer.click('.composer input[value=all]');
  await buyer.fill('.composer textarea', 'Good morning.');
  server.child.kill('SIGSTOP');
  try {
    await buyer.click('.composer .send');
    await buyer.waitForFunction(() => document.querySelector('.composer .send').disabled);
    await buyer.fill('.composer textarea', 'And one more');
  } finally {
    server.child.kill('SIGCONT');
  }
  await buyer.waitForSelector('.message.mine:has-text("Good morning.")');
  await buyer.waitForFunction(() => !document.querySelector('.composer .send').disabled);
  expectEqual(await buyer.inputValue('.composer textarea'), 'And one more', 'what is in the field');
  await buyer.fill('.composer textarea', '');
  await buyer.click('.composer input[value=host]');
});

await test('the_focus_goes_where_one_goes_and_back', async () => {
  const focused = () => buyer.evaluate(() => document.activeElement?.dataset?.control ?? document.activeElement?.textContent);
  await buyer.click('[data-control=more]');
  await until(async () => (await focused()) === 'More', 'the title of the sheet');
  await buyer.focus('.more [data-control=hear]');
  await buyer.keyboard.press('Enter');
  await until(async () => /hear/.test(await focused()), 'the title of what came in its place');
  await buyer.keyboard.press('Escape');
  await until(async () => (await focused()) === 'more', 'what opened it');
  await buyer.keyboard.press('Enter');
  await buyer.focus('[data-react=wow]');
  await buyer.keyboard.press('Enter');
  await buyer.waitForSelector('.over:not([open])', { state: 'attached' });
  await until(async () => (await focused()) === 'more', 'what opened it, when something was chosen');
  await buyer.click('[data-control=more]');
  await buyer.focus('.stage .canvas');
  await buyer.keyboard.press('Escape');
  await buyer.waitForSelector('.over:not([open])', { state: 'attached' });
});

await test('a_hand_and_what_people_feel', async () => {
  await buyer.click('[data-control=hand]');
  await agent.waitForFunction(() => window.oriel.roster().some((p) => p.hand));
  await buyer.waitForSelector('[data-control=hand][aria-pressed=true] .badge:has-text("1")');
  await agent.evaluate(() => window.oriel.react('clap'));
  await buyer.waitForSelector('.floating .one:has-text("Applause"):has-text("Ann") svg path');
  await buyer.waitForSelector('.floating .one', { state: 'detached' });
  await buyer.click('[data-control=hand]');
  await buyer.waitForSelector('[data-control=hand][aria-pressed=false]');
});

await test('a_pointer_stands_at_its_place_in_the_picture', async () => {
  const id = await agent.evaluate(() => window.oriel.me.id);
  for (const size of [{ width: 390, height: 844 }, { width: 844, height: 390 }, { width: 1440, height: 900 }]) {
    await buyer.setViewportSize(size);
    await agent.evaluate((me) => window.oriel.point({ x: 0.25, y: 0.75, source: `${me}/camera` }), id);
    await buyer.waitForSelector('.pointer .spot');
    await until(() => buyer.evaluate(() => {
      const video = document.querySelector('.stage .main video');
      const box = video.getBoundingClientRect();
      const cover = getComputedStyle(video).objectFit === 'cover';
      const scale = Math[cover ? 'max' : 'min'](box.width / video.videoWidth, box.height / video.videoHeight);
      const x = box.x + box.width / 2 + (0.25 - 0.5) * video.videoWidth * scale;
      const y = box.y + box.height / 2 + (0.75 - 0.5) * video.videoHeight * scale;
      const spot = document.querySelector('.pointer .spot').getBoundingClientRect();
      return Math.hypot(spot.x + spot.width / 2 - x, spot.y + spot.height / 2 - y) < 2;
    }), `the pointer at its place at ${size.width}`);
  }
  await buyer.screenshot({ path: path.join(SCREENS, 'buyer_pointer.png') });
  await agent.evaluate(() => window.oriel.point({ x: 0.5, y: 0.5, source: 'p999/screen' }));
  await buyer.waitForSelector('.pointer', { state: 'detached' });
  await agent.evaluate(() => window.oriel.point());
});

await test('nearer_and_back_by_wheel_and_keys', async () => {
  const scale = () => nearness(buyer);
  await buyer.locator('.stage').hover();
  await buyer.mouse.wheel(0, -600);
  await until(async () => (await scale()) > 1.5, 'the picture to be nearer');
  await buyer.mouse.wheel(0, -9000);
  await until(async () => (await scale()) === 4, 'no nearer than four times');
  await buyer.click('[data-control=zoom-out]');
  await until(async () => (await scale()) === 1, 'the whole picture');
  await buyer.focus('.stage .canvas');
  await buyer.keyboard.press('+');
  await until(async () => (await scale()) > 1.2, 'the picture to be nearer');
  await buyer.keyboard.press('0');
  await until(async () => (await scale()) === 1, 'the whole picture');
});

await test('nearer_with_two_fingers_and_a_tap_takes_the_whole_screen', async () => {
  await buyer.setViewportSize({ width: 390, height: 844 });
  await buyer.waitForSelector('.tour[data-layout=upright]');
  await pinch(buyer, 60, 180);
  await until(async () => Math.abs((await nearness(buyer)) - 3) < 0.2, 'three times as near');
  await buyer.setViewportSize({ width: 360, height: 640 }); // turned, or made smaller: no edge comes into the stage
  await until(() => buyer.evaluate(() => {
    const [video, box] = ['.stage .main video', '.stage'].map((name) => document.querySelector(name).getBoundingClientRect());
    return video.left <= box.left + 1 && video.right >= box.right - 1 && video.top <= box.top + 1 && video.bottom >= box.bottom - 1;
  }), 'no edge of the picture in the stage');
  await pinch(buyer, 180, 40);
  await until(async () => (await nearness(buyer)) === 1, 'the whole picture');
  await buyer.setViewportSize({ width: 390, height: 844 });
  await buyer.locator('.stage').tap();
  await buyer.waitForSelector('.tour[data-layout=full]');
  await buyer.waitForFunction(() => document.fullscreenElement);
  await fits(buyer, 'full');
  await buyer.locator('.stage').tap();
  await buyer.waitForSelector('.tour[data-layout=upright]');
  await buyer.waitForFunction(() => !document.fullscreenElement);
});

await test('a_finger_that_is_lifted_outside_is_up', async () => {
  await buyer.setViewportSize({ width: 1440, height: 900 });
  const box = await buyer.locator('.stage .canvas').boundingBox();
  const middle = [box.x + box.width / 2, box.y + box.height / 2];
  await buyer.mouse.move(...middle);
  await buyer.mouse.down();
  await buyer.mouse.move(box.x + box.width / 2, 5);
  await buyer.mouse.up();
  await buyer.mouse.move(...middle);
  await buyer.mouse.wheel(0, -900);
  await until(async () => (await nearness(buyer)) > 2, 'the picture to be nearer');
  const where = () => buyer.evaluate(() => document.querySelector('.stage').style.getPropertyValue('--zoom'));
  const before = await where();
  await buyer.mouse.move(middle[0] + 80, middle[1] + 40, { steps: 4 });
  expectEqual(await where(), before, 'where the picture is, with no button down');
  await buyer.keyboard.press('Escape');
  await buyer.click('[data-control=zoom-out]');
});

await test('the_picture_in_a_window_of_its_own', async () => {
  await buyer.click('[data-control=more]');
  await buyer.click('.more [data-control=pip]');
  await buyer.waitForFunction(() => document.pictureInPictureElement?.closest('.stage'));
  await buyer.click('[data-control=more]');
  await buyer.click('.more [data-control=pip]:has-text("Close the small window")');
  await buyer.waitForFunction(() => !document.pictureInPictureElement);
});

await test('a_plan_that_the_host_shows_and_the_way_back', async () => {
  await buyer.setViewportSize({ width: 390, height: 844 });
  await agent.evaluate(() => window.oriel.follow({ kind: 'plan', url: '/assets/demo/plan.svg', title: 'Ground floor' }));
  await buyer.waitForFunction(() => document.querySelector('.sight-view img')?.naturalWidth > 0);
  await fits(buyer, 'plan');
  await pinch(buyer, 60, 120);
  await until(async () => (await nearness(buyer, '.sight-view img')) > 1.8, 'the plan to be nearer');
  await buyer.click('[data-control=zoom-out]');
  await buyer.click('[data-control=camera-view]');
  await buyer.waitForSelector('.sight-view', { state: 'detached' });
  await agent.evaluate(() => window.oriel.follow({ kind: 'photo', url: '/assets/plan_that_is_not_there.png', title: 'Nothing' }));
  await buyer.waitForSelector('.sight-view.failed .unseen:has-text("could not be loaded")');
  await agent.evaluate(() => window.oriel.follow({ kind: 'photo', url: 'javascript:alert(1)', title: 'Bad' }));
  await buyer.waitForSelector('.sight-view', { state: 'detached' });
  await agent.evaluate(() => window.oriel.follow(null));
});

await test('cannot_hear_says_the_one_thing_to_do', async () => {
  await buyer.click('[data-control=more]');
  await buyer.click('.more [data-control=hear]');
  await buyer.waitForSelector('.finding[data-finding=arrives], .finding[data-finding=quiet]', { timeout: 10000 });
  await agent.click('[data-control=microphone]');
  await buyer.waitForSelector('.finding[data-finding=host_muted]:has-text("The microphone of Ann is off")');
  await buyer.click('[data-control=chime]');
  await fits(buyer, 'hearing');
  await agent.click('[data-control=microphone]');
  await buyer.keyboard.press('Escape');
});

await test('people_come_and_go_and_nothing_shifts', async () => {
  await buyer.setViewportSize({ width: 1440, height: 900 });
  await buyer.waitForSelector('.tour[data-layout=desk] .panel[open]');
  await buyer.evaluate(async () => {
    for (let i = 0; i < 3; i++) { // the change of size is drawn, and no shift of ours
      await new Promise((done) => requestAnimationFrame(done));
    }
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((e) => ({ value: e.value,
      what: e.sources.map((s) => s.node?.className || s.node?.nodeName) })))).observe({ type: 'layout-shift' });
  });
  const came = [];
  for (const [n, name] of ['Aaron', UNBROKEN, LONG, 'Moe'].entries()) {
    const guest = await WsClient.open(base);
    const joined = await guest.ask({ type: 'join', id: 1, token: mint({ tour: 'flat', sub: `guest${n}`, name }), offer: OFFER,
      sources: [{ mid: '0', kind: 'microphone' }], slots: [{ mid: '3', kind: 'stage' }], consent: { recording: true, version: '1' } });
    expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 200));
    came.push(guest);
  }
  await buyer.waitForFunction(() => document.querySelectorAll('.others oriel-tile').length === 5);
  await fits(buyer, 'crowd');
  await came[0].ask({ type: 'leave', id: 2 });
  await buyer.waitForFunction(() => document.querySelectorAll('.others oriel-tile').length === 4);
  await buyer.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expectEqual(JSON.stringify(await buyer.evaluate(() => window.shifts)), '[]', 'what has shifted');
});

await test('long_names_from_right_to_left_in_large_letters_and_without_colours', async () => {
  await agent.evaluate((title) => window.oriel.chapter(title), 'A very long name of a room, as nobody would give it to one, but for a test');
  for (const [width, height] of [[360, 640], [1440, 900]]) {
    await buyer.setViewportSize({ width, height });
    await buyer.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await buyer.click('[data-control=people]');
    await fits(buyer, `rtl_${width}`);
    await buyer.evaluate(() => { document.documentElement.dir = ''; document.documentElement.style.fontSize = '200%'; });
    await fits(buyer, `large_${width}`);
    await buyer.evaluate(() => { document.documentElement.style.fontSize = ''; });
    await buyer.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
    await fits(buyer, `forced_${width}`, { except: ['color-contrast'] });
    await buyer.emulateMedia({ forcedColors: 'none', reducedMotion: 'no-preference' });
  }
  for (const [width, height] of [[1440, 900], [390, 844], [844, 390]]) { // and the host, who has all of them in a list
    await agent.setViewportSize({ width, height });
    await agent.evaluate(() => { document.documentElement.dir = 'rtl'; });
    if (!await agent.isVisible('.people [data-person]')) {
      await agent.click(await agent.isVisible('[data-tab=people]') ? '[data-tab=people]' : '[data-control=people]');
    }
    await agent.waitForSelector('.people [data-person]');
    await fits(agent, `host_rtl_${width}`);
    await agent.evaluate(() => { document.documentElement.dir = ''; document.documentElement.style.fontSize = '200%'; });
    await fits(agent, `host_large_${width}`);
    await agent.evaluate(() => { document.documentElement.style.fontSize = ''; });
  }
  await agent.setViewportSize({ width: 1280, height: 720 });
});

await test('letters_of_twice_the_size_on_a_small_phone_hide_nothing', async (atEnd) => {
  await buyer.setViewportSize({ width: 360, height: 640 });
  await buyer.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  atEnd(() => buyer.evaluate(() => { document.documentElement.style.fontSize = ''; }));
  await buyer.waitForSelector('.tour[data-layout=upright][data-shape=wide]');
  for (const tab of ['talk', 'plan', 'people']) {
    await buyer.click(`[data-tab=${tab}]`);
    await buyer.waitForSelector(`[data-tab=${tab}][aria-selected=true]`);
    expectEqual(await unreachable(buyer), '', `what cannot be reached beside ${tab}`);
    await fits(buyer, `twice_${tab}`);
  }
  await agent.evaluate(() => window.oriel.record(true));
  atEnd(() => agent.evaluate(() => window.oriel.record(false)));
  await buyer.waitForSelector('.notes .banner:has-text("is being recorded from now on")');
  await buyer.evaluate(() => {
    const read = window.read = { most: 0, texts: [] };
    const look = () => {
      const said = [...document.querySelectorAll('.toast:not(.waits)')];
      const heights = [document.querySelector('.notes'), ...said].map((e) => e?.getBoundingClientRect().height ?? 0);
      read.most = Math.max(read.most, heights.reduce((sum, h) => sum + h) / innerHeight);
      read.texts.push(...said.map((e) => e.innerText).filter((text) => !read.texts.includes(text)));
      requestAnimationFrame(look);
    };
    look();
    ['microphone', 'camera', 'screen'].forEach((kind) => window.oriel.emit('withdrawn', kind));
  });
  await buyer.waitForSelector('.toast:not(.waits)');
  expectEqual(await unreachable(buyer), '', 'what cannot be reached while something is said');
  await fits(buyer, 'twice_said');
  await buyer.waitForFunction(() => window.read.texts.length === 3); // one waits for the other
  const { most, texts } = await buyer.evaluate(() => window.read);
  console.log(`# up to ${Math.round(100 * most)} % of the screen under what is said`);
  expect(most <= 0.5, `${most} of the screen under ${texts.join(' ')}`);
  await buyer.click('.notes .banner button:has-text("OK")');
  await buyer.click('[data-control=more]');
  await buyer.waitForSelector('.over[open] .more');
  expectEqual(await unreachable(buyer, '.over'), '', 'what cannot be reached behind More');
  await fits(buyer, 'twice_more');
  await buyer.keyboard.press('Escape');
});

await test('everything_by_keyboard_and_by_name', async () => {
  await buyer.setViewportSize({ width: 390, height: 844 });
  const order = await tabOrder(buyer);
  console.log(`# ${order.join(' > ')}`);
  expect(order.length >= 10 && order.every((name) => / \S/.test(name)), `one without a name: ${order.join(', ')}`);
  for (const name of ['Leave', 'Mic', 'Camera', 'Hand', 'Ask', 'More']) {
    expect(order.some((o) => o.includes(name)), `${name} is not reached: ${order.join(', ')}`);
  }
});

await test('a_server_that_was_killed_is_missed_and_found', async () => {
  await server.stop('SIGKILL');
  await buyer.waitForSelector('.stage .lost');
  server = await start();
  await buyer.waitForFunction(() => document.querySelector('.tour')?.dataset.link === 'live' && !document.querySelector('.stage .lost')
    && document.querySelector('.stage .main video').getVideoPlaybackQuality().totalVideoFrames > 5);
});

await test('who_is_away_is_said_by_name', async () => {
  await buyer.click('[data-control=camera]');
  await buyer.waitForSelector('.others .self video');
  await agent.click('[data-control=camera]');
  await buyer.waitForSelector('.away h2:has-text("The camera of Ann is off")'); // and not oneself, large, without a word
  await buyer.waitForSelector('.away:has-text("You can still hear each other")');
  await fits(buyer, 'camera_off');
  await agent.close();
  await buyer.waitForSelector('.away h2:has-text("Ann is away. The tour waits.")');
  await fits(buyer, 'host_away');
  await buyer.click('[data-control=more]');
  await buyer.click('.more [data-control=consent]:has-text("Do not record me")');
  await buyer.waitForFunction(() => window.oriel.withdrew);
  await buyer.keyboard.press('Escape');
  await buyer.click('[data-control=leave]');
  await buyer.waitForSelector('.notice h1:has-text("You left the tour")');
  await buyer.click('.notice button.primary');
  await buyer.waitForSelector('form.prejoin input[name=consent]');
  expect(!(await buyer.isChecked('input[name=consent]')), 'consent that was taken back is not given by itself');
});

await test('no_errors_on_any_console', () => expectEqual(errors.join('\n'), '', 'errors'));
await hosts.close();
await buyers.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
