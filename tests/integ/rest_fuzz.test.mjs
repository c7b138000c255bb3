// The API against requests that its own document makes: 10,000 of them, right and wrong, none answered with
// 5xx, every answer as the document says, and both agree on what a valid body is.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, expectEqual, finish, test } from './lib/harness.mjs';
import { OpenApiFuzz } from './lib/openapi_fuzz.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';

const SECRET = 'a secret for requests of all kinds';
const REQUESTS = Number(process.env.ORIEL_FUZZ_REQUESTS ?? 10000);
const SEED = Number(process.env.ORIEL_SEED ?? Date.now() % 1e9);
const mint = minter(SECRET, { role: 'service', tour: undefined, sub: 'fuzz', ttl: 3600 });
const ALL = 'tours:read tours:write invites:write participants:read participants:write recordings:read recordings:write events:read events:write';
const dir = tempDir();
const secret = path.join(dir, 'office.secret');
fs.writeFileSync(secret, `whsec_${crypto.randomBytes(32).toString('base64')}`, { mode: 0o600 });

const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel', leeway_s: 0 };
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.events = { webhooks: [{ name: 'office', url: 'http://127.0.0.1:9/', secret_file: secret }] }; // nobody is there
  c.limits = { tours: 20000, failed_tokens_per_minute: 0, connections_per_minute: 0 };
})]).ready;
const base = new URL(server.urls.agent).origin;

await test(`${REQUESTS} requests from the document (seed ${SEED})`, async () => {
  const doc = await (await fetch(`${base}/v1/openapi.json`)).json();
  const tokens = [mint({ scope: ALL }), mint({ scope: 'tours:read' }), mint({ scope: 'openid' }), mint({ scope: ALL, tour: 'demo' }),
    mint({ role: 'ops' }), mint({ role: 'agent', tour: 'demo', scope: ALL })];
  const fuzz = new OpenApiFuzz(doc, { base, seed: SEED, tokens, known: { tour: ['demo'], receiver: ['office'] } });
  const wrong = await fuzz.run(REQUESTS);
  console.log(`# ${JSON.stringify(fuzz.seen.byStatus)}, ${fuzz.seen.valid} valid bodies done, ${fuzz.seen.invalid} invalid`);
  expectEqual(wrong.length, 0, JSON.stringify(wrong.slice(0, 3), null, 1));
  const reached = Object.keys(fuzz.seen.byOperation);
  expectEqual(reached.length, fuzz.operations.length, 'operations that were asked for');
  for (const id of ['createTour', 'listTours', 'getTour', 'updateTour', 'endTour', 'deleteTour', 'createInvite']) {
    const good = Object.keys(fuzz.seen.byOperation[id]).filter((status) => status < 300);
    expect(good.length > 0, `${id} was never done: ${JSON.stringify(fuzz.seen.byOperation[id])}`);
  }
});

await test('it ends in good order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});

finish();
