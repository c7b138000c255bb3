// Before the tour and after it: the house, devices that work and that do not, consent, waiting, ends, links that lead
// nowhere, and the element in a page of somebody else's. Each state with axe, and a picture of it in var/screens.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { expectAccessible, smallTargets, tabOrder } from './lib/axe.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { endTour } from './lib/tour.mjs';

const SECRET = 'a house is shown to whoever asks nicely';
const mint = minter(SECRET, { sub: 'bea' });
const SCREENS = path.join(ROOT, 'var/screens/prejoin');
fs.mkdirSync(SCREENS, { recursive: true });
const HOSTILE = { title: '<img src=x onerror="window.broken=1">', address: 'x'.repeat(500), facts: { length: 9 }, price: 7,
  photo: 'javascript:window.broken=1', agency: { name: ['x'], url: 'javascript:window.broken=1', phone: '+49 <b>' },
  agent: { name: 'Mallory', photo: 'http://127.0.0.1:9/x.png', phone: 'javascript:1' } };
const SOON = new Date(Date.now() + 40 * 60000).toISOString();

const web = path.join(tempDir(), 'web'); // the pages, and one of somebody else's on the same site
fs.cpSync(path.join(ROOT, 'build/web'), web, { recursive: true });
fs.writeFileSync(path.join(web, 'listing.html'), `<!doctype html><html lang="en"><head><title>Listing</title><link rel="icon" href="/assets/icon.svg">
  <link rel="stylesheet" href="/assets/embed.css"><script type="module" src="/assets/embed.js"></script></head>
  <body><main><h1>Our listing</h1></main></body></html>`);
fs.writeFileSync(path.join(web, 'angebot.html'), fs.readFileSync(path.join(web, 'listing.html'), 'utf8').replace('lang="en"', 'lang="de-AT"'));
const config = await writeConfig(tempDir(), (c) => {
  c.web.dir = web;
  const [{ property }] = c.tours;
  c.auth = { hs256_secret: SECRET, audience: 'oriel', leeway_s: 0 };
  c.tours = [{ name: 'demo', title: 'Demo tour', record: 'auto', property }, { name: 'plain', title: 'Plain', record: 'off' },
    { name: 'hostile', record: 'off', property: HOSTILE }, { name: 'lobby', record: 'off', lobby: true, property },
    { name: 'early', record: 'off', starts_at: SOON, property }, { name: 'over', record: 'off', property }];
});
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const base = new URL(server.urls.agent).origin;
const link = (tour, claims = {}) => `${base}/${claims.role === 'agent' ? 'agent' : 't'}/${tour}#${mint({ tour, ...claims })}`;
const AGENT = { role: 'agent', sub: 'ann', name: 'Ann' };

const errors = [];
const browser = await launchChromium();
browser.on('page', (page) => {
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
});
const phone = { width: 360, height: 640 };
const desktop = { width: 1440, height: 900 };

/** A fresh page; `refuse`: what the browser says instead of giving a device; `language`: whose browser it is. */
async function open(url, { size = phone, refuse = '', form = true, language = '', init } = {}) {
  const page = await browser.newPage();
  if (language) { // as a browser of somebody's who reads that
    await page.setExtraHTTPHeaders({ 'Accept-Language': `${language},fr;q=0.9` });
    await page.addInitScript((l) => Object.defineProperty(navigator, 'languages', { get: () => [l, 'fr'] }), language);
  }
  await page.setViewportSize(size);
  await page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => list.getEntries().filter((e) => !e.hadRecentInput).forEach((e) => window.shifts.push(
      ...e.sources.map((s) => `${s.node?.className ?? s.node} ${JSON.stringify(s.previousRect)} to ${JSON.stringify(s.currentRect)}`))))
      .observe({ type: 'layout-shift', buffered: true });
  });
  if (refuse) {
    await page.addInitScript(([name, message]) => {
      navigator.mediaDevices.getUserMedia = async () => { throw new DOMException(message, name); };
    }, refuse.split(':'));
  }
  await page.addInitScript(init ?? (() => {}));
  await page.goto(url);
  if (form) {
    await page.waitForSelector('form.prejoin');
  }
  return page;
}

