// What all pages stand on: every part in every state (/dev/components) by day, by night, from right to left, large and
// without colours; words in the reader's language; what is loaded before one has joined.
import fs from 'node:fs';
import path from 'node:path';
import { expectAccessible, smallTargets } from './lib/axe.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';

const SCREENS = path.join(ROOT, 'var/screens');
const dir = tempDir();
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir)]).ready;
const base = new URL(server.urls.agent).origin;
const browser = await launchChromium();
const errors = [];
fs.mkdirSync(SCREENS, { recursive: true });

async function open(url, context = browser) {
  const page = await context.newPage();
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  await page.goto(url);
  return page;
}

const catalogue = await open(`${base}/dev/components`);
await catalogue.waitForSelector('.catalogue');
await catalogue.waitForFunction(() => [...document.querySelectorAll('.tile video:not([hidden])')].every((v) => v.videoWidth > 0));

/** Of a part that is a landmark there are as many as it has states. */
async function looksRight(what, except = []) {
  await catalogue.screenshot({ path: path.join(SCREENS, `components_${what}.png`), fullPage: true });
  await expectAccessible(catalogue, `the components, ${what}`, { except: ['landmark-unique', ...except] });
  const wide = await catalogue.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide <= 0, `${what}: ${wide} px beyond the edge`);
}

for (const scheme of ['light', 'dark']) {
  await test(`components_${scheme}`, async () => {
    await catalogue.emulateMedia({ colorScheme: scheme });
    await looksRight(scheme);
    expectEqual((await smallTargets(catalogue)).filter((t) => !/^[A-Z]\w+ \d+x\d+$/.test(t) /* links of the catalogue itself */).join(), '', 'small targets');
  });
}

await test('components_on_a_phone_and_from_right_to_left', async () => {
  await catalogue.setViewportSize({ width: 360, height: 640 });
  await looksRight('phone');
  await catalogue.evaluate(() => { document.documentElement.dir = 'rtl'; });
  await looksRight('rtl');
  await catalogue.evaluate(() => { document.documentElement.dir = ''; });
});

await test('components_with_text_of_twice_the_size', async () => {
  await catalogue.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  await looksRight('large_text');
  await catalogue.evaluate(() => { document.documentElement.style.fontSize = ''; });
});

await test('components_without_colours_and_without_motion', async () => {
  await catalogue.setViewportSize({ width: 1280, height: 720 });
  await catalogue.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await catalogue.waitForFunction(() => document.getAnimations().every((a) => a.effect.getTiming().iterations === Infinity)); // colours fade
  await looksRight('forced_colours', ['color-contrast']); // the colours are the system's
  const same = await catalogue.evaluate(() => {
    const style = (part, selector, pseudo) => getComputedStyle(document.querySelector(`[data-part=${part}] ${selector}`), pseudo);
    const line = (part, on) => style(part, `[role=tab][aria-selected=${on}]`).borderBlockEndColor;
    const paper = document.body.appendChild(document.createElement('i'));
    paper.style.color = 'Canvas';
    const ground = getComputedStyle(paper).color;
    paper.remove();
    return ['Tabs', 'TabRow'].filter((part) => line(part, true) === line(part, false)).map((part) => `${part}: the one that is shown`)
      .concat([['Banner', '.banner'], ['RecBadge', '.rec'], ['Avatar', '.avatar'], ['PersonRow', '.avatar']]
        .filter(([part, selector]) => style(part, selector).outlineStyle !== 'solid').map(([part]) => `${part}: its edge`))
      .concat([['DeviceRow', '.on .switch', '::before'], ['MenuItem', '[aria-checked=false] .knob', '::after'], ['RecBadge', '.dot']]
        .filter((what) => [ground, 'rgba(0, 0, 0, 0)'].includes(style(...what).backgroundColor)).map(([part]) => `${part}: its sign`))
      .concat(style('DeviceRow', '.chooser select').color === 'rgba(0, 0, 0, 0)' ? [] : ['DeviceRow: words over words']);
  });
  expectEqual(same.join(), '', 'what cannot be told apart without colours');
  await catalogue.emulateMedia({ forcedColors: 'none', reducedMotion: 'no-preference' });
});

