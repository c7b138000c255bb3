// The whole product once, as a person meets it: `./dev run`, the three printed links, real browsers.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium, inbound } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { playAndSeek } from './lib/playback.mjs';
import { ROOT, Server, tokenOf } from './lib/server.mjs';
import { endTour, firstFrame, joinInFirefox, joinTour, listRecordings, untilComplete, untilStage } from './lib/tour.mjs';

const server = new Server([path.join(ROOT, 'dev'), 'run'], { readyMs: 900000 });
await server.ready;
const { urls } = server;
const opsToken = tokenOf(urls.ops);
const before = (await listRecordings(urls.ops, opsToken)).length;

const agentBrowser = await launchChromium();
const buyerBrowser = await launchChromium();
const agent = agentBrowser.pages()[0];
const buyer = buyerBrowser.pages()[0];
let recording;

await test('agent_and_buyer_join_and_the_buyer_sees_and_hears', async () => {
  await joinTour(agent, urls.agent);
  await joinTour(buyer, urls.buyer, { name: 'Bea', camera: false });
  const { ms, width } = await firstFrame(buyer);
  console.log(`# first frame after ${Math.round(ms)} ms, ${width} pixels wide`);
  expect(ms < 2000, `the first frame took ${ms} ms`);
  const first = await inbound(buyer);
  await until(async () => {
    const now = await inbound(buyer);
    return now.frames > first.frames + 30 && now.energy > first.energy;
  }, 'frames decoded and audio energy to rise');
});

await test('the_recording_sign_is_on', async () => {
  await buyer.waitForSelector('.rec:has-text("Recording")');
});

await test('screen_share_takes_the_stage_and_gives_it_back', async () => {
  await agent.click('[data-control=screen]');
  await untilStage(buyer, 'screen');
  const first = await inbound(buyer);
  await until(async () => (await inbound(buyer)).frames > first.frames + 20, 'the screen to move');
  await agent.click('[data-control=screen]');
  await untilStage(buyer, 'camera');
});

await test('a_buyer_who_speaks_up_is_seen_by_the_agent', async () => {
  await buyer.click('[data-control=camera]');
  await buyer.click('[data-control=microphone]');
  await until(async () => (await inbound(agent)).frames > 10, 'the agent to see the buyer');
});

await test('negotiationneeded_never_fired', async () => {
  for (const page of [agent, buyer]) {
    expectEqual(await page.evaluate(() => window.renegotiations), 0, 'renegotiations');
  }
});

await test('a_lost_signalling_connection_keeps_the_seat', async () => {
  const id = await buyer.evaluate(() => window.oriel.me.id);
  await buyer.evaluate(() => window.oriel.signal.socket.close(4999));
  await until(() => buyer.evaluate(() => window.oriel.signal.socket.readyState === 1), 'a new connection');
  await until(() => buyer.evaluate((me) => window.oriel.me.id === me
    && window.oriel.roster().filter((p) => p.link === 'ok').length === 2, id), 'the same seat');
});

await test('ending_the_tour_ends_it_for_all', async () => {
  await endTour(agent);
  await buyer.waitForSelector('.notice h1:has-text("The tour has ended")');
});

await test('the_recording_is_listed_plays_and_seeks_in_chromium', async () => {
  recording = await untilComplete(urls.ops, opsToken, before);
  await agent.goto(urls.ops);
  await agent.click(`[data-recording="${recording.id}"] a`);
  await agent.waitForSelector('.player video');
  await playAndSeek((run, argument) => agent.evaluate(run, argument));
});

await test('no_plain_byte_of_it_is_on_disk', async () => {
  const response = await fetch(new URL(`/v1/recordings/${recording.id}/programme/0.webm`, urls.ops),
    { headers: { authorization: `Bearer ${opsToken}` } });
  const file = Buffer.from(await response.arrayBuffer());
  expect(file.length > 100000, `the programme has only ${file.length} bytes`);
  const stored = filesBelow(path.join(ROOT, 'var')).map((f) => fs.readFileSync(f));
  expect(stored.length > 3, 'var/ holds objects');
  for (let i = 0; i < 100; i++) {
    const at = crypto.randomInt(file.length - 16);
    const window = file.subarray(at, at + 16);
    expect(!stored.some((s) => s.includes(window)), `bytes at ${at} are stored in clear`);
  }
});

await agentBrowser.close();
await buyerBrowser.close();

await test('firefox_joins_sees_and_plays_the_recording', async () => {
  const chromium = await launchChromium();
  const host = chromium.pages()[0];
  const firefox = await launchFirefox();
  try {
    await joinTour(host, urls.agent);
    const page = await firefox.newPage();
    await joinInFirefox(page, urls.buyer);
    const ms = await until(() => page.evaluate(() => {
      const video = document.querySelector('.stage video');
      return video?.videoWidth > 0 && !video.hidden && performance.now() - window.joinedAt;
    }), 'a picture in Firefox');
    console.log(`# Firefox: first frame after ${Math.round(ms)} ms`);
    const first = await inbound(page);
    await until(async () => {
      const now = await inbound(page);
      return now.frames > first.frames + 150 && now.energy > first.energy;
    }, 'five seconds of frames, and sound, in Firefox');
    await endTour(host);
    const done = await untilComplete(urls.ops, opsToken, before + 1);
    await page.goto(urls.ops);
    await page.waitForSelector(`[data-recording="${done.id}"] a`);
    await page.click(`[data-recording="${done.id}"] a`);
    await page.waitForSelector('.player video');
    await playAndSeek((run, argument) => page.evaluate(run, argument));
  } finally {
    await chromium.close();
    await firefox.close();
  }
});

await test('the_server_ends_in_good_order', async () => {
  const { code } = await server.stop();
  expectEqual(code, 0, 'exit status');
});

finish();

function filesBelow(dir) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((e) =>
    (e.isDirectory() ? filesBelow(path.join(dir, e.name)) : [path.join(dir, e.name)]));
}