/** It is there, it is well made, and this is what it looks like. */
async function look(page, name, more) {
  await expectAccessible(page, name, more);
  expectEqual((await smallTargets(page)).join(), '', `${name}: targets that are too small`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name}: no wider than the screen`);
  await page.screenshot({ path: path.join(SCREENS, `${name}.png`) });
}

const join = (page) => page.click('form.prejoin button[type=submit]');
const heading = (page, text) => page.waitForSelector(`.notice h1:has-text("${text}")`);
const inView = (page, selector) => page.evaluate((s) => {
  const box = document.querySelector(s).getBoundingClientRect();
  return box.top >= 0 && box.bottom <= window.innerHeight && box.width > 0;
}, selector);

/** Ann, who leads, in this tour. */
async function hostOf(tour) {
  const page = await open(link(tour, AGENT), { size: desktop });
  if (await page.$('input[name=consent]')) {
    await page.check('input[name=consent]');
  }
  await join(page);
  await page.waitForSelector('.tour');
  return page;
}

await test('the_house_is_seen_and_join_is_under_the_thumb', async () => {
  for (const size of [phone, { width: 390, height: 844 }, { width: 844, height: 390 }, desktop]) {
    const page = await open(link('demo'), { size });
    await page.waitForSelector('h1.address:has-text("12 Elm Street")');
    await page.waitForFunction(() => document.querySelector('.photo').naturalWidth > 0);
    expect(await inView(page, 'form.prejoin button[type=submit]'), `${size.width}: Join is seen without scrolling`);
    expectEqual(await page.locator('video').count(), 0, 'no picture while the camera is off');
    await look(page, `buyer_${size.width}`);
    expectEqual((await page.evaluate(() => window.shifts)).join(), '', 'layout shift');
    await page.close();
  }
});

for (const [language, file] of [['en-US', 'tour.html'], ['de-DE', 'tour.de.html']]) {
await test(`before_the_tour_little_is_loaded_in_${language.slice(0, 2)}`, async () => {
  const page = await open('about:blank', { form: false, language });
  const cdp = await browser.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
  await page.goto(link('demo'));
  await page.waitForSelector('form.prejoin');
  await page.waitForLoadState('networkidle');
  const loaded = await page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map((e) => ({ name: new URL(e.name).pathname, bytes: e.transferSize })));
  const named = fs.readFileSync(path.join(ROOT, 'build/web', file), 'utf8'); // the rest is of the tour itself, or of the house
  const needed = loaded.filter((e) => e.name === '/t/demo' || named.includes(`"${e.name}"`));
  const bytes = needed.reduce((sum, e) => sum + e.bytes, 0);
  console.log(`# before the form: ${needed.length} requests, ${(bytes / 1000).toFixed(1)} kB; with the tour itself and the pictures ${
    loaded.length}, ${(loaded.reduce((sum, e) => sum + e.bytes, 0) / 1000).toFixed(1)} kB`);
  expect(needed.length <= 6 && bytes <= 60000, `little: ${JSON.stringify(needed)}`);
  expectEqual(loaded.filter((e) => /\/[a-z]{2}_\w+-/.test(e.name) && !e.name.includes(`/${language.slice(0, 2)}_`)).length, 0, 'words of another language');
  expectEqual(await page.evaluate(() => document.documentElement.lang), language.slice(0, 2), 'the language');
  await page.close();
});
}

await test('without_a_word_of_the_house_the_page_is_whole', async () => {
  const page = await open(link('plain'));
  await page.waitForSelector('h1.address:has-text("Plain")');
  expectEqual(await page.locator('input[name=consent]').count(), 0, 'consent where nothing is recorded');
  await look(page, 'plain');
  await page.close();
});

await test('what_others_say_of_a_house_does_no_harm', async () => {
  const page = await open(link('hostile'));
  await page.waitForSelector('.property:has-text("Mallory")');
  expectEqual(await page.locator('.property img, .property a').count(), 0, 'pictures and links');
  expect(await page.evaluate(() => window.broken === undefined), 'no script of theirs ran');
  await look(page, 'hostile');
  await page.close();
});

await test('large_text_zoom_night_and_german_break_nothing', async () => {
  const page = await open(link('demo', { name: 'M'.repeat(128) }), { size: { width: 390, height: 844 },
    language: 'de-DE' });
  await page.waitForSelector('button:has-text("Teilnehmen")');
  expectEqual(await page.evaluate(() => document.documentElement.lang), 'de', 'the language');
  await page.waitForSelector('.consent:has-text("Diese Besichtigung kann aufgenommen werden")');
  await page.emulateMedia({ colorScheme: 'dark' });
  await look(page, 'german_dark');
  await page.emulateMedia({ forcedColors: 'active' });
  await look(page, 'german_forced', { except: ['color-contrast'] }); // the colours are the system's
  await page.emulateMedia({ forcedColors: 'none' });
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  await look(page, 'german_large_text');
  expect(await inView(page, 'form.prejoin button[type=submit]'), 'Join is seen with text of twice the size');
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; document.documentElement.dir = 'rtl'; });
  await look(page, 'rtl_dark');
  await page.setViewportSize({ width: 640, height: 360 }); // 1280x720 at 200 %
  expect(await inView(page, 'form.prejoin button[type=submit]'), 'Join is seen at 200 %');
  await look(page, 'zoom');
  await page.close();
});

await test('all_is_reached_by_keyboard_and_has_a_name', async () => {
  const page = await open(link('demo'), { size: desktop });
  expectEqual((await tabOrder(page)).map((at) => at.replace(/ (Camera|Microphone|Loudspeaker) .*/, ' $1')).filter((at) => !at.startsWith('select')).join('; '),
    'input Your name; button Camera; button Microphone; button Loudspeaker; '
    + 'input This tour may be recorded: picture, sound and what is written. A sign shows when. By joining you agree to that, and that your name and '
    + 'the time of this consent are kept with the recording.; button Check my connection; button Join the tour', 'the order of Tab');
  await page.focus('input[name=name]');
  await page.keyboard.type('Kay');
  await page.focus('input[name=consent]');
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.tour');
  await page.close();
});

await test('a_name_is_remembered_and_consent_for_this_session', async () => {
  let page = await open(link('demo'));
  await page.fill('input[name=name]', 'Bea Lindqvist');
  await page.check('input[name=consent]');
  await join(page);
  await page.waitForSelector('.tour');
  await page.click('[data-control=leave]');
  await heading(page, 'You left the tour');
  expectEqual(await page.evaluate(() => document.activeElement.tagName), 'H1', 'where the focus is');
  await look(page, 'left');
  await page.click('.notice button.primary');
  await page.waitForSelector('form.prejoin');
  expectEqual(await page.inputValue('input[name=name]'), 'Bea Lindqvist', 'the name');
  expect(await page.isChecked('input[name=consent]'), 'what was agreed to is shown as agreed');
  await page.uncheck('input[name=consent]'); // taken back
  await page.reload();
  await page.waitForSelector('form.prejoin');
  expect(!await page.isChecked('input[name=consent]'), 'what was taken back is asked for again');
  await page.check('input[name=consent]');
  await join(page);
  await page.waitForSelector('.tour');
  await page.goto('about:blank');
  await page.goto(link('demo', { sub: 'cyd' }));
  await page.waitForSelector('form.prejoin');
  expect(!await page.isChecked('input[name=consent]'), 'another person has agreed to nothing');
  await page.close();
  page = await open(link('demo'));
  expect(!await page.isChecked('input[name=consent]'), 'another window is another session');
  expectEqual(await page.inputValue('input[name=name]'), 'Bea Lindqvist', 'the name of this browser');
  await page.close();
});

await test('devices_can_be_tried_out', async () => {
  const page = await open(link('plain'), { size: { width: 390, height: 844 } });
  await page.click('[data-device=camera]');
  await page.waitForFunction(() => document.querySelector('.preview video')?.videoWidth > 0);
  await page.click('[data-device=microphone]');
  await page.waitForFunction(() => parseFloat(document.querySelector('[data-meter] > span').style.width) > 30); // the fake one beeps
  await page.selectOption('select[aria-label=Microphone]', { index: 1 });
  await page.waitForSelector('[data-device=microphone][aria-pressed=true]');
  await page.click('[data-device=speaker]');
  await page.waitForSelector('[data-device=speaker]:has-text("Play it again")');
  await look(page, 'devices');
  await page.click('[data-device=camera]');
  await page.waitForSelector('.preview', { state: 'detached' });
  await page.close();
});

for (const [refuse, text] of [['NotAllowedError', 'The browser did not allow it'], ['NotAllowedError:by system', 'Your device does not let'],
  ['NotFoundError', 'None was found'], ['NotReadableError', 'Another program is using it']]) {
  await test(`both_devices_say_what_is_wrong_${refuse.replace(/\W/g, '_')}`, async () => {
    const page = await open(link('plain'), { refuse });
    for (const kind of ['camera', 'microphone']) {
      await page.click(`[data-device=${kind}]`);
      await page.waitForSelector(`.device:has([data-device=${kind}]) .problem:has-text("${text}")`);
    }
    expectEqual(await page.locator('.problem [data-retry]').count(), 2, 'ways to try again');
    await page.evaluate(() => { delete navigator.mediaDevices.getUserMedia; }); // it is allowed now
    await page.click('[data-retry=camera]');
    await page.waitForSelector('[data-device=camera][aria-pressed=true]');
    expectEqual(await page.locator('.problem').count(), 1, 'what is wrong still');
    await look(page, `refused_${refuse.replace(/\W/g, '_')}`);
    await page.close();
  });
}

await test('the_agent_is_seen_at_once_and_nothing_jumps', async () => {
  for (const size of [{ width: 390, height: 844 }, desktop]) {
    const page = await open(link('demo', AGENT), { size });
    await page.waitForSelector('[data-device=microphone][aria-pressed=true]');
    await page.waitForFunction(() => document.querySelector('.preview video')?.videoWidth > 0);
    await look(page, `agent_${size.width}`);
    expectEqual((await page.evaluate(() => window.shifts)).join(), '', 'layout shift');
    await page.close();
  }
});

await test('an_agent_without_devices_is_warned_and_may_start', async () => {
  const page = await open(link('over', AGENT), { refuse: 'NotAllowedError', size: desktop });
  await page.waitForSelector('[data-unseen]');
  expectEqual(await page.locator('.device .problem').count(), 2, 'what is wrong');
  await look(page, 'agent_unseen');
  await join(page);
  await page.waitForSelector('.tour');
  await endTour(page);
  await page.waitForSelector('.notice p:has-text("Everybody has left")');
  await look(page, 'agent_ended');
  await page.close();
});

await test('a_tour_that_has_ended_is_no_broken_link', async () => {
  const page = await open(link('over'), { form: false });
  await heading(page, 'The tour has ended');
  await page.close();
});

await test('the_connection_is_judged_in_words', async () => {
  const page = await open(link('plain'), { size: desktop });
  await page.click('[data-control=check]');
  await page.waitForSelector('.verdict:has-text("Your connection")', { timeout: 20000 });
  await look(page, 'verdict');
  await page.close();
});

await test('who_is_early_sees_the_house_and_how_long_it_is', async () => {
  const page = await open(link('early'), { form: false, language: 'en-GB' });
  await heading(page, 'The tour has not started yet');
  await page.waitForSelector('.notice p:text-matches("^On [0-9]+ [A-Z][a-z]+ 20[0-9]+, [0-9]+:[0-9]+\\\\. Stay here")'); // no American's date
  await page.waitForSelector('.shown-by:has-text("Maya Lindqvist will show you round"):has(.face-photo)');
  await page.waitForSelector('.countdown:text-matches("in 3[0-9] minutes")');
  expectEqual(await page.getAttribute('.contact a >> nth=0', 'href'), 'tel:+15550123', 'how to call');
  await page.click('.sound-check summary');
  await page.click('[data-device=microphone]');
  await page.waitForSelector('[data-device=microphone][aria-pressed=true]');
  await look(page, 'early');
  await page.evaluate(() => {
    window.RealSocket = window.WebSocket;
    window.WebSocket = class extends window.RealSocket { constructor() { super('ws://127.0.0.1:9/'); } };
    window.oriel.signal.socket.close(4999);
  });
  await page.waitForSelector('.banner.lost');
  await page.evaluate(() => { window.WebSocket = window.RealSocket; });
  await page.waitForSelector('.banner.lost', { state: 'detached' });
  const stillOn = await page.evaluateHandle(() => document.querySelector('oriel-tour').tracks.microphone);
  const host = await hostOf('early');
  await page.waitForSelector('form.prejoin .shown-by:has-text("Ann is here"):not(:has(.face-photo))'); // whoever was announced
  expect(await page.getAttribute('[data-device=microphone]', 'aria-pressed') === 'true', 'the microphone is on still');
  await look(page, 'host_is_here');
  await host.evaluate(() => window.oriel.request('lock', { on: true }));
  await page.fill('input[name=name]', 'Bea');
  await join(page);
  await heading(page, 'The tour is closed');
  expectEqual(await stillOn.evaluate((track) => track.readyState), 'ended', 'the microphone, when it is over');
  await host.close();
  await page.close();
});

await test('who_waits_in_the_lobby_is_told_of_the_host_and_gets_in', async () => {
  const page = await open(link('lobby', { name: 'Bea' }));
  await join(page);
  await heading(page, 'Maya Lindqvist will let you in');
  await page.waitForSelector('.notice p:has-text("is not here yet")');
  await look(page, 'lobby');
  await page.click('.sound-check summary');
  await page.click('[data-device=microphone]');
  await page.waitForSelector('[data-device=microphone][aria-pressed=true]');
  const host = await hostOf('lobby');
  await heading(page, 'Ann will let you in');
  await page.waitForSelector('.notice p:has-text("Nobody sees or hears you yet")');
  await page.evaluate(() => {
    window.RealSocket = window.WebSocket;
    window.WebSocket = class extends window.RealSocket { constructor() { super('ws://127.0.0.1:9/'); } };
    window.oriel.signal.socket.close(4999);
  });
  await page.waitForSelector('.banner.lost');
  await look(page, 'lobby_lost');
  await page.evaluate(() => { window.WebSocket = window.RealSocket; });
  await page.waitForSelector('.banner.lost', { state: 'detached' });
  await host.click('[data-admit]');
  await page.waitForSelector('.tour');
  await until(() => host.evaluate(() => window.oriel.roster().some((p) => p.name === 'Bea' && p.sources.microphone === 'on')),
    'the microphone that was tried out to be heard');
  await host.evaluate(() => window.oriel.remove(window.oriel.roster().find((p) => p.name === 'Bea').id));
  await heading(page, 'You were removed from the tour');
  await page.waitForSelector('.contact a:has-text("Call Maya Lindqvist")');
  await look(page, 'removed');
  await page.goto('about:blank');
  await page.goto(link('lobby', { name: 'Bea' }));
  await heading(page, 'You were removed from the tour');
  await host.evaluate(() => window.oriel.request('lock', { on: true }));
  await page.goto('about:blank');
  await page.goto(link('lobby', { name: 'Dee', sub: 'dee' }));
  await page.waitForSelector('form.prejoin');
  await join(page);
  await heading(page, 'The tour is closed');
  await look(page, 'locked');
  await host.close();
  await page.close();
});

await test('a_link_that_leads_nowhere_says_what_to_do', async () => {
  const cases = [[`${base}/t/demo`, 'This link does not work', 'incomplete'], [`${base}/t/demo#nonsense`, 'This link does not work', 'damaged'],
    [`${base}/t/plain#${mint({ tour: 'demo' })}`, 'This link does not work', 'another tour'],
    [link('demo', { ttl: -10 }), 'This link has expired', 'new one']];
  for (const [url, title, text] of cases) {
    const page = await open(url, { form: false });
    await heading(page, title);
    await page.waitForSelector(`.notice p:has-text("${text}")`);
    expectEqual(await page.getAttribute('.notice a', 'href'), '/', 'where to go');
    await look(page, `link_${text.replace(' ', '_')}`);
    await page.close();
  }
  const page = await open(link('demo'), { form: false,
    init: () => { window.WebSocket = class extends WebSocket { constructor() { super('ws://127.0.0.1:9/'); } }; } });
  await heading(page, 'We cannot reach the tour');
  await look(page, 'unreachable');
  await page.close();
});

