// The pages when things go differently: bad links, no camera, another window, a lost server.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inbound, launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';

const dir = tempDir();
const runtime = tempDir('/dev/shm'); // what outlives the process
const config = await writeConfig(dir, (c) => { c.runtime_dir = runtime; });
let server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const base = new URL(server.urls.agent).origin;
const token = (role, tour, ...more) => execFileSync(ORIEL,
  ['token', '-c', config, '--role', role, '--tour', tour, ...more], { cwd: ROOT, encoding: 'utf8' }).trim();
const browser = await launchChromium();
const page = browser.pages()[0];
const errors = [];

async function open(url, target = page) {
  await target.goto('about:blank');
  await target.goto(url);
}

const heading = (text, target = page, more = {}) => target.waitForSelector(`.notice h1:has-text("${text}")`, more);

function noteErrors(target) {
  target.on('pageerror', (e) => errors.push(e.message));
  target.on('console', (m) => m.type() === 'error' && /Content Security Policy/.test(m.text()) && errors.push(m.text()));
}
noteErrors(page);

/** In a tour of a server of its own, which goes for good: a page tries for a minute, and meanwhile the other
 *  tests run. When it says that it has given up. */
async function staysAway() {
  const other = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir())]).ready;
  const left = await browser.newPage();
  noteErrors(left);
  await joinTour(left, other.urls.buyer, { camera: false });
  await other.stop('SIGKILL');
  await left.waitForSelector('.tour[data-link=reconnecting]');
  return { told: heading('The connection was lost', left, { timeout: 90000 }) };
}

const { told } = await staysAway();
told.catch(() => {}); // its test says so

await test('links_that_cannot_work_say_why', async () => {
  await open(`${base}/t/demo`);
  await page.waitForSelector('.notice:has-text("The link is incomplete")');
  await open(`${base}/t/demo#nonsense`);
  await heading('This link does not work');
  await open(`${base}/t/demo#${token('buyer', 'demo', '--ttl', '1')}`);
  await page.waitForSelector('form.prejoin');
  await open(`${base}/ops`);
  await heading('This link is incomplete');
  await open(`${base}/ops#${token('buyer', 'demo')}`);
  await heading('The recordings cannot be shown');
});

await test('the_front_page_takes_a_link', async () => {
  await open(`${base}/`);
  await page.fill('input', 'hello');
  await page.click('button');
  await page.waitForSelector('.problem:has-text("not a link")');
  await page.fill('input', server.urls.buyer);
  await page.click('button');
  await page.waitForSelector('form.prejoin');
});

await test('a_recorded_tour_needs_consent', async () => {
  await open(server.urls.buyer);
  await page.waitForSelector('form.prejoin');
  await page.click('form.prejoin button[type=submit]');
  expect(await page.evaluate(() => !document.querySelector('form.prejoin').checkValidity()), 'the form is incomplete');
  expect(!(await page.$('.tour')), 'not joined');
});

await test('a_buyer_who_is_early_waits_and_gets_in_by_himself', async () => {
  await open(`${base}/t/early#${token('buyer', 'early', '--name', 'Eve')}`);
  await heading('The tour has not started yet');
  const agent = await browser.newPage();
  await joinTour(agent, `${base}/agent/early#${token('agent', 'early', '--name', 'Ann')}`);
  await page.waitForSelector('form.prejoin');
  await agent.close();
});

await test('without_a_camera_one_can_still_join', async () => {
  const blind = await launchChromium({ flags: ['--deny-permission-prompts'],
    ignoreDefaultArgs: ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=fps=30'] });
  const person = blind.pages()[0];
  await person.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException('no', 'NotFoundError');
    };
  });
  await open(server.urls.buyer, person);
  await person.click('[data-device=camera]');
  await person.waitForSelector('.problem:has-text("None was found")');
  await joinTour(person, server.urls.buyer, { camera: false });
  await blind.close();
});

await test('a_second_window_takes_the_seat_over_if_that_is_wanted', async () => {
  await open(server.urls.buyer);
  await joinTour(page, server.urls.buyer, { camera: false });
  const second = await browser.newPage();
  await open(server.urls.buyer, second);
  await second.waitForSelector('form.prejoin');
  await second.check('input[name=consent]');
  await second.click('form.prejoin button[type=submit]');
  await second.click('dialog [data-choice=take_over]');
  await second.waitForSelector('.tour');
  await heading('You joined from another window');
  await until(() => second.evaluate(() => window.oriel.roster().filter((p) => p.role === 'buyer').length === 1),
    'one seat, no ghost');
  await second.close();
});

