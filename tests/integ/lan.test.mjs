// `serve --lan ADDRESS`: a certificate of its own, https links, media on that address; a phone in a
// narrow window joins. 127.0.0.2 stands for the machine's address on the network.
import { launchChromium, inbound } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { firstFrame, joinTour } from './lib/tour.mjs';

const ADDRESS = '127.0.0.2';
const dir = tempDir();
const config = await writeConfig(dir);
const server = await new Server([ORIEL, 'serve', '-c', config, '--lan', ADDRESS]).ready;
const flags = [`--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${ADDRESS}`];
const desk = await launchChromium({ flags, ignoreHTTPSErrors: true });
const phone = await launchChromium({ flags, ignoreHTTPSErrors: true,
  viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
const agent = phone.pages()[0];
const buyer = desk.pages()[0];

await test('the_links_are_https_and_name_the_address', () => {
  for (const url of Object.values(server.urls)) {
    expect(url.startsWith(`https://${ADDRESS}:`), url);
  }
});

await test('an_agent_on_a_phone_and_a_buyer_meet', async () => {
  await joinTour(agent, server.urls.agent, { name: 'Phone' });
  await joinTour(buyer, server.urls.buyer, { camera: false });
  await firstFrame(buyer);
  await until(async () => (await inbound(buyer)).frames > 30, 'the picture to move');
});

await test('nothing_is_cut_off_at_phone_width', async () => {
  const wide = await agent.evaluate(() => document.documentElement.scrollWidth);
  expectEqual(wide, 390, 'width of the page');
  const off = await agent.evaluate(() => [...document.querySelectorAll('.controls button')]
    .filter((b) => b.offsetParent).filter((b) => {
      const r = b.getBoundingClientRect();
      return r.left < 0 || r.right > innerWidth || r.bottom > innerHeight || r.height < 40;
    }).map((b) => b.dataset.control));
  expectEqual(off.join(), '', 'controls out of reach');
});

await test('everything_can_be_reached_by_keyboard', async () => {
  const reached = new Set();
  for (let i = 0; i < 20; i++) {
    await buyer.keyboard.press('Tab');
    reached.add(await buyer.evaluate(() => document.activeElement?.dataset?.control ?? ''));
  }
  for (const control of ['microphone', 'camera', 'people', 'leave']) {
    expect(reached.has(control), `${control} is not reached by Tab`);
  }
  await buyer.focus('[data-control=people]');
  await buyer.keyboard.press('Enter');
  await buyer.waitForSelector('oriel-sheet[open] .people');
});

await desk.close();
await phone.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