await test('in_a_page_of_somebody_else_s_it_speaks_the_language_of_that_page', async () => {
  const page = await browser.newPage();
  await page.goto(`${base}/assets/angebot.html`);
  await page.evaluate((url) => document.querySelector('main').append(Object.assign(document.createElement('oriel-tour'), { link: url })), link('plain'));
  await page.waitForSelector('form.prejoin button:has-text("Teilnehmen")');
  expectEqual(await page.evaluate(() => `${document.documentElement.lang}, ${document.querySelector('oriel-tour').lang}`), 'de-AT, de', 'languages');
  await page.close();
});

await test('in_a_page_of_somebody_else_s', async () => {
  const page = await browser.newPage();
  await page.goto(`${base}/assets/listing.html`);
  await page.evaluate((url) => {
    window.states = [];
    const tour = document.createElement('oriel-tour');
    tour.addEventListener('oriel-state', (e) => window.states.push(`${e.detail.at}${e.detail.code && `:${e.detail.code}`}`));
    document.querySelector('main').append(tour);
    tour.setAttribute('link', url); // after it is in the page, as frameworks do
  }, link('plain', { name: 'Bea' }));
  await page.waitForSelector('form.prejoin');
  await join(page);
  await page.waitForSelector('.tour');
  await page.click('[data-control=leave]');
  await heading(page, 'You left the tour');
  expectEqual((await page.evaluate(() => window.states)).join(), 'connecting,prejoin,live,ended:left', 'what the page was told');
  expectEqual(await page.title(), 'Listing', 'the title is the page’s own');
  await page.evaluate((token) => {
    const tour = document.querySelector('oriel-tour');
    tour.removeAttribute('link');
    tour.setAttribute('tour', 'demo');
    tour.setAttribute('token', token);
  }, mint({ tour: 'demo', name: 'Bea' }));
  await page.waitForSelector('h1.address:has-text("12 Elm Street")');
  await page.evaluate(() => document.querySelector('oriel-tour').remove());
  await page.close();
});

