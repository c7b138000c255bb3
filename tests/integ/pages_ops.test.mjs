// The recordings page as operations staff use it: what runs now, finding a recording and a moment in it, playing it,
// proving it, keeping and deleting it; with a mouse, with keys alone, on a phone, from right to left. In Firefox that is
// pages_firefox.
import fs from 'node:fs';
import path from 'node:path';
import { expectAccessible, smallTargets, tabOrder } from './lib/axe.mjs';
import { SLOW_CAMERA, launchChromium } from './lib/chromium.mjs';
import { mint, opsToken, SECRET } from './lib/erasure.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { playAndSeek } from './lib/playback.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { endTour, joinTour, listRecordings } from './lib/tour.mjs';

const SCREENS = path.join(ROOT, 'var/screens');
fs.mkdirSync(SCREENS, { recursive: true });
const LONG = 'Maximiliana Konstantinopolitanskaja-Featherstonehaugh of Lower Upperthorpe and the Isles, who has a second line, too';
const dir = tempDir();
/** The media helper, which dies as long as there is this file: as one that is out of memory, or has met its limits. */
const dies = path.join(dir, 'helper-dies');
fs.writeFileSync(path.join(dir, 'helper'), `#!/bin/sh\n[ -e '${dies}' ] && kill -9 $$\nexec '${path.join(path.dirname(ORIEL), 'oriel-media')}' "$@"\n`, { mode: 0o755 });
const server = new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.derived = { ...c.derived, helper: path.join(dir, 'helper') };
  c.auth = { hs256_secret: SECRET, audience: 'oriel', leeway_s: 0 };
  c.recording.retention_days = 90;
  c.tours = [{ name: 'elm', title: '12 Elm Street', record: 'auto' }, { name: 'oak', title: '7 Oak Lane', record: 'auto' },
    { name: 'live', title: '3 River Road', record: 'auto' }];
})]);
await server.ready;
const base = new URL(server.urls.agent).origin;
const link = (page, tour, claims) => `${base}/${page}/${tour}#${mint({ tour, ...claims })}`;
const browser = await launchChromium({ viewport: { width: 1440, height: 900 }, flags: [SLOW_CAMERA] });
await browser.grantPermissions(['clipboard-read', 'clipboard-write']);
const errors = [];

async function newPage() {
  const page = await browser.newPage();
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  return page;
}

const say = (page, method, ...args) => page.evaluate(([m, a]) => window.oriel[m](...a), [method, args]);
const untilFrames = (page) => page.waitForFunction(() => document.querySelector('.stage video')?.videoWidth > 0);

/** Who shows and who looks, in a tour of its own. */
async function enter(tour, agentName, buyerName, { camera = true } = {}) {
  const [agent, buyer] = [await newPage(), buyerName && await newPage()];
  await joinTour(agent, link('agent', tour, { role: 'agent', sub: `agent-${tour}`, name: agentName }));
  if (buyer) {
    await joinTour(buyer, link('t', tour, { role: 'buyer', sub: `buyer-${tour}`, name: buyerName }), { camera });
    await untilFrames(buyer);
  }
  return { agent, buyer };
}

let live;
await test('tours_are_recorded', async () => {
  const [elm, oak] = await Promise.all([enter('elm', 'Ann Agent', 'Bea'), enter('oak', 'Otto', LONG, { camera: false })]);
  await until(() => elm.agent.evaluate(() => window.oriel.recording === 'on'), 'a recording');
  await say(elm.agent, 'chapter', 'Hall');
  await say(elm.buyer, 'chat', 'A lovely hall');
  const third = enter('live', 'Lea Live');
  await pause(1500);
  await say(elm.agent, 'chapter', 'Kitchen');
  await say(elm.buyer, 'askQuestion', 'How old is the boiler?');
  await pause(1500);
  await say(elm.agent, 'answer', 'q1', 'answered', 'Seven years.');
  await say(elm.agent, 'record', true, true);
  await pause(1500); // a hole in the recording
  await say(elm.agent, 'record', true, false);
  await say(elm.buyer, 'consent', false);
  await pause(1000);
  await Promise.all([endTour(elm.agent), endTour(oak.agent)]);
  await until(async () => (await listRecordings(base, opsToken)).filter((r) => r.state === 'complete').length === 2, 'two recordings');
  await Promise.all([elm, oak].flatMap((t) => [t.agent.close(), t.buyer.close()]));
  live = await third;
});

