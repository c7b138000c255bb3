// Paths: a client's network with IPv6 only, with both families, and one whose addresses change while
// it plays, each in a network of the test's own.
import { inbound, launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { firstFrame, joinInFirefox, joinTour, stageOf } from './lib/tour.mjs';
import { ServerNetwork, addAddress, enterClientNetwork, routeBy, setAddresses, takeAddress } from './lib/two_hosts.mjs';

if (!enterClientNetwork()) {
  await test('a_network_namespace', () =>
    console.log('# no network namespace here: clients with IPv6 only and with changing addresses NOT checked'));
  finish();
}

process.setMaxListeners(40); // each browser removes its profile at exit

const V4 = '10.77.0.2';
const MOBILE = '10.78.0.2'; // the server in another network
const V6 = 'fd77::2';
const PORT = 8080;
const base = `http://[${V6}]:${PORT}`;
const base4 = `http://${V4}:${PORT}`;
const network = await ServerNetwork.open([`${V4}/24`, `${MOBILE}/24`, `${V6}/64`]);
const server = await new Server(['nsenter', ...network.argv, ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.listen = { address: '::', port: PORT };
  c.public_url = base;
  c.media = { address: '::', port: 7000, workers: 1 };
})]).ready;
const flags = [`--unsafely-treat-insecure-origin-as-secure=${base},${base4}`,
  `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE ${V4}, EXCLUDE [${V6}], EXCLUDE ${V6}`];
const v4 = (url) => url.replace(base, base4);

/** The pair in use of a page's connection: {from, to} as addresses, and how SRTP is sealed. */
const pairOf = (page) => page.evaluate(async () => {
  const stats = await window.oriel.session.pc.getStats();
  const transport = [...stats.values()].find((s) => s.type === 'transport');
  const pair = stats.get(transport.selectedCandidatePairId);
  return { from: stats.get(pair.localCandidateId).address, to: stats.get(pair.remoteCandidateId).address,
    srtp: transport.srtpCipher };
});

/** Notes when each picture of the stage came, and what the page says of its link. */
const watch = (page) => page.evaluate(() => {
  const video = document.querySelector('.stage video');
  window.seen = { at: [performance.now()], link: [], words: [], sockets: [] };
  const note = () => {
    window.seen.at.push(performance.now());
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
  window.oriel.addEventListener('link', (e) => {
    window.seen.link.push([Math.round(performance.now()), e.detail]);
    setTimeout(() => window.seen.words.push(document.querySelector('.link-state').textContent)); // once it is drawn
  });
});

/** Notes what the WebSockets of a page do, [when, what]; before it is loaded. */
function watchSockets() {
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      const note = (what) => window.seen?.sockets.push([Math.round(performance.now()), what]);
      note('connect');
      for (const what of ['open', 'close', 'error']) {
        this.addEventListener(what, () => note(what));
      }
    }
  };
}

/** The longest time without a picture since `watch` [ms], and what was said meanwhile. */
const seen = (page) => page.evaluate(() => {
  const { at, link, words, sockets } = window.seen;
  const gaps = at.slice(1).map((t, i) => t - at[i]);
  const gap = Math.max(...gaps);
  const last = at[gaps.indexOf(gap)]; // the picture before it
  const since = (events) => events.map(([t, what]) => `${what} ${Math.round(t - last)}`);
  return { gap: Math.round(gap), pictures: at.length, words, link: since(link), sockets: since(sockets),
    said: document.querySelector('.link-state').textContent };
});

// The agent is beside the server: its network does not change.
const agents = await launchChromium({ flags, executablePath: network.wrapper('/usr/bin/chromium') });
const agent = agents.pages()[0];
await test('an_agent_beside_the_server', () => joinTour(agent, v4(server.urls.agent)));

/** A buyer in a browser of their own, who sees the agent. */
async function withBuyer(url, run, { camera = false, ...more } = {}) {
  const browser = await launchChromium({ flags, ...more });
  try {
    const page = browser.pages()[0];
    await page.addInitScript(watchSockets);
    await joinTour(page, url, { camera });
    await firstFrame(page);
    await until(async () => (await stageOf(page)).participant, 'the agent on the stage'); // not oneself
    await run(page);
    await page.click('[data-control=leave]');
    await page.waitForSelector('.notice');
  } finally {
    await browser.close();
  }
}

await test('a_network_with_ipv6_only', async () => {
  setAddresses('fd77::10/64');
  await withBuyer(server.urls.buyer, async (page) => {
    const pair = await pairOf(page);
    console.log(`# ${pair.from} to ${pair.to}, ${pair.srtp}`);
    expectEqual(pair.from, 'fd77::10', 'the client');
    expectEqual(pair.to, V6, 'the server');
    expectEqual(pair.srtp, 'SRTP_AEAD_AES_128_GCM', 'SRTP');
    const { frames } = await inbound(page);
    await until(async () => (await inbound(page)).frames > frames + 30, 'the picture to move');
  });
});

await test('a_network_with_both', async () => {
  setAddresses('10.77.0.10/24', 'fd77::10/64');
  await withBuyer(v4(server.urls.buyer), async (page) => {
    const sdp = await page.evaluate(() => window.oriel.session.pc.remoteDescription.sdp);
    const told = [...sdp.matchAll(/a=candidate:\S+ 1 udp (\d+) (\S+) /g)].map((m) => [Number(m[1]), m[2]]);
    console.log(`# ${JSON.stringify(told)}`);
    expect(told.some(([, a]) => a === V4) && told.some(([, a]) => a === V6), 'both are told');
    expect(!told.some(([, a]) => a.startsWith('fe80')), 'an address of the link alone is told');
    expectEqual(told.toSorted((a, b) => b[0] - a[0])[0][1], V6, 'the first by priority');
    console.log(`# ${JSON.stringify(await pairOf(page))}`);
  });
});

