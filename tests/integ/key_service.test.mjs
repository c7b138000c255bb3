// A key service that denies, hangs up or is slow while the server runs: it is known before a tour
// begins, harms no tour and no recording that runs, and what waited for it begins when it is back.
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { launchChromium, SLOW_CAMERA } from './lib/chromium.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { endSeat, hears, takeSeat } from './lib/seat.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './lib/server.mjs';
import { endTour, firstFrame, joinTour, listRecordings } from './lib/tour.mjs';

const dir = tempDir();
const file = (name) => path.join(dir, name);
const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
  '-keyout', file('tls.key'), '-out', file('tls.pem'), '-days', '2', '-subj', '/CN=key service', '-addext', 'subjectAltName=IP:127.0.0.1'],
{ encoding: 'utf8' });
expectEqual(made.status, 0, `openssl: ${made.stderr}`);

/** Encrypt and Decrypt as AWS KMS answers them; that our signature is right is proven by unit tests. */
const service = { key: crypto.randomBytes(32), mode: 'ok', asked: 0 };
const sealed = (plain, context) => {
  const iv = crypto.randomBytes(12);
  const cipher = crypto.createCipheriv('aes-256-gcm', service.key, iv).setAAD(Buffer.from(JSON.stringify(context)));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};
const opened = (blob, context) => {
  const cipher = crypto.createDecipheriv('aes-256-gcm', service.key, blob.subarray(0, 12))
    .setAAD(Buffer.from(JSON.stringify(context))).setAuthTag(blob.subarray(-16));
  return Buffer.concat([cipher.update(blob.subarray(12, -16)), cipher.final()]);
};

function answer(request, text) {
  const verb = request.headers['x-amz-target'].split('.')[1];
  const asked = JSON.parse(text);
  expect(request.headers.authorization.startsWith('AWS4-HMAC-SHA256 Credential=id/'), request.headers.authorization);
  if (service.mode === 'deny') {
    return [400, { __type: 'AccessDeniedException', message: 'by the test' }];
  }
  return [200, verb === 'Encrypt'
    ? { KeyId: 'the-key', CiphertextBlob: sealed(Buffer.from(asked.Plaintext, 'base64'), asked.EncryptionContext).toString('base64') }
    : { KeyId: 'the-key', Plaintext: opened(Buffer.from(asked.CiphertextBlob, 'base64'), asked.EncryptionContext).toString('base64') }];
}

const kms = https.createServer({ key: fs.readFileSync(file('tls.key')), cert: fs.readFileSync(file('tls.pem')) }, (request, response) => {
  let text = '';
  service.asked++;
  request.on('data', (d) => { text += d; });
  request.on('end', () => {
    if (service.mode === 'gone') {
      request.socket.destroy();
      return;
    }
    const [status, body] = answer(request, text);
    // A slow one answers within the time that a request has, but only just.
    setTimeout(() => response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body)),
      service.mode === 'slow' ? 9000 : 0);
  });
});
await new Promise((resolve) => kms.listen(0, '127.0.0.1', resolve));

for (const [name, text] of [['access', 'id'], ['secret', 'a secret key']]) {
  fs.writeFileSync(file(name), `${text}\n`, { mode: 0o600 });
}
const config = await writeConfig(dir, (c) => {
  c.recording.keys = { provider: 'kms', kms_endpoint: `https://127.0.0.1:${kms.address().port}`, kms_region: 'eu-test-1', kms_key: 'the-key',
    kms_access_key_file: file('access'), kms_secret_key_file: file('secret'), kms_ca_file: file('tls.pem'), check_s: 1 };
  c.timeouts = { ...c.timeouts, join_s: 600 };
});
const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
const up = () => server.metric('oriel_key_provider_up{provider="kms"}');
const ready = async () => (await fetch(new URL('/ready', server.urls.agent))).json();
const failing = (reason) => server.metric(`oriel_key_provider_failing_seconds{provider="kms",reason="${reason}"}`);
const metrics = async () => (await fetch(new URL('/metrics', server.urls.agent))).text();

const complete = (n) => until(async () => {
  const all = await listRecordings(server.urls.ops, tokenOf(server.urls.ops));
  return all.length === n && all.every((r) => r.state === 'complete');
}, `${n} complete recordings`);

await test('a_key_service_that_works_is_up', async () => {
  await until(async () => await up() === 1, 'the metric');
  expectEqual((await ready()).checks.keys, 'ok', 'keys, as /ready says');
  const asked = service.asked;
  await until(() => service.asked >= asked + 4, 'the next checks'); // Encrypt and Decrypt, twice
  expectEqual(await server.metric('oriel_key_provider_failures_total'), 0, 'failures');
});