const all = await until(async () => {
  const list = await listRecordings(base, opsToken);
  return list.length === 3 && list;
}, 'the third in the list');
const idOf = (title) => all.find((r) => r.title === title).id;
const page = await newPage();
const row = (title) => page.locator(`[data-recording="${idOf(title)}"] a`);
/** As it is when nothing fades any more. */
async function accessible(of, what, more) {
  await of.waitForFunction(() => document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity));
  await expectAccessible(of, what, more);
}
const shot = (name, of = page) => of.screenshot({ path: path.join(SCREENS, `ops_${name}.png`) });
const now = (of = page) => of.evaluate(() => document.querySelector('oriel-player').playback.now);
const titles = () => page.locator('.recordings .address').allInnerTexts();
const query = () => new URL(page.url()).searchParams;

await test('what_runs_now_is_first_and_can_be_watched', async () => {
  await page.goto(`${base}/ops#${opsToken}`);
  const tour = page.locator('[data-tour=live]');
  await tour.waitFor();
  const words = await tour.innerText();
  expect(/3 River Road/.test(words) && /with Lea Live · 1 person/.test(words) && /Being recorded/.test(words), words);
  expect((await page.locator('.live-now').innerText()).includes('everybody in the tour sees that you are there'), 'said before one looks');
  const [watching] = await Promise.all([page.context().waitForEvent('page'), tour.locator('a').click()]);
  await watching.waitForSelector('form.prejoin');
  await watching.close();
  await row('12 Elm Street').waitFor();
  expectEqual(await page.locator('.library .banner').count(), 0, 'alarms of a server that is well');
  const text = await row('12 Elm Street').innerText();
  expect(/Ann Agent, Bea/.test(text) && /Complete/.test(text) && !text.includes(idOf('12 Elm Street')), text);
  await accessible(page, 'the list');
  expectEqual((await smallTargets(page)).join(), '', 'small targets');
  await shot('list');
});

await test('tours_that_nobody_declared_or_records_are_shown_too', async () => {
  const attic = await newPage();
  await joinTour(attic, link('agent', 'attic', { role: 'agent', sub: 'agent-attic', name: 'Ada' }));
  await until(async () => {
    await page.click('[data-control=refresh]');
    return page.locator('[data-tour=attic]').isVisible();
  }, 'it runs');
  const words = await page.locator('[data-tour=attic]').innerText();
  expect(/with Ada · 1 person/.test(words) && /Not recorded/.test(words), words);
  await shot('live');
  await endTour(attic);
  await attic.close();
  await until(async () => {
    await page.click('[data-control=refresh]');
    return !await page.locator('[data-tour=attic]').isVisible();
  }, 'and is over');
});

await test('recordings_are_found_by_words_people_and_state', async () => {
  const field = page.locator('oriel-library input[type=search]');
  await field.fill('elm');
  await until(async () => (await titles()).join() === '12 Elm Street', 'what matches');
  expectEqual(query().get('q'), 'elm', 'in the address');
  await page.click('[data-chip=q]');
  await until(async () => (await titles()).length === 3, 'all of them');
  await field.pressSequentially('elm ');
  await until(async () => query().get('q') === 'elm', 'asked for without the blank');
  await field.pressSequentially('str');
  await until(async () => query().get('q') === 'elm str', 'and the blank is still there when one goes on');
  const asked = [];
  page.on('request', (request) => request.url().includes('/v1/recordings?') && asked.push(new URL(request.url()).searchParams.get('q')));
  await field.press('Enter');
  await until(() => asked.includes('elm str'), 'asked for by Enter');
  await field.press('Escape');
  await until(async () => (await titles()).length === 3 && await field.inputValue() === '', 'all of them by Esc');
  expectEqual(asked.filter((q) => q !== 'elm str' && q !== null).join(), '', 'nothing else was asked for'); // an alarm asks without words
  await page.click('[data-control=filter]');
  await page.fill('.filters [name=person]', 'otto');
  await page.keyboard.press('Enter');
  await until(async () => (await titles()).join() === '7 Oak Lane', 'by person');
  await page.selectOption('.filters [name=state]', 'damaged');
  await page.waitForSelector('.empty-state:has-text("Nothing matches")');
  await accessible(page, 'filters without a match');
  await shot('no_match');
  await page.click('.empty-state button');
  await until(async () => (await titles()).length === 3, 'all again');
  expectEqual(await page.inputValue('.filters [name=state]'), '', 'and the filter says so');
  const today = new Date();
  const date = (days) => new Date(today.getFullYear(), today.getMonth(), today.getDate() + days, 12).toISOString().slice(0, 10);
  await page.fill('.filters [name=from]', date(1));
  await page.waitForSelector('.empty-state');
  await page.click('[data-chip=from]');
  await page.fill('.filters [name=to]', date(0));
  await until(async () => (await titles()).length === 3, 'up to and with today');
  await page.click('[data-chip=to]');
});