await test('leaving_and_coming_back', async () => {
  await open('about:blank');
  await joinTour(page, server.urls.buyer, { camera: false });
  await page.click('[data-control=leave]');
  await heading('You left the tour');
  await page.click('.notice button');
  await page.waitForSelector('form.prejoin');
});

await test('a_link_that_ran_out_throws_nobody_out_and_a_host_can', async () => {
  const own = await writeConfig(tempDir(), (c) => { c.auth.leeway_s = 0; });
  const other = await new Server([ORIEL, 'serve', '-c', own]).ready;
  const link = execFileSync(ORIEL, ['token', '-c', own, '--role', 'buyer', '--tour', 'demo', '--sub', 'guest', '--ttl', '8'],
    { cwd: ROOT, encoding: 'utf8' }).trim();
  const agent = await browser.newPage();
  await joinTour(agent, other.urls.agent);
  await open('about:blank');
  await joinTour(page, `${new URL(other.urls.agent).origin}/t/demo#${link}`, { camera: false });
  const me = () => page.evaluate(() => ({ id: window.oriel.me.id, secret: window.oriel.resumeToken }));
  const first = await me();
  const door = new URL('/whep/demo', other.urls.agent);
  await until(async () => (await fetch(door, { method: 'POST', headers: { authorization: `Bearer ${link}` } })).status === 401,
    'the link to run out');
  for (let i = 0; i < 2; i++) { // the second time with the secret that the first resume told
    const before = await me();
    await page.evaluate(() => window.oriel.signal.socket.close());
    await until(async () => (await me()).secret !== before.secret, 'the seat to be resumed');
  }
  await page.waitForFunction(() => document.querySelector('.link-state').textContent === '');
  expectEqual((await me()).id, first.id, 'the same person');
  await agent.evaluate((id) => window.oriel.remove(id), first.id);
  await heading('You were removed from the tour');
  await agent.close();
  expectEqual((await other.stop()).code, 0, 'exit status');
});

await test('a_restarted_server_finds_everybody_back_by_themselves', async () => {
  const agent = await browser.newPage();
  await joinTour(agent, server.urls.agent);
  await open('about:blank');
  await joinTour(page, server.urls.buyer, { camera: false });
  await firstFrame(page);
  const files = fs.readdirSync(runtime).sort().map((file) => (
    `${file.replace(/tours-\d/, 'tours')} ${(fs.statSync(path.join(runtime, file)).mode & 0o777).toString(8)}`));
  expectEqual(files.filter((file) => /^(tours|worker-0)/.test(file)).join(), 'tours.log 600,worker-0.live 600', 'its files');
  expectEqual(await server.metric('oriel_media_peers_unkept_total'), 0, 'sessions that are not kept');
  expectEqual(await server.metric('oriel_live_found_sessions'), 0, 'sessions found at the first start');
  const fingerprint = () => page.evaluate(() => /fingerprint:(\S+ \S+)/.exec(window.oriel.session.pc.remoteDescription.sdp)[1]);
  const certificate = await fingerprint();
  await server.stop('SIGKILL');
  await page.waitForSelector('.tour[data-link=reconnecting]');
  server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  const found = await server.metric('oriel_live_found_sessions');
  expect(found >= 2, `both sessions were kept, and ${found} found`);
  expectEqual(await server.metric('oriel_live_dropped'), 0, 'sessions that cannot be read');
  expect(server.log.some((line) => line.includes('live_state_found')), 'the log says so');
  const before = await inbound(page);
  await until(async () => {
    const pc = await page.evaluate(() => window.oriel.session?.pc.connectionState);
    const now = await inbound(page);
    return pc === 'connected' && now.frames > 20 && now.frames !== before.frames;
  }, 'the picture to be back');
  expectEqual(await fingerprint(), certificate, 'the certificate after the restart');
  await page.waitForFunction(() => document.querySelector('.link-state').textContent === '');
  await agent.close();
});

await test('a_server_that_stays_away_is_told', () => told);

await test('no_script_error_and_no_breach_of_the_content_policy', () => {
  expectEqual(errors.join('\n'), '', 'errors');
});

await browser.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
  expectEqual(fs.readdirSync(runtime).join(), '', 'what is left of its sessions');
});
finish();