/** What the page opens, so that it can be told whether it was closed again. */
const COUNTED = () => {
  Object.assign(window, { sockets: [], opened: [] });
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      window.sockets.push(this);
    }

    send(text) {
      super.send(text);
      window.onSent?.(JSON.parse(text));
    }
  };
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (what) => {
    const stream = await open(what);
    window.opened.push(...stream.getTracks());
    return stream;
  };
};
const areNamed = (host, name, n, what) => until(() => host.evaluate((w) => window.oriel.roster().filter((p) => p.name === w).length, name)
  .then((found) => found === n), what);

await test('taken_out_while_it_joins_it_is_not_in_and_put_back_it_is_in_once', async () => {
  const host = await hostOf('plain');
  const page = await open(`${base}/assets/listing.html`, { form: false, init: COUNTED });
  await page.evaluate((url) => {
    const tour = window.tour = document.createElement('oriel-tour');
    tour.setAttribute('link', url);
    document.querySelector('main').append(tour);
  }, link('plain', { name: 'Eve', sub: 'eve' }));
  for (const when of ['at once', 'when it has asked']) {
    await page.waitForSelector('form.prejoin');
    await page.evaluate((w) => {
      window.onSent = (message) => w === 'when it has asked' && message.type === 'join' && window.tour.remove();
      document.querySelector('form.prejoin').requestSubmit();
      if (w === 'at once') {
        window.tour.remove();
      }
    }, when);
    await page.waitForFunction(() => !window.tour.isConnected && window.sockets.length > 0 && window.sockets.every((s) => s.readyState === 3));
    await areNamed(host, 'Eve', 0, `who was taken out ${when} to be out`);
    await page.evaluate(() => { window.onSent = null; document.querySelector('main').append(window.tour); });
  }
  await page.waitForSelector('form.prejoin');
  await join(page);
  await page.waitForSelector('.tour');
  await page.evaluate(() => document.querySelector('main').prepend(window.tour)); // another place is another visit
  await page.waitForSelector('form.prejoin');
  await join(page);
  await page.waitForSelector('.tour');
  await areNamed(host, 'Eve', 1, 'somebody to be in once');
  expectEqual(await page.evaluate(() => window.sockets.filter((s) => s.readyState === 1).length), 1, 'connections');
  await page.close();
  await host.close();
});

