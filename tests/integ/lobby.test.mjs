// A tour with a lobby, as two people and their browsers meet it: the buyer waits, sees and hears nothing,
// is let in and gets the picture; who is removed comes back by no door.
import fs from 'node:fs';
import path from 'node:path';
import { inbound, launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { endTour, firstFrame, joinTour } from './lib/tour.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'whoever waits shall see and hear nothing';
const mint = minter(SECRET, { tour: 'shown' });
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');

const server = new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.media = { address: '127.0.0.1', port: 0 };
  c.tours = [{ name: 'shown', title: '12 Elm Street', record: 'off', lobby: true, property: { id: 4711 } },
    { name: 'demo' }];
})]);
await server.ready;
const base = new URL(server.urls.agent).origin;
const link = (page, claims) => `${base}/${page}/shown#${mint(claims)}`;

const hostBrowser = await launchChromium();
const guestBrowser = await launchChromium();
const host = hostBrowser.pages()[0];
const guest = guestBrowser.pages()[0];
const bob = { sub: 'bob', name: 'Bob' };

/** Fills in the form and presses Join; the page then waits for whoever hosts, by name where somebody does. */
async function knock(page, claims, who = 'The host') {
  await page.goto('about:blank'); // another fragment alone would load nothing
  await page.goto(link('t', claims));
  await page.waitForSelector('form.prejoin');
  await page.evaluate(() => {
    window.told = [];
    const { use } = window.oriel;
    window.oriel.use = function watched(signal) {
      signal.addEventListener('message', (e) => window.told.push(e.detail.type));
      return use.call(this, signal);
    };
    window.oriel.signal.addEventListener('message', (e) => window.told.push(e.detail.type));
    document.querySelector('form.prejoin').addEventListener('submit', () => {
      window.joinedAt = performance.now();
    }, { capture: true });
  });
  await page.click('form.prejoin button[type=submit]');
  await page.waitForSelector(`.notice h1:has-text("${who} will let you in")`);
}

const told = (page) => page.evaluate(() => window.told);
const sessionsNow = () => server.metric('oriel_signaling_sessions');

await test('a_guest_waits_before_the_host_is_there', async () => {
  await knock(guest, bob);
  await guest.waitForSelector('.notice p:has-text("The host is not here yet")');
  expectEqual(await sessionsNow(), 0, 'sessions of media');
});

await test('the_host_sees_who_waits_and_the_guest_nothing_of_the_tour', async () => {
  await joinTour(host, link('agent', { role: 'agent', sub: 'ann', name: 'Ann' }));
  expectEqual(await host.evaluate(() => window.oriel.tour.property.id), 4711, 'the property');
  await host.waitForSelector('[data-waiting] .name:has-text("Bob")');
  await until(async () => host.evaluate(() => window.oriel.me.id
    && window.oriel.participants.get(window.oriel.me.id)?.sources.camera === 'on'), 'the host on camera');
  await pause(1000); // in which nothing may come
  expectEqual((await told(guest)).join(), '', 'what the guest was told');
  expectEqual(await guest.evaluate(() => window.oriel.session), null, 'the peer connection of the guest');
  expectEqual((await inbound(guest)).packets, 0, 'packets');
  expectEqual(await sessionsNow(), 1, 'sessions of media');
  expectEqual(await host.evaluate(() => window.oriel.roster().length), 1, 'the roster');
});

await test('a_lost_connection_keeps_the_place_in_the_lobby', async () => {
  const id = await guest.evaluate(() => window.oriel.me.id);
  await guest.evaluate(() => {
    window.RealSocket = window.WebSocket;
    window.WebSocket = class extends window.RealSocket { constructor() { super('ws://127.0.0.1:9/'); } };
    window.oriel.signal.socket.close(4999);
  });
  await host.waitForSelector('[data-waiting] .meta:has-text("Reconnecting")'); // the host sees that nobody is there now
  await guest.evaluate(() => { window.WebSocket = window.RealSocket; });
  await until(() => guest.evaluate(() => window.oriel.signal.socket.readyState === 1), 'a new connection');
  await guest.waitForSelector('.notice p:has-text("Nobody sees or hears you yet")'); // resumed: the host is here
  expectEqual(await guest.evaluate(() => window.oriel.me.id), id, 'the participant');
  expectEqual(await host.locator('[data-waiting]').count(), 1, 'people who wait');
  await host.waitForSelector('[data-waiting]:not(:has(.meta))');
});