await test('a_recording_opens_beside_the_list_and_back_goes_back', async () => {
  await row('12 Elm Street').click();
  await page.waitForSelector('.recording h1:has-text("12 Elm Street")');
  expectEqual(await page.evaluate(() => document.activeElement?.textContent.trim()), '12 Elm Street', 'the focus');
  expectEqual(query().get('recording'), idOf('12 Elm Street'), 'the address');
  expectEqual(await row('12 Elm Street').getAttribute('aria-current'), 'true', 'marked in the list');
  await page.goBack();
  await page.waitForSelector('.nothing-open');
  expectEqual(await page.evaluate(() => document.activeElement?.closest('[data-recording]')?.dataset.recording), idOf('12 Elm Street'), 'the focus');
  await page.goForward();
  await page.waitForSelector('.player video');
});

await test('the_moment_somebody_asked_about_the_boiler_is_found', async () => {
  const began = Date.now();
  await page.fill('oriel-said input[type=search]', 'boiler');
  await until(async () => (await page.locator('button.said').count()) === 2, 'the question and its answer');
  expectEqual(await page.locator('.timeline .hit').count(), 2, 'on the line of time');
  await page.click('button.said:has-text("How old is the boiler?")');
  const wanted = await page.evaluate(() => document.querySelector('oriel-said').said.find((s) => s.kind === 'question').t);
  await page.waitForFunction((t) => {
    const { playback } = document.querySelector('oriel-player');
    return Math.abs(playback.now - t) < 0.2 && playback.state === 'ready' && playback.video.readyState >= 2;
  }, wanted);
  const took = Date.now() - began;
  console.log(`# found in ${took} ms`);
  expect(took < 10000, `found after ${took} ms only`);
  await page.waitForSelector('button.said[aria-current]:has-text("boiler?")');
  await page.click('[data-control=copy-link]');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expectEqual(copied, `${base}/ops?recording=${idOf('12 Elm Street')}&t=${Math.floor(wanted)}`, 'a link for a colleague, without one’s own token');
  await shot('found');
  await accessible(page, 'an open recording');
  expectEqual((await smallTargets(page)).join(), '', 'small targets');
  await page.fill('oriel-said input[type=search]', '');
});

await test('a_long_list_is_shown_page_by_page_and_back_comes_back_to_its_place', async () => {
  const other = await newPage();
  await other.goto(`${base}/ops#${opsToken}`);
  await other.waitForSelector('.recordings');
  await other.evaluate(() => { // pages of two, of the server's
    const { api } = document.querySelector('oriel-ops');
    const list = api.list.bind(api);
    api.list = (filters, after) => list(filters, after, 2);
    return document.querySelector('oriel-library').refresh();
  });
  const rows = other.locator('.recordings [data-recording]');
  await until(async () => await rows.count() === 2, 'two of them');
  await other.click('[data-control=more]');
  await until(async () => await rows.count() === 3, 'and the third');
  await other.waitForFunction(() => document.activeElement === document.querySelectorAll('.recordings a')[2]);
  expectEqual(await other.locator('[data-control=more]').count(), 0, 'there are no more');
  await other.close();
});