/** A site of somebody else's: a listing, and what its proxy passes on to us. */
async function otherSite() {
  const upstream = { host: '127.0.0.1', port: Number(new URL(base).port) };
  const site = http.createServer((req, res) => {
    if (req.url === '/listing') {
      res.setHeader('content-type', 'text/html');
      res.end(`<!doctype html><html lang="en"><head><title>Listing</title><link rel="icon" href="/assets/icon.svg"><link rel="stylesheet" href="/assets/embed.css">
        <script type="module" src="/assets/embed.js"></script></head><body><main></main></body></html>`);
    } else if (req.url.startsWith('/assets/')) {
      req.pipe(http.request({ ...upstream, path: req.url, headers: req.headers }, (answer) => {
        res.writeHead(answer.statusCode, answer.headers);
        answer.pipe(res);
      }));
    } else {
      res.writeHead(404).end();
    }
  });
  site.on('upgrade', (req, socket) => {
    const up = net.connect(upstream, () => {
      up.write(`GET ${req.url} HTTP/1.1\r\n${Object.entries(req.headers).map(([k, v]) => `${k}: ${v}`).join('\r\n')}\r\n\r\n`);
      socket.pipe(up).pipe(socket);
    });
    [socket, up].forEach((s) => s.on('error', () => up.destroy() && socket.destroy()));
  });
  await new Promise((listening) => { site.listen(0, '127.0.0.1', listening); });
  return { url: `http://127.0.0.1:${site.address().port}`, close: () => (site.closeAllConnections(), site.close()) };
}

