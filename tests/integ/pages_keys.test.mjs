// What Tab reaches, in which order and under which name, on every page and in every state of a tour: the lists are kept
// here, so that what is added, lost or renamed is seen.
import { tabOrder } from './lib/axe.mjs';
import { SLOW_CAMERA, launchChromium } from './lib/chromium.mjs';
import { expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { endTour, firstFrame, joinTour, listRecordings } from './lib/tour.mjs';
import { minter } from './lib/token.mjs';

const SECRET = 'everything has a name and its place in the row';
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  const [{ property }] = c.tours;
  c.tours = [{ name: 'demo', title: 'Demo', record: 'auto', property }, { name: 'lobby', record: 'off', lobby: true, property },
    { name: 'early', record: 'off', property }];
})]).ready;
const base = new URL(server.urls.agent).origin;
const mint = minter(SECRET);
const link = (claims) => `${base}/${claims.role === 'agent' ? 'agent' : 't'}/${claims.tour ?? 'demo'}#${mint(claims)}`;
const ANN = { role: 'agent', sub: 'ann', name: 'Ann' };
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const browser = await launchChromium({ flags: [SLOW_CAMERA, '--autoplay-policy=no-user-gesture-required'], viewport: DESK });

const PICTURE = 'group Picture. Plus and minus: nearer and farther.';
const OTHERS = 'group People in the tour';
const COUNT = 'button 2 people here';
const LIST = ['button Look again', 'input Search recordings', 'button Filter', 'a Demo'];

/** The page has these in this order, once round from its beginning. */
async function expectOrder(page, wanted, what) {
  await page.evaluate(() => document.activeElement?.blur());
  const order = (await tabOrder(page)).filter((at) => !/^button Go to \d/.test(at)) // how often somebody spoke
    .map((at) => at.replace(/ [A-Z]\w+ \d+, \d{4}, .*/, '').slice(0, 70)); // a day; the whole of a panel
  const from = order.indexOf(wanted[0]); // the browser goes on from where the focus was
  const round = from > 0 ? [...order.slice(from), ...order.slice(0, from)] : order;
  expectEqual(round.join('; '), wanted.join('; '), `the order of Tab, ${what}`);
}

const page = await browser.newPage();
const open = async (url, selector) => {
  await page.goto('about:blank');
  await page.goto(url);
  await page.waitForSelector(selector);
};

await test('pages_that_take_a_link', async () => {
  await open(`${base}/`, 'h1');
  await expectOrder(page, ['input Invitation link', 'button Continue'], 'the front page');
  await open(`${base}/nothing/here`, 'h1:has-text("There is nothing at this address")');
  await expectOrder(page, ['input Invitation link', 'button Continue'], 'where nothing is');
  await open(`${base}/t/demo#nonsense`, '.notice h1');
  await expectOrder(page, ['a Paste another link'], 'a link that does not work');
  await open(`${base}/ops`, 'h1');
  await expectOrder(page, ['input Your operations link', 'button Continue'], 'recordings without a token');
});

await test('before_the_tour', async () => {
  await open(link({ sub: 'bea' }), 'select[aria-label=Loudspeaker]');
  await expectOrder(page, ['input Your name', 'button Camera Off', 'button Microphone Off', 'button Loudspeaker Play a test sound',
    'select Loudspeaker', 'input This tour may be recorded: picture, sound and what is written. A',
    'button Check my connection', 'button Join the tour'], 'a buyer’s form');
  await open(link({ ...ANN, tour: 'early' }), 'select[aria-label=Microphone]');
  await page.waitForSelector('.preview video');
  await expectOrder(page, ['button Camera fake_device_0', 'button Microphone Fake Default Audio Input', 'select Microphone', 'button Loudspeaker Play a test sound',
    'select Loudspeaker', 'button Check my connection', 'button Start the tour'], 'an agent’s form');
  await open(link({ sub: 'bea', name: 'Bea', tour: 'lobby' }), 'form.prejoin');
  await page.click('form.prejoin button[type=submit]');
  await page.waitForSelector('.notice h1:has-text("will let you in")');
  await expectOrder(page, ['summary Check camera and sound', 'button Leave'], 'the lobby');
});

const agent = await browser.newPage();
await joinTour(agent, link(ANN));
await agent.waitForSelector('.controls.all');
const buyer = await browser.newPage();
await joinTour(buyer, link({ sub: 'bea', name: 'Bea' }), { camera: false });
await firstFrame(buyer);