await test('who_is_let_in_gets_picture_and_sound', async () => {
  await guest.evaluate(() => { window.admittedAt = 0; window.oriel.addEventListener('admitted', () => { window.admittedAt = performance.now(); }); });
  await host.click('[data-admit]:has-text("Let in")');
  await guest.waitForSelector('.tour');
  await firstFrame(guest);
  console.log(`# the first frame came ${Math.round(await guest.evaluate(() => performance.now() - window.admittedAt))} ms after the host let the guest in`);
  const first = await inbound(guest);
  await until(async () => {
    const now = await inbound(guest);
    return now.frames > first.frames + 30 && now.energy > first.energy;
  }, 'frames decoded and audio energy to rise');
  await until(() => host.evaluate(() => window.oriel.roster().length === 2), 'the guest on the roster');
  await host.waitForSelector('.waiting', { state: 'detached' });
});

await test('who_was_let_in_may_load_the_page_again', async () => {
  await guest.reload();
  await guest.waitForSelector('form.prejoin');
  await guest.click('form.prejoin button[type=submit]');
  await guest.waitForSelector('.tour');
  expectEqual(await host.locator('[data-waiting]').count(), 0, 'people who wait');
});

/** What each door says to a token of this sub: join, resume, WHIP, WHEP. */
async function doors(claims, secret) {
  const client = await WsClient.open(base);
  const join = await client.ask({ type: 'join', id: 1, token: mint(claims), offer: OFFER });
  const resume = await client.ask({ type: 'resume', id: 2, resume: secret });
  await client.close();
  const posted = [];
  for (const door of ['whip', 'whep']) {
    const answer = await fetch(`${base}/${door}/shown`, { method: 'POST', body: OFFER,
      headers: { authorization: `Bearer ${mint(claims)}`, 'content-type': 'application/sdp' } });
    posted.push(`${answer.status} ${(await answer.json()).code}`);
  }
  return [join.code ?? join.type, resume.code ?? resume.type, ...posted];
}

await test('who_is_removed_comes_back_by_no_door', async () => {
  const { id, secret } = await guest.evaluate(() => ({ id: window.oriel.me.id, secret: window.oriel.resumeToken }));
  await host.evaluate((p) => window.oriel.remove(p), id);
  await guest.waitForSelector('.notice h1:has-text("You were removed from the tour")');
  expectEqual((await doors(bob, secret)).join(), 'removed,resume_unknown,403 removed,403 removed', 'the doors');
});

await test('who_waits_enters_by_no_door_and_who_is_refused_neither', async () => {
  const cyd = { sub: 'cyd', name: 'Cyd' };
  await knock(guest, cyd, 'Ann');
  await host.waitForSelector('[data-waiting] .name:has-text("Cyd")');
  const secret = await guest.evaluate(() => window.oriel.resumeToken);
  for (const door of ['whip', 'whep']) {
    const answer = await fetch(`${base}/${door}/shown`, { method: 'POST', body: OFFER,
      headers: { authorization: `Bearer ${mint(cyd)}`, 'content-type': 'application/sdp' } });
    expectEqual(`${answer.status} ${(await answer.json()).code}`, '403 not_admitted', door);
  }
  await host.click('[data-remove]');
  await guest.waitForSelector('.notice h1:has-text("You were removed from the tour")');
  expectEqual((await doors(cyd, secret)).join(), 'removed,resume_unknown,403 removed,403 removed', 'the doors');
  expectEqual(await sessionsNow(), 1, 'sessions of media');
});

await test('who_waits_hears_of_the_end', async () => {
  await knock(guest, { sub: 'dan', name: 'Dan' }, 'Ann');
  await host.waitForSelector('[data-waiting] .name:has-text("Dan")');
  await endTour(host);
  await guest.waitForSelector('.notice h1:has-text("The tour has ended")');
  expectEqual((await told(guest)).join(), 'tour_ended', 'what the guest was told');
});

await hostBrowser.close();
await guestBrowser.close();
const { code } = await server.stop();
await test('the_server_ends_in_good_order', async () => expect(code === 0, `it ended with ${code}`));
finish();
