// The library as others get it: packed, installed without a network, compiled against by a strict TypeScript project,
// and imported by a plain page that joins a tour. The same page tries out the network before it does.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { enterNamespace, filter } from './lib/netns.mjs';
import { ORIEL, ROOT, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';

const alone = enterNamespace(); // in which nobody else's packets are dropped
const dir = tempDir();
const project = path.join(dir, 'project');
const installed = path.join(project, 'node_modules/oriel-client');

await test('it_is_packed_and_installed_without_a_network', () => {
  const tarball = execFileSync(path.join(ROOT, 'deploy/npm/pack.sh'), [dir], { encoding: 'utf8' }).trim();
  fs.mkdirSync(project);
  fs.writeFileSync(path.join(project, 'package.json'), '{"name": "a-page", "private": true, "type": "module"}');
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', tarball], { cwd: project });
  const about = JSON.parse(fs.readFileSync(path.join(installed, 'package.json')));
  const [, version] = /project\(oriel VERSION ([\d.]+)/.exec(fs.readFileSync(path.join(ROOT, 'CMakeLists.txt'), 'utf8'));
  expectEqual(about.version, version, 'the version');
  expectEqual(about.license, 'Apache-2.0', 'the license');
  expectEqual(about.dependencies, undefined, 'what it needs at run time');
  for (const file of ['LICENSE', 'README.md', 'lib/oriel.js', 'types/oriel.d.ts', 'types/types.d.ts']) {
    expect(fs.existsSync(path.join(installed, file)), `${file} is missing`);
  }
  const types = fs.readFileSync(path.join(installed, 'types/oriel.d.ts'), 'utf8');
  expect(!types.includes('resumeToken') && types.includes('publish('), 'what is internal is not told, and the rest is');
});

await test('a_strict_typescript_project_compiles_against_it', () => {
  fs.copyFileSync(path.join(ROOT, 'tests/integ/lib/typed_page.ts'), path.join(project, 'page.ts'));
  const options = { strict: true, target: 'ES2022', module: 'ES2022', moduleResolution: 'bundler', noEmit: true,
    skipLibCheck: false, types: [], lib: ['ES2022', 'DOM', 'DOM.Iterable'] };
  fs.writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['page.ts'] }));
  const tsc = path.join(ROOT, 'tests/integ/node_modules/typescript/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  expectEqual(stdout, '', 'what the compiler says');
  expectEqual(status, 0, 'its exit status');
});

/** The package and a page that imports it, from another origin than the server's. */
const TYPES = { '.js': 'text/javascript', '.html': 'text/html' };
const PAGE = '<!doctype html><title>A page</title><script type="importmap">'
  + '{"imports": {"oriel-client": "/oriel-client/lib/oriel.js"}}</script>'
  + '<script type="module">import * as oriel from "oriel-client"; window.lib = oriel;</script>';
const site = http.createServer(({ url }, response) => {
  const file = url.startsWith('/oriel-client/') && path.join(installed, url.slice('/oriel-client/'.length));
  if (url !== '/' && !(file && fs.existsSync(file))) {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[path.extname(file || 'x.html')];
  response.writeHead(200, { 'content-type': type }).end(file ? fs.readFileSync(file) : PAGE);
});
await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });

const origin = `http://127.0.0.1:${site.address().port}`;
const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(tempDir(), (c) => {
  c.origins = [origin];
  c.media = { ...c.media, address: '127.0.0.1', port: alone ? 7000 : 0 };
})]).ready;
const url = `${new URL(server.urls.agent).origin.replace('http', 'ws')}/v1/signal`;
const browser = await launchChromium();
const page = browser.pages()[0];
await page.goto(`${origin}/`);
await page.waitForFunction(() => window.lib);

await test('the_network_is_tried_out_and_nobody_is_told', async () => {
  const verdict = await page.evaluate((o) => window.lib.checkConnection({ ...o, seconds: 3 }),
    { url, token: tokenOf(server.urls.buyer) });
  console.log(`# ${JSON.stringify(verdict)}`);
  expect(verdict.ok, verdict.advice);
  expect(verdict.udp && verdict.tcp, 'both ways');
  expectEqual(verdict.turn, null, 'a relay that is not configured');
  expect(verdict.upKbps > 300 && verdict.downKbps > 300, 'bandwidth');
  expect(verdict.text.startsWith('UDP works, '), verdict.text);
  await until(async () => (await server.metric('oriel_signaling_sessions ')) === 0, 'the probe to end');
  expectEqual(await server.metric('oriel_signaling_tours '), 0, 'tours');
});

/** What a check finds while the server's port is closed by these rules. */
async function behind(rules) {
  filter(`table inet wall {\nchain in {\ntype filter hook input priority 0\n${rules} drop\n}\n}`);
  try {
    return await page.evaluate((o) => window.lib.checkConnection({ ...o, seconds: 2, patience: 3000 }),
      { url, token: tokenOf(server.urls.buyer) });
  } finally {
    filter('');
    await until(async () => (await server.metric('oriel_signaling_sessions ')) === 0, 'the probe to end');
  }
}