await test('in_the_tour', async () => {
  await buyer.bringToFront();
  await expectOrder(buyer, [COUNT, PICTURE, OTHERS, 'tab Questions', 'button Close', 'tabpanel Questions', 'input Question', 'textarea Ask Ann',
    'button Send', 'button Mic', 'button Camera', 'button Share', 'button Hand', 'button Ask', 'button More',
    'button Leave'], 'a buyer at a desk');
  await buyer.setViewportSize(PHONE);
  await buyer.waitForSelector('.tour[data-layout=upright]');
  await expectOrder(buyer, [COUNT, 'button Leave', PICTURE, OTHERS, 'tab Questions', 'tabpanel Questions', 'input Question', 'textarea Ask Ann',
    'button Send', 'button Mic', 'button Camera', 'button Hand', 'button Ask', 'button More'], 'a buyer with a phone');
  await buyer.click('[data-control=more]');
  await buyer.waitForSelector('.more');
  await expectOrder(buyer, [COUNT, 'button Leave', PICTURE, OTHERS, 'tab Questions', 'tabpanel Questions', 'input Question', 'textarea Ask Ann',
    'button Send', 'button Mic', 'button Camera', 'button Hand', 'button Ask', 'button More', 'button Close',
    'group More', 'button Thumbs up', 'button Heart', 'button Applause', 'button Laughing', 'button Wow',
    'button Not clear', 'button I can’t hear', 'button Share your screen The host has not opened this for you.',
    'button Full screen', 'button Picture in a small window It stays in sight while you use somet',
    'button Do not record me Your voice and picture are left out from now o'], 'behind More');
  await buyer.keyboard.press('Escape');
  await agent.bringToFront();
  await expectOrder(agent, [COUNT, PICTURE, OTHERS, 'tab People', 'button Close', 'tabpanel People', 'button What you can do with Ann',
    'button What you can do with Bea', 'button Mic', 'button Camera', 'button Share', 'button End recording', 'button Point',
    'button Rooms', 'button Questions', 'button More', 'button Leave', 'button End tour'], 'the agent at a desk');
  await agent.setViewportSize(PHONE);
  await agent.waitForSelector('.controls.five');
  await expectOrder(agent, [COUNT, 'button Leave', PICTURE, 'button Point', OTHERS, 'tab People', 'tabpanel People',
    'button What you can do with Ann', 'button What you can do with Bea', 'button Mic', 'button Camera', 'button Room',
    'button Questions', 'button More'], 'the agent with a phone');
  await agent.setViewportSize(DESK);
  await agent.waitForSelector('.controls.all');
});

await test('after_the_tour', async () => {
  await buyer.bringToFront();
  await buyer.click('[data-control=leave]');
  await buyer.waitForSelector('.notice h1:has-text("You left the tour")');
  await expectOrder(buyer, ['button Join again'], 'who left');
  await agent.bringToFront();
  await endTour(agent);
  await expectOrder(agent, [], 'the agent who ended it');
});

await test('recordings', async () => {
  const ops = mint({ role: 'ops', sub: 'olga' });
  await until(async () => (await listRecordings(base, ops))[0]?.state === 'complete', 'a recording');
  await page.bringToFront();
  await open(`${base}/ops#${ops}`, '[data-recording]');
  await expectOrder(page, LIST, 'the list');
  await page.click('[data-recording] a');
  await page.waitForFunction(() => document.querySelector('oriel-player')?.playback?.state === 'ready');
  await expectOrder(page, [...LIST, 'button Copy link', 'button Play', 'slider Position', 'button Play', 'button 10 seconds back',
    'button 10 seconds on', 'button Turn sound off', 'input Volume', 'select Speed 0.5 × 0.75 × 1 × 1.25 × 1.5 × 2 × 2.5 × 3 ×',
    'button In a small window', 'button Switch letter keys off', 'button Full screen', 'select What to watch The tour, as shown Ann, microphone Ann, camera',
    'summary Who spoke when', 'input Search in this recording', 'button All', 'button Questions', 'button Messages',
    'button Rooms', 'tab Consent', 'tabpanel Who agreed to being recorded, in the order in which they came'], 'a recording that is open');
});

await browser.close();
await test('the_server_ends_in_good_order', async () => expectEqual((await server.stop()).code, 0, 'exit status'));
finish();