await test('it_plays_and_seeks_by_keys', async (atEnd) => {
  await playAndSeek((run, argument) => page.evaluate(run, argument));
  const standing = () => page.evaluate(() => {
    const { now: t, state, wanted, parts, video } = document.querySelector('oriel-player').playback;
    return JSON.stringify({ t, state, wanted, parts, currentTime: video.currentTime, paused: video.paused });
  });
  const key = async (name, to, what) => {
    await page.keyboard.press(name);
    await page.waitForFunction((t) => Math.abs(document.querySelector('oriel-player').playback.now - t) < 0.3, to)
      .catch(async () => { throw new Error(`${what}: not at ${to}, but ${await standing()}`); });
  };
  await page.focus('.recording h1');
  await page.evaluate(() => document.querySelector('.player video').pause()); // a busy machine sees 0 too late while it plays on
  await page.waitForFunction(() => document.querySelector('.player video').paused);
  await page.evaluate(() => document.querySelector('oriel-player').seek(4)); // wherever the middle of it was
  await key('j', 0, '10 s back');
  await key('ArrowRight', 5, '5 s on');
  await key('.', 5.04, 'a picture');
  await key('ArrowLeft', 0.04, '5 s back');
  const chapters = await page.evaluate(() => document.querySelector('oriel-player').chapters.map((c) => c.t));
  await key('c', chapters[0], 'a chapter');
  await key('c', chapters[1], 'the next chapter');
  await page.keyboard.press('k');
  await page.waitForFunction(() => !document.querySelector('.player video').paused);
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.querySelector('.player video').paused);
  await page.click('[data-control=keys]');
  atEnd(() => page.evaluate(() => document.querySelector('[data-control=keys][aria-label="Switch letter keys on"]')?.click()));
  await page.waitForSelector('[data-control=keys][aria-label="Switch letter keys on"]');
  await page.focus('.recording h1');
  const stands = () => page.evaluate(() => [document.querySelector('oriel-player').playback.now, document.querySelector('.player video').muted,
    document.querySelector('oriel-player').playback.wanted, Boolean(document.fullscreenElement)].join());
  const before = await stands();
  for (const letter of ['j', 'l', 'c', ',', 'k', 'm', 'f']) {
    await page.keyboard.press(letter);
  }
  expectEqual(await stands(), before, 'what letters do when they are off');
  await key('ArrowLeft', Math.max(0, Number.parseFloat(before) - 5), 'what is no letter');
  await page.click('[data-control=keys]');
  await page.waitForSelector('[data-control=keys][aria-label="Switch letter keys off"]');
  await page.selectOption('[data-control=speed]', '2');
  expectEqual(await page.evaluate(() => document.querySelector('.player video').playbackRate), 2, 'speed');
  const slider = page.locator('.timeline [role=slider]');
  const told = (pattern, what) => until(async () => pattern.test(await slider.getAttribute('aria-valuetext')), what);
  await slider.press('End');
  await told(/^(\d\d:\d\d) of \1/, 'its end');
  await slider.press('Home');
  await told(/^00:00 of/, 'its beginning');
});

await test('the_pause_is_said_and_every_camera_can_be_chosen', async () => {
  const labels = await page.evaluate(() => document.querySelector('oriel-player').gaps().map((gap) => gap.label));
  expectEqual(labels.filter((label) => label === 'Recording was paused').length, 1, 'the pause'); // a busy machine has others
  const box = await page.locator('.timeline .gap').nth(labels.indexOf('Recording was paused')).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForSelector('.preview:has-text("Recording was paused")');
  const options = await page.locator('[data-control=track] option').allInnerTexts();
  expectEqual(new Set(options).size, options.length, 'names of what there is to watch');
  const moment = await page.evaluate(() => {
    const player = document.querySelector('oriel-player');
    const bea = player.tracks().find((track) => track.participant === 'Bea' && track.kind === 'camera');
    const at = bea.epochs[0].start_ms / 1000 + 1;
    player.seek(at);
    return at;
  });
  await page.waitForFunction((t) => Math.abs(document.querySelector('oriel-player').playback.now - t) < 0.1, moment);
  await page.selectOption('[data-control=track]', { label: 'Bea, camera' });
  await page.waitForFunction(() => document.querySelector('oriel-player').playback.track.kind === 'camera');
  await page.waitForFunction(() => document.querySelector('.player video').videoWidth > 0 && document.querySelector('oriel-player').playback.state === 'ready');
  expect(Math.abs(await now() - moment) < 0.2, `the same moment of another picture: ${await now()} instead of ${moment}`);
  expectEqual(await page.innerText('[data-sound=own]'), 'With the sound of Bea’s microphone alone', 'whose sound it is');
  await page.evaluate(() => document.querySelector('oriel-player').playback.toggle());
  await page.waitForFunction(() => !document.querySelector('.player audio').paused && document.querySelector('.player audio').currentTime > 0);
  await page.waitForFunction(() => { // within what lips and voice may be apart, and the time that it takes to look
    const { playback, sound } = document.querySelector('oriel-player');
    return Math.abs(sound.part.start + sound.audio.currentTime - playback.part.start - playback.video.currentTime) < 0.25;
  });
  await page.evaluate(() => document.querySelector('oriel-player').playback.toggle());
  await page.waitForFunction(() => document.querySelector('.player audio').paused);
  await page.waitForFunction(() => document.querySelector('oriel-player').pictures.length > 0, null, { timeout: 60000 });
  await page.mouse.move(box.x - 40, box.y);
  await page.waitForFunction(() => document.querySelector('.preview img')?.naturalWidth > 0);
  await page.waitForFunction(() => Math.max(...document.querySelector('oriel-timeline').peaks) > 0.1); // how loud it is
  expectEqual(await page.locator('.timeline .wave').count(), 1, 'drawn');
  await shot('preview');
});