await test('a_page_speaks_the_language_of_its_reader', async () => {
  for (const [locale, heading] of [['de-AT', 'An einer Besichtigung teilnehmen'], ['fr-FR', 'Join a property tour']]) {
    const reader = await launchChromium({ locale });
    const page = await open(`${base}/`, reader);
    await page.waitForSelector(`h1:has-text("${heading}")`);
    expectEqual(await page.evaluate(() => document.documentElement.lang), locale === 'de-AT' ? 'de' : 'en', 'lang');
    await expectAccessible(page, `the front door, ${locale}`);
    await page.fill('input', 'nonsense');
    await page.click('button.primary');
    await page.waitForSelector('.problem');
    await expectAccessible(page, `what is no link, ${locale}`);
    await reader.close();
  }
});

await test('an_address_where_nothing_is_says_so_and_takes_a_link', async () => {
  const page = await open(`${base}/`);
  errors.length = 0;
  const answer = await page.goto(`${base}/nothing/here`);
  expectEqual(answer.status(), 404, 'status');
  await page.waitForSelector('h1:has-text("There is nothing at this address")');
  await expectAccessible(page, 'the page where nothing is');
  await page.fill('input', server.urls.buyer);
  await page.click('button.primary');
  await page.waitForSelector('form.prejoin');
  await page.close();
  errors.splice(0, errors.length, ...errors.filter((e) => !/404/.test(e))); // the browser's own word of the address
});

await test('scripts_of_a_tour_are_small_and_kept', async () => {
  const folder = path.join(ROOT, 'build/web');
  const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
  const size = (files) => files.reduce((sum, f) => sum + fs.statSync(path.join(folder, f)).size, 0);
  let first = '';
  for (const [language, html] of [['en', 'tour.html'], ['de', 'tour.de.html']]) {
    const named = [...read(html).matchAll(/(?:src|href)="\/assets\/(a\/[^"]+\.js)"/g)].map((m) => m[1]);
    const reached = new Set();
    const reach = (name) => {
      if (!reached.has(name)) {
        reached.add(name);
        [...read(name).matchAll(/["'`]\.\/([\w.-]+\.js)["'`]/g)].forEach((m) => reach(`a/${m[1]}`));
      }
    };
    named.forEach(reach);
    const those = (pattern) => [...reached].filter((f) => pattern.test(f));
    const ofHosts = those(/^a\/(desk|qr|\w\w_agent)-/); // loaded for who leads, and nobody else
    const asked = those(/^a\/\w\w_check-/); // with the check of a connection, which is apart
    const always = [...reached].filter((f) => ![...ofHosts, ...asked].includes(f));
    console.log(`# all scripts of a tour page, ${language}: ${size(always)} bytes; for hosts up to ${size(ofHosts)} more`);
    expect(ofHosts.length === 3 && size(ofHosts) <= 60 * 1024, `${ofHosts} for hosts`);
    expectEqual(those(/^a\/[a-z]{2}_/).map((f) => f.replace(/-.*/, '')).sort().join(), ['agent', 'check', 'tour'].map((w) => `a/${language}_${w}`).join(), 'words');
    expect(named.length <= 4 && reached.size > named.length, `${named} first, ${reached.size} scripts`);
    expect(size(always) <= 150 * 1024, `${language}: ${size(always)} bytes of scripts`);
    [first] = named;
  }
  const answer = await fetch(`${base}/assets/${first}`);
  expectEqual(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable', 'how long it is kept');
  expect(read('licences.txt').includes('lit-html'), 'licences');
});

await test('no_errors_on_any_console', () => expectEqual(errors.join('\n'), '', 'errors'));
await browser.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