await test('a_network_without_udp_and_one_without_any_way', async () => {
  if (!alone) {
    console.log('# no network namespace here: networks that let nothing through NOT checked');
    return;
  }
  const tcp = await behind('udp dport 7000');
  console.log(`# ${tcp.text}`);
  expectEqual(JSON.stringify([tcp.ok, tcp.cause, tcp.udp, tcp.tcp]), '[true,"udp_blocked",false,true]', 'the verdict');
  expect(tcp.text.startsWith('UDP blocked, TCP works, '), tcp.text);
  const none = await behind('meta l4proto { tcp, udp } th dport 7000');
  expectEqual(JSON.stringify([none.ok, none.cause, none.text]), '[false,"media_blocked","UDP blocked, TCP blocked"]', 'the verdict');
  expect(none.advice.includes('hotspot'), none.advice);
});

await test('a_token_that_is_not_accepted_is_named', async () => {
  const { ok, cause, code, advice } = await page.evaluate((o) => window.lib.checkConnection(o), { url, token: 'nonsense' });
  expectEqual(JSON.stringify([ok, cause, code]), '[false,"token","token_malformed"]', 'the verdict');
  expect(advice.includes('Copy the whole link'), advice);
});

await test('a_server_that_is_not_there_and_one_without_websockets', async () => {
  const [gone, deaf] = await page.evaluate((here) => Promise.all([
    window.lib.checkConnection({ url: 'ws://127.0.0.1:9/v1/signal', token: '', patience: 2000 }),
    window.lib.checkConnection({ url: `${here.replace('http', 'ws')}/v1/signal`, token: '', patience: 2000 }),
  ]), origin);
  expectEqual(gone.cause, 'unreachable', 'the cause');
  expectEqual(deaf.cause, 'websocket_blocked', 'the cause');
});

await test('a_plain_page_joins_a_tour_with_it', async () => {
  await page.evaluate(async (o) => {
    const client = new window.lib.OrielClient(o);
    window.client = client;
    window.news = [];
    for (const type of ['link', 'device', 'ended']) {
      client.on(type, (detail) => window.news.push([type, detail?.state ?? detail?.code ?? detail]));
    }
    const { tour, consent } = await client.look();
    await client.join({ name: 'Ann', codec: tour.codec, consent: { recording: true, version: consent.version } });
    await client.publish('camera', await window.lib.openDevice('camera'));
  }, { url, token: tokenOf(server.urls.agent) });
  await page.waitForFunction(() => window.client.me && window.news.some(([, what]) => what === 'live'));
  const sent = await until(async () => {
    const { link, sources } = await page.evaluate(() => window.client.stats());
    const camera = sources.find((s) => s.kind === 'camera');
    return camera.kbps > 50 && camera.height > 0 && link.upKbps > 50 && { ...camera, protocol: link.protocol };
  }, 'figures of the camera');
  console.log(`# ${JSON.stringify(sent)}`);
  expectEqual(sent.protocol, 'udp', 'the way');
});

await test('a_camera_that_was_lost_comes_back', async () => {
  // A track cannot be taken away from outside: what the browser tells the page then is said to it.
  await page.evaluate(() => {
    const track = window.client.published.get('camera');
    window.lost = track;
    track.stop();
    track.dispatchEvent(new Event('ended'));
  });
  await page.waitForFunction(() => window.news.some(([type, what]) => type === 'device' && what === 'back'));
  const { now, fresh } = await page.evaluate(() => {
    const track = window.client.session.senders.get('camera').sender.track;
    return { now: track.readyState, fresh: track !== window.lost };
  });
  expect(now === 'live' && fresh, 'another track is sent');
});

await test('a_page_that_was_frozen_goes_on', async () => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
  await pause(2500); // it is time itself that the page misses: more than its watch takes for a short sleep
  await cdp.send('Page.setWebLifecycleState', { state: 'active' });
  const before = await page.evaluate(async () => (await window.client.ping(), window.client.me.id));
  const { kbps } = await until(async () => {
    const { sources } = await page.evaluate(() => window.client.stats());
    return sources.find((s) => s.kind === 'camera' && s.kbps > 50);
  }, 'the camera to be sent');
  expect(kbps > 0 && before === await page.evaluate(() => window.client.me.id), 'the same seat');
});

await test('the_page_says_in_a_line_what_the_network_is_like', async () => {
  const guest = await browser.newPage();
  await guest.goto(server.urls.buyer);
  await guest.click('[data-control=check]');
  await guest.waitForSelector('.verdict:has-text("Your connection")');
  console.log(`# ${await guest.textContent('.verdict')}`);
  await guest.close();
});

await browser.close();

await test('a_browser_that_refuses_says_what_to_do', async () => {
  const strict = await launchChromium({ without: ['--use-fake-ui-for-media-stream'] });
  try {
    const other = strict.pages()[0];
    await strict.clearPermissions();
    await other.goto(`${origin}/`);
    await other.waitForFunction(() => window.lib);
    const cdp = await strict.newCDPSession(other);
    await cdp.send('Browser.setPermission', { permission: { name: 'camera' }, setting: 'denied' });
    const { code, message } = await other.evaluate(() => window.lib.openDevice('camera').catch(({ code, message }) => ({ code, message })));
    expectEqual(code, 'device_denied', 'the code');
    expect(message.includes('next to the address bar'), message);
  } finally {
    await strict.close();
  }
});

site.close();
await test('the_server_ends_in_good_order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});
finish();