await test('all_of_it_is_checked_and_what_was_changed_is_named', async () => {
  await page.click('[data-tab=proof]');
  const check = page.locator('.proof-check');
  await page.waitForSelector('.proof-check[data-state=none] .banner.good'); // nobody asked yet
  const ask = async (result) => {
    const answered = page.waitForResponse((r) => r.url().endsWith('/verify') && r.request().method() === 'POST');
    await page.click('[data-control=check-all]');
    expectEqual((await answered).status(), 202, 'it is ordered');
    await page.waitForSelector(`.proof-check[data-state=done][data-result=${result}]`, { timeout: 60000 });
  };
  await ask('ok');
  expect(/^Nothing was changed\. All of it was checked /.test(await check.innerText()), await check.innerText());
  await accessible(page, 'a recording that is whole');
  await shot('check_ok');
  const programme = path.join(dir, 'recordings/objects/recordings', idOf('12 Elm Street'), 'programme');
  const [name] = fs.readdirSync(programme).sort();
  const good = fs.readFileSync(path.join(programme, name));
  const changed = Buffer.from(good);
  changed[changed.length >> 1] ^= 1;
  fs.writeFileSync(path.join(programme, name), changed);
  await ask('damaged');
  fs.writeFileSync(path.join(programme, name), good);
  const found = check.locator('.findings [data-problem=changed]');
  await found.filter({ hasText: /, at 00:\d\d:\s+was changed or is damaged/ }).waitFor(); // when that was, it is asked for
  expectEqual(await check.locator('.findings li').count(), 1, 'places');
  expect((await found.innerText()).includes(`programme/${name}`), await found.innerText());
  await accessible(page, 'a recording that was changed');
  await shot('check_damaged');
  await ask('ok');
  expectEqual(await check.locator('.findings').count(), 0, 'places of what was put back');
  await page.click('[data-tab=consent]');
});

await test('who_agreed_and_who_took_it_back', async () => {
  const people = await page.locator('.consent-row').allInnerTexts();
  expect(/Ann Agent\s+Agreed/.test(people[0]), people[0]);
  expect(/Bea\s+Took it back/.test(people[1]) && /Took it back on/.test(people[1]), people[1]);
});

await test('it_proves_itself_and_an_export_that_fails_can_be_tried_again', async () => {
  await page.focus('[data-tab=consent]');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('.proof .banner.good');
  expect((await page.innerText('.facts')).includes(`oriel recordings verify ${idOf('12 Elm Street')}`), 'how to check it');
  fs.writeFileSync(dies, '');
  await page.click('[data-control=export-stage]');
  await page.waitForSelector('[data-export][data-state=failed]:has-text("It could not be made. Try again.")', { timeout: 30000 });
  await accessible(page, 'an export that failed');
  await shot('export_failed');
  await page.click('[data-state=failed] button');
  await page.waitForSelector('[data-export]', { state: 'detached' });
  fs.rmSync(dies);
  await page.click('[data-control=export-faces]'); // which takes a while, and goes on meanwhile
});

await test('on_hold_it_cannot_be_deleted', async () => {
  await page.click('[data-tab=retention]');
  await page.waitForSelector('text=Kept for 90 days');
  await page.click('[data-control=hold]');
  await page.fill('dialog input', 'a court asks');
  await accessible(page, 'a question', { within: 'dialog' });
  await page.click('dialog [data-choice=yes]');
  await page.waitForSelector('.held:has-text("On hold by olga")');
  expectEqual(await page.locator('[data-control=shred]').count(), 0, 'no way to delete it');
  await page.click('[data-control=hold]');
  await page.click('dialog [data-choice=yes]');
  await page.waitForSelector('[data-control=shred]');
  await accessible(page, 'retention');
  await shot('retention');
});