await test('behind_the_proxy_of_another_site', async () => {
  const site = await otherSite();
  const page = await browser.newPage();
  await page.goto(`${site.url}/listing`);
  await page.evaluate((url) => {
    const tour = document.createElement('oriel-tour');
    tour.setAttribute('link', url);
    document.querySelector('main').append(tour);
  }, link('demo', { name: 'Ida', sub: 'ida' }).replace(base, site.url));
  await page.waitForSelector('form.prejoin');
  await page.waitForFunction(() => document.querySelector('.photo').naturalWidth > 0);
  await page.check('input[name=consent]');
  await join(page);
  await page.waitForSelector('.tour');
  expectEqual(await page.evaluate(() => performance.getEntriesByType('resource').filter((e) => !e.name.startsWith(location.origin)).map((e) => e.name).join()), '', 'what comes from elsewhere');
  await page.close();
  site.close();
});

await test('two_on_a_page_are_two_tours', async () => {
  const page = await open(`${base}/assets/listing.html`, { form: false, size: desktop });
  await page.evaluate((urls) => {
    for (const url of urls) {
      const tour = document.createElement('oriel-tour');
      tour.setAttribute('link', url);
      document.querySelector('main').append(tour);
    }
  }, [link('plain', { name: 'Flo', sub: 'flo' }), link('hostile', { name: 'Flo', sub: 'flo' })]);
  await page.waitForFunction(() => document.querySelectorAll('form.prejoin').length === 2);
  await page.evaluate(() => document.querySelectorAll('form.prejoin').forEach((form) => form.requestSubmit()));
  await page.waitForFunction(() => document.querySelectorAll('.tour').length === 2);
  await page.evaluate(() => document.querySelector('oriel-tour').remove());
  expectEqual(await page.evaluate(() => document.querySelector('oriel-tour').model.client.over), false, 'the other one goes on');
  await page.close();
});