/** Runs `move` while the page plays; prints and returns what was seen of it. */
async function moved(page, what, move) {
  await watch(page);
  await until(async () => (await seen(page)).pictures > 30, 'pictures');
  await move();
  const { pictures } = await seen(page);
  await until(async () => (await seen(page)).pictures > pictures + 30, 'pictures after the move', 20000);
  const now = await until(async () => {
    const s = await seen(page);
    return s.said === '' && s;
  }, 'the page to say that all is well');
  console.log(`# ${what}: ${now.gap} ms without a picture; ${now.link}; ${now.sockets}`);
  if (now.gap > 1500) { // else there was nothing to say
    expect(now.words.some((w) => w.includes('Getting you back')), 'the page did not say what it does');
  }
  return now;
}

/** In a page: whether the browser has seen that it has this address; it looks now and then. */
async function sees(address) {
  const pc = new RTCPeerConnection();
  const gathered = new Promise((done) => {
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
  });
  pc.createDataChannel('');
  await pc.setLocalDescription();
  await gathered;
  const found = pc.localDescription.sdp.includes(` ${address} `);
  pc.close();
  return found;
}

/** The seat and what it shows must be the same after `run`. */
async function keepingTheSeat(page, run) {
  const state = async () => JSON.stringify([await stageOf(page), await page.evaluate(() =>
    [window.oriel.me.id, window.oriel.session.slots.size, window.renegotiations])]);
  const before = await state();
  await run();
  expectEqual(await state(), before, 'seat and stage');
}

// Phones have the next network before the last one is gone.
await test('the_network_in_use_goes_while_another_is_there', async () => {
  setAddresses('10.77.0.10/24');
  await withBuyer(v4(server.urls.buyer), (page) => keepingTheSeat(page, async () => {
    for (const [old, fresh, gateway] of [['10.77.0.10', '10.78.0.10', MOBILE], ['10.78.0.10', '10.77.0.10', V4]]) {
      addAddress(`${fresh}/24`);
      await until(() => page.evaluate(sees, fresh), 'the browser to see its new address');
      const { gap } = await moved(page, `${old} goes, ${fresh} is there`, () => {
        takeAddress(`${old}/24`);
        routeBy(gateway);
      });
      expect(gap < 2000, `${gap} ms without a picture`);
      // What it sends itself it moves later, when it has given up the old pair.
      await until(async () => (await pairOf(page)).from === fresh, 'the browser to leave its old pair');
    }
  }));
});

// Chromium tells a document of another address 2 s after it came: the page looks with a new document.
await test('one_network_goes_and_another_comes', async () => {
  setAddresses('10.77.0.10/24');
  await withBuyer(v4(server.urls.buyer), (page) => keepingTheSeat(page, async () => {
    const gaps = [];
    for (const [old, fresh] of [['10.77.0.10', '10.77.0.11'], ['10.77.0.11', '10.77.0.12'], ['10.77.0.12', '10.77.0.10']]) {
      const { gap } = await moved(page, `${old} becomes ${fresh}`, () => {
        takeAddress(`${old}/24`);
        addAddress(`${fresh}/24`);
      });
      expectEqual((await pairOf(page)).from, fresh, 'the client');
      expect(gap < 4000, `${gap} ms without a picture`);
      gaps.push(gap);
      const { frames } = await inbound(agent); // what it sent goes on, too
      await until(async () => (await inbound(agent)).frames > frames + 20, "the agent to see the buyer's camera");
    }
    const { gap } = await moved(page, 'the document of that connection goes', () =>
      page.evaluate(() => document.querySelectorAll('html > iframe').forEach((f) => f.remove())));
    expect(gap < 4000, `${gap} ms without a picture`);
    const median = gaps.toSorted((a, b) => a - b)[gaps.length >> 1];
    console.log(`# median ${median} ms without a picture`);
    expect(median < 2000, `${gaps} ms without a picture`);
  }), { camera: true });
});

// Who may not see its addresses (the page has no camera) is not bound to them.
await test('another_address_of_a_buyer_without_a_camera', async () => {
  setAddresses('10.77.0.10/24');
  routeBy(V4);
  await withBuyer(v4(server.urls.buyer), (page) => keepingTheSeat(page, async () => {
    for (const [old, fresh] of [['10.77.0.10', '10.77.0.11'], ['10.77.0.11', '10.77.0.10']]) {
      const { gap } = await moved(page, `${old} becomes ${fresh}, unseen`, () => {
        takeAddress(`${old}/24`);
        addAddress(`${fresh}/24`);
        routeBy(V4);
      });
      expect(gap < 2000, `${gap} ms without a picture`);
    }
  }), { without: ['--use-fake-ui-for-media-stream'] });
});

await test('firefox_moves_too', async () => {
  setAddresses('10.77.0.10/24');
  routeBy(V4);
  const browser = await launchFirefox();
  try {
    const page = await browser.newPage();
    await joinInFirefox(page, v4(server.urls.buyer));
    await until(() => page.evaluate(() => document.querySelector('.stage video')?.videoWidth > 0), 'a picture');
    await keepingTheSeat(page, async () => {
      for (const [old, fresh] of [['10.77.0.10', '10.77.0.11'], ['10.77.0.11', '10.77.0.10']]) {
        const { gap } = await moved(page, `Firefox, ${old} becomes ${fresh}`, () => {
          takeAddress(`${old}/24`);
          addAddress(`${fresh}/24`);
          routeBy(V4);
        });
        expect(gap < 4000, `${gap} ms without a picture`);
      }
    });
  } finally {
    await browser.close();
  }
});

await agents.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