await test('an_export_is_taken_along', async () => {
  await page.click('[data-tab=proof]');
  await page.waitForSelector('[data-export][data-state=done] a[download]', { timeout: 90000 });
  await accessible(page, 'proof and export');
  const file = page.waitForEvent('download');
  await page.click('[data-export] a[download]');
  expectEqual((await file).suggestedFilename(), '12 Elm Street.mp4', 'its name');
  await (await file).cancel();
});

await test('who_looked_and_what_was_done_is_listed', async () => {
  await page.click('[data-tab=access]');
  await page.waitForSelector('.acts [data-what="export.download"]:has-text("Downloaded a film")');
  const acts = await page.locator('.acts li').allInnerTexts();
  expect(acts.some((text) => /^Had a film made/.test(text)) && acts.some((text) => /^Watched it/.test(text)) && acts.every((text) => text.includes('olga')), acts.join(' | '));
  await accessible(page, 'who looked');
  await shot('access');
});

await test('one_person_is_deleted_and_the_rest_stays', async () => {
  await page.click('[data-tab=retention]');
  await page.click('[aria-label="Delete Bea from this recording"]');
  expect((await page.innerText('dialog')).includes('can still be seen and heard'), 'what stays is said');
  await page.fill('dialog input', 'Bea');
  await page.click('dialog [data-choice=yes]');
  await page.waitForSelector('.toast:has-text("Bea is deleted from this recording.")');
  await page.waitForFunction(() => document.querySelector('oriel-player').tracks().every((track) => track.participant !== 'Bea'));
  await page.waitForFunction(() => document.querySelector('oriel-player').playback?.state === 'ready');
  expect(!(await page.innerText('.recording')).includes('lovely'), 'what was written is gone');
  await page.click('[data-tab=consent]');
  await page.waitForSelector('.consent-row:has-text("Deleted person")');
  await accessible(page, 'a recording without a person');
});

await test('a_link_that_expires_is_said_and_another_one_goes_on', async () => {
  const other = await newPage();
  const expired = errors.length;
  const short = mint({ role: 'ops', sub: 'olga', tour: undefined, ttl: 5 });
  await other.goto(`${base}/ops?recording=${idOf('12 Elm Street')}&t=3#${short}`);
  await other.waitForFunction(() => document.querySelector('oriel-player')?.playback?.state === 'ready');
  await until(async () => {
    await other.click('[data-control=refresh]');
    return other.locator('.refused').isVisible();
  }, 'that it has expired');
  expect(/Your link has expired/.test(await other.innerText('.refused')), 'in words');
  expect(await other.isVisible('.player video'), 'what is open stays');
  await accessible(other, 'a link that has expired');
  await shot('expired', other);
  await other.fill('.refused input', `${base}/ops#${opsToken}`);
  await other.click('.refused button');
  await other.waitForSelector('.refused', { state: 'detached' });
  await other.waitForFunction(() => Math.abs((document.querySelector('oriel-player')?.playback?.now ?? 0) - 3) < 0.3);
  await other.close();
  for (let i = errors.length - 1; i >= expired; i--) { // the browser's own word for 401
    /status of 401/.test(errors[i]) && errors.splice(i, 1);
  }
});

await test('on_a_phone_the_list_and_what_is_open_take_turns', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${base}/ops?recording=${idOf('7 Oak Lane')}&t=2#${opsToken}`);
  await page.waitForFunction(() => document.querySelector('oriel-player')?.playback?.state === 'ready');
  expect(Math.abs(await now() - 2) < 0.2, `where the link leads: ${await now()}`);
  expect(!await page.locator('.library').isVisible(), 'only the recording');
  await shot('phone_recording');
  await accessible(page, 'a recording on a phone');
  expectEqual((await smallTargets(page)).join(), '', 'small targets');
  for (const [name, there] of [['access', '.acts li'], ['retention', '[data-control=shred]']]) { // the last ones, beyond the edge at first
    await page.click(`[data-tab=${name}]`);
    await page.waitForSelector(there);
    await page.evaluate((n) => document.querySelector(`[data-tab=${n}]`).scrollIntoView({ block: 'start' }), name);
    await accessible(page, `${name} on a phone`);
    expectEqual((await smallTargets(page)).join(), '', `small targets: ${name}`);
    expect(await page.evaluate((n) => {
      const { left, right } = document.querySelector(`[data-tab=${n}]`).getBoundingClientRect();
      return left >= 0 && right <= innerWidth && document.documentElement.scrollWidth <= innerWidth;
    }, name), `${name} is seen whole, and nothing is beyond the edge`);
    await shot(`phone_${name}`);
    await page.emulateMedia({ forcedColors: 'active' });
    await accessible(page, `${name} on a phone without colours`, { except: ['color-contrast'] });
    await shot(`phone_${name}_forced`);
    await page.emulateMedia({ forcedColors: 'none' });
  }
  await page.click('[data-control=back]');
  await page.waitForSelector('.library');
  await page.waitForFunction((id) => document.activeElement?.closest('[data-recording]')?.dataset.recording === id, idOf('7 Oak Lane'));
  await shot('phone_list');
  await accessible(page, 'the list on a phone');
  const order = await tabOrder(page, 80);
  expectEqual(order.filter((name) => /^\w+ $/.test(name)).join(), '', 'controls without a name');
});