await test('what_is_turned_off_while_one_joins_is_off', async () => {
  const page = await open(link('plain', { name: 'Gus', sub: 'gus' }), { init: COUNTED });
  await page.click('[data-device=camera]');
  await page.waitForSelector('[data-device=camera][aria-pressed=true]');
  await page.evaluate(() => { window.onSent = (message) => message.type === 'join' && document.querySelector('[data-device=camera]').click(); });
  await join(page);
  await page.waitForSelector('.tour');
  await page.waitForSelector('[data-control=camera][aria-pressed=false]');
  expectEqual(await page.evaluate(() => window.opened.map((t) => t.readyState).join()), 'ended', 'the camera');
  await page.evaluate(() => { // two taps before the browser has answered the first
    document.querySelector('[data-control=camera]').click();
    document.querySelector('[data-control=camera]').click();
  });
  await page.waitForSelector('[data-control=camera][aria-pressed=true]');
  expectEqual(await page.evaluate(() => window.opened.filter((t) => t.readyState === 'live').length), 1, 'cameras that film');
  await page.click('[data-control=camera]');
  await page.waitForSelector('[data-control=camera][aria-pressed=false]');
  expectEqual(await page.evaluate(() => window.opened.filter((t) => t.readyState === 'live').length), 0, 'cameras that film when it is off');
  await page.close();
});