for (const mode of ['deny', 'gone']) {
  const reason = mode === 'deny' ? 'denied' : 'gone';
  let running;
  const before = mode === 'deny' ? 0 : 2;

  await test(`a_key_service_that_is_${reason}_is_known_at_once_and_harms_nothing_that_runs`, async () => {
    running = await takeSeat(server);
    await hears(running, 'on');
    service.mode = mode;
    await until(async () => (await metrics()).includes(`oriel_key_provider_failing_seconds{provider="kms",reason="${reason}"}`), 'the reason');
    expectEqual(await up(), 0, 'up');
    await until(async () => await failing(reason) >= 1, 'the time since');
    const state = await ready();
    expectEqual(state.status, 'ready', 'status of /ready');
    expect(new RegExp(`^kms: ${reason} for \\d+ s$`).test(state.checks.keys), state.checks.keys);
    await until(() => server.log.some((l) => l.includes('key_provider_failing') && l.includes(`${reason}: `)), 'the line in the log');
    expectEqual(await server.metric('oriel_recorder_alarm'), 0, 'the alarm of the recorder');
    await endSeat(running);
    await complete(before + 1);
  });

  await test(`what_waits_for_a_key_service_that_is_${reason}_begins_when_it_is_back`, async () => {
    const client = await takeSeat(server);
    await hears(client, 'failing', 20000);
    const told = await client.ask({ type: 'mute', id: 5, kind: 'microphone', muted: true });
    expect(told.type !== 'error', JSON.stringify(told));
    service.mode = 'ok';
    await hears(client, 'on', 20000);
    await until(async () => await up() === 1, 'the metric');
    await until(() => server.log.some((l) => l.includes('key_provider_recovered')), 'the line in the log');
    expect(!(await metrics()).includes('oriel_key_provider_failing_seconds{'), 'no reason is left');
    expectEqual((await ready()).checks.keys, 'ok', 'keys, as /ready says');
    await endSeat(client);
    await complete(before + 2);
    server.log.length = 0;
  });
}

await test('who_plays_while_the_key_is_denied_is_told_to_come_back', async () => {
  const known = new Set((await listRecordings(server.urls.ops, tokenOf(server.urls.ops))).map((r) => r.id));
  const browser = await launchChromium({ flags: [SLOW_CAMERA] });
  const page = browser.pages()[0];
  await joinTour(page, server.urls.agent);
  await firstFrame(page);
  const before = await server.metric('oriel_recorder_segments_total');
  await until(async () => await server.metric('oriel_recorder_segments_total') > before + 1, 'a segment', 60000);
  await endTour(page);
  await complete(5);
  await browser.close();
  const recording = (await listRecordings(server.urls.ops, tokenOf(server.urls.ops))).find((r) => !known.has(r.id));
  const ask = (what) => fetch(new URL(`/v1/recordings/${recording.id}/programme/0${what}`, server.urls.ops),
    { headers: { authorization: `Bearer ${tokenOf(server.urls.ops)}` } });
  service.mode = 'deny';
  for (const what of ['.webm', '/segments', '/segments/0']) {
    const refused = await ask(what);
    expectEqual(refused.status, 503, `status of ${what}`);
    expectEqual((await refused.json()).code, 'key_denied', `code of ${what}`);
    expect(Number(refused.headers.get('retry-after')) > 0, 'Retry-After');
  }
  service.mode = 'ok';
  for (const what of ['/segments/0', '/segments', '.webm']) {
    const given = await ask(what);
    expectEqual(given.status, 200, `status of ${what}`);
    expect((await given.arrayBuffer()).byteLength > 0, 'its bytes');
  }
});

await test('everything_that_was_recorded_verifies', async () => {
  // Not spawnSync: the key service is in this process.
  const child = spawn(ORIEL, ['recordings', '-c', config, 'verify', '--all']);
  let said = '';
  child.stdout.on('data', (d) => { said += d; });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  expect(code === 0 && said.includes('5 ok, 0 damaged'), said);
});

await test('the_server_ends_in_good_order_while_the_key_service_is_slow', async () => {
  service.mode = 'slow';
  const asked = service.asked;
  await until(() => service.asked > asked, 'a check under way');
  const begun = Date.now();
  expectEqual((await server.stop()).code, 0, 'exit status');
  expect(Date.now() - begun < 5000, `it took ${Date.now() - begun} ms`);
});
kms.closeAllConnections();
kms.close();
finish();