await test('nothing_breaks_from_right_to_left_or_with_large_text', async () => {
  const fits = (what) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    .then((wide) => expect(wide <= 0, `${what}: ${wide} px beyond the edge`));
  await page.goto(`${base}/ops?recording=${idOf('7 Oak Lane')}#${opsToken}`);
  await page.waitForSelector('.player video');
  for (const [what, size] of [['phone', { width: 360, height: 640 }], ['landscape', { width: 844, height: 390 }], ['desktop', { width: 1440, height: 900 }]]) {
    await page.setViewportSize(size);
    await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await fits(`${what} from right to left`);
    await shot(`rtl_${what}`);
    await page.evaluate(() => { document.documentElement.dir = ''; document.documentElement.style.fontSize = '200%'; });
    await fits(`${what} with large text`);
    await shot(`large_${what}`);
    await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
  }
  await page.setViewportSize({ width: 720, height: 450 }); // 1440x900 at 200 %
  await fits('twice as large');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ forcedColors: 'active' });
  await accessible(page, 'forced colours');
  await shot('forced');
  await page.emulateMedia({ forcedColors: null });
});

await test('what_is_being_recorded_goes_on_by_itself_at_its_end', async () => {
  await page.goto(`${base}/ops?recording=${idOf('3 River Road')}#${opsToken}`);
  await page.waitForFunction(() => document.querySelector('oriel-player')?.playback?.state === 'ready');
  await page.evaluate(() => { document.querySelector('.player video').muted = true; });
  await page.focus('.timeline [role=slider]');
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.querySelector('oriel-player').playback.state === 'ready');
  await page.keyboard.press('k');
  await page.waitForSelector('.cover:has-text("This is all there is so far.")');
  const edge = await now();
  await page.waitForFunction((t) => document.querySelector('oriel-player').playback.now > t + 1, edge, { timeout: 40000 });
  await page.goto(`${base}/ops?recording=${idOf('7 Oak Lane')}#${opsToken}`);
  await page.waitForSelector('.player video');
});