await test('a_text_that_has_changed_meanwhile_is_asked_for_again', async () => {
  const page = await open(link('demo', { name: 'Hal', sub: 'hal' }));
  await page.check('input[name=consent]');
  await page.evaluate(() => Object.assign(document.querySelector('oriel-tour').welcome.consent, { version: '0', text: 'An older text' }));
  await join(page);
  await page.waitForSelector('.go .problem');
  expect(!await page.isChecked('input[name=consent]'), 'what was agreed to was another text');
  await page.check('input[name=consent]');
  await join(page);
  await page.waitForSelector('.tour');
  await page.close();
});

await test('a_check_that_cannot_be_made_says_so_and_can_be_made_again', async () => {
  const page = await open(link('plain'));
  await page.route(/\/check-/, (route) => route.abort());
  await page.click('[data-control=check]');
  await page.waitForSelector('.verdict:has-text("Check your internet connection")');
  await look(page, 'verdict_unknown');
  await page.unroute(/\/check-/);
  await page.click('[data-control=check]:has-text("Check again")');
  await page.waitForSelector('.verdict:has-text("Your connection")', { timeout: 20000 });
  await page.close();
});

await test('no_script_error_and_no_breach_of_the_content_policy', () => {
  // What these tests break themselves is told by the browser, too.
  const own = errors.filter((e) => !/127\.0\.0\.1:9\/|ERR_FAILED/.test(e));
  expectEqual(own.join('\n'), '', 'errors');
});

await browser.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