await test('a_passage_is_removed_and_the_player_says_so', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${base}/ops?recording=${idOf('7 Oak Lane')}#${opsToken}`);
  await page.waitForFunction((id) => document.querySelector('oriel-player')?.recording.id === id && document.querySelector('oriel-player').playback?.state === 'ready', idOf('7 Oak Lane'));
  await page.click('[data-tab=retention]');
  const form = page.locator('.redaction');
  await form.locator('[data-control=redact]').click();
  await form.locator('.need:has-text("Write times like 00:42")').waitFor();
  expectEqual(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'from', 'the focus is where something lacks');
  const { first, length } = await page.evaluate(() => {
    const { playback } = document.querySelector('oriel-player');
    return { first: playback.first(), length: playback.length };
  });
  const at = Math.min(Math.ceil(first) + 5, Math.floor(length) - 1); // pieces have 4 s at most: not the first
  const time = (s) => `00:${String(s).padStart(2, '0')}`;
  await page.evaluate((s) => document.querySelector('oriel-player').seek(s), at);
  await form.locator(`[data-control=from-here]:has-text("${time(at)}")`).press('Enter');
  expectEqual(await form.locator('[name=from]').inputValue(), time(at), 'from the player');
  await form.locator('[name=to]').fill(`0:${String(at).padStart(2, '0')},5`);
  await form.locator('.tick input').first().press('Space');
  await form.locator('text=can still be seen and heard').waitFor();
  await form.locator('.tick input').first().press('Space');
  await page.setViewportSize({ width: 390, height: 844 });
  await form.locator('.moments').scrollIntoViewIfNeeded();
  await shot('passage_phone');
  expectEqual(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'wider than a phone');
  await page.setViewportSize({ width: 1440, height: 900 });
  await accessible(page, 'a passage that is to be removed');
  expectEqual((await smallTargets(page)).join(), '', 'small targets');
  await shot('passage');
  await form.locator('[name=to]').press('Enter');
  const text = await page.innerText('dialog');
  expect(text.includes(`Remove ${time(at)} to ${time(at + 1)} for ever?`) && text.includes('everything that was recorded then') && text.includes('What stays:'), text);
  expect(await page.isDisabled('dialog [data-choice=yes]'), 'a reason is wanted');
  await page.fill('dialog input', 'an account number was read out');
  await accessible(page, 'the question', { within: 'dialog' });
  await shot('passage_sure');
  await page.click('dialog [data-choice=yes]');
  await page.waitForSelector('.toast:has-text("The passage is removed.")');
  await page.waitForFunction(() => document.querySelectorAll('.removed li').length >= 3); // the programme, and Otto's two
  await page.waitForSelector('.cover:has-text("This was removed for ever")');
  await accessible(page, 'what was removed');
  await page.locator('.player').scrollIntoViewIfNeeded();
  await shot('passage_removed');
  const gap = await page.evaluate(() => document.querySelector('oriel-player').gaps().find((g) => g.cause === 'redacted'));
  expect(gap.start <= at && gap.end >= at + 0.5, JSON.stringify(gap));
  expectEqual(await now(), at, 'one stays where one was');
  await page.evaluate((s) => {
    const player = document.querySelector('oriel-player');
    player.seek(Math.max(player.playback.first(), s - 1));
    player.playback.toggle();
  }, gap.start);
  await page.waitForFunction((end) => {
    const { playback } = document.querySelector('oriel-player');
    return playback.now >= end || playback.state === 'ended';
  }, gap.end);
  gap.end < length - 0.5 && await page.waitForSelector('.toast:has-text("that was removed")'); // else it was the end
  await page.evaluate(() => document.querySelector('.player video').pause());
  await page.locator('.removed').scrollIntoViewIfNeeded();
  await shot('passage_list');
  await page.click('[data-tab=access]');
  await page.waitForSelector('.acts li:has-text("Cut something out"):has-text("an account number was read out")');
});

await test('deleting_needs_its_title_and_is_for_ever', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.click('[data-tab=retention]');
  await page.click('[data-control=shred]');
  await page.fill('dialog input', '7 Oak');
  expect(await page.isDisabled('dialog [data-choice=yes]'), 'not yet');
  await page.keyboard.press('Enter');
  expect(await page.isVisible('dialog'), 'nor by Enter');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.click('[data-control=shred]');
  await page.fill('dialog input', '7 Oak Lane');
  await page.click('dialog [data-choice=yes]');
  await page.waitForSelector('.toast:has-text("“7 Oak Lane” is deleted.")');
  await page.waitForSelector(`[data-recording="${idOf('7 Oak Lane')}"] [data-state=shredded]`);
  await page.waitForSelector('.nothing-open');
});

await test('a_link_without_a_token_takes_ones_own', async () => {
  const other = await newPage();
  await other.goto(`${base}/ops?recording=${idOf('12 Elm Street')}`);
  await other.waitForSelector('h1:has-text("This link is incomplete")');
  await accessible(other, 'a link without a token');
  await other.fill('input', `${base}/ops#${opsToken}`);
  await other.click('button.primary');
  await other.waitForSelector('.recording h1:has-text("12 Elm Street")');
  await other.close();
});

await test('in_german_and_by_night', async () => {
  const other = await newPage();
  await other.setExtraHTTPHeaders({ 'Accept-Language': 'de-AT' });
  await other.addInitScript(() => Object.defineProperty(navigator, 'languages', { get: () => ['de-AT'] }));
  await other.emulateMedia({ colorScheme: 'dark' });
  await other.goto(`${base}/ops?recording=${idOf('12 Elm Street')}#${opsToken}`);
  await other.waitForSelector('.recording h2:has-text("Gesagt und gefragt")');
  await other.waitForFunction(() => document.querySelector('oriel-player').playback?.state === 'ready');
  await accessible(other, 'a recording by night');
  await shot('night', other);
  await other.close();
});

await test('no_errors_on_any_console', () => expectEqual(errors.join('\n'), '', 'errors'));
await endTour(live.agent);
await browser.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
