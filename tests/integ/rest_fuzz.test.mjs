// The API against requests that its own document makes: 10,000 of them, right and wrong, none answered with
// 5xx, every answer as the document says, and both agree on what a valid body is.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, expectEqual, finish, test } from './lib/harness.mjs';
import { OpenApiFuzz } from './lib/openapi_fuzz.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { WsClient } from './lib/ws.mjs';

const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');
const SECRET = 'a secret for requests of all kinds';
const REQUESTS = Number(process.env.ORIEL_FUZZ_REQUESTS ?? 10000);
const SEED = Number(process.env.ORIEL_SEED ?? Date.now() % 1e9);
const mint = minter(SECRET, { role: 'service', tour: undefined, sub: 'fuzz', ttl: 3600 });
const ALL = 'tours:read tours:write invites:write participants:read participants:write chat:read chat:write recordings:read recordings:write events:read events:write audit:read';
const dir = tempDir();
const secret = path.join(dir, 'office.secret');
fs.writeFileSync(secret, `whsec_${crypto.randomBytes(32).toString('base64')}`, { mode: 0o600 });

const server = await new Server([ORIEL, 'serve', '-c', await writeConfig(dir, (c) => {
  c.auth = { hs256_secret: SECRET, audience: 'oriel', leeway_s: 0 };
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.events = { webhooks: [{ name: 'office', url: 'http://127.0.0.1:9/', secret_file: secret }] }; // nobody is there
  c.limits = { tours: 20000, failed_tokens_per_minute: 0, connections_per_minute: 0 };
})]).ready;
/** A server that is being emptied refuses the rest: by itself, then. */
const isOfNode = ({ tags }) => tags.includes('node');
const hosts = [];
let stopping = false;
const base = new URL(server.urls.agent).origin;

/** Somebody hosts the tour, whatever becomes of the one before: a platform can do something in it. */
async function keepHosted() {
  for (let n = 0; ; n++) {
    const ws = await WsClient.open(base);
    const token = mint({ role: 'agent', tour: 'demo', sub: `host-${n}`, scope: undefined });
    const { type } = await ws.ask({ type: 'join', id: 1, token, offer: OFFER, sources: [{ mid: '0', kind: 'microphone' }],
      slots: [{ mid: '3', kind: 'stage' }], consent: { recording: true, version: '1' } });
    if (type !== 'joined' || stopping) {
      await ws.close();
      return type;
    }
    hosts.push(ws);
    await ws.closed;
  }
}

await test(`${REQUESTS} requests from the document (seed ${SEED})`, async () => {
  const doc = await (await fetch(`${base}/v1/openapi.json`)).json();
  const tokens = [mint({ scope: ALL }), mint({ scope: 'tours:read' }), mint({ scope: 'openid' }), mint({ scope: ALL, tour: 'demo' }),
    mint({ role: 'ops' }), mint({ role: 'agent', tour: 'demo', scope: ALL })];
  const fuzz = new OpenApiFuzz(doc, { base, seed: SEED, tokens, known: { tour: ['demo'], receiver: ['office'], participant: ['p1', 'p2', 'p3'], seq: ['1', '2', '3'] }, of: (o) => !isOfNode(o) });
  const hosted = keepHosted();
  const wrong = await fuzz.run(REQUESTS);
  stopping = true;
  await hosts.at(-1).close();
  expectEqual(await hosted, 'joined', 'the last who would host');
  console.log(`# ${JSON.stringify(fuzz.seen.byStatus)}, ${fuzz.seen.valid} valid bodies done, ${fuzz.seen.invalid} invalid`);
  expectEqual(wrong.length, 0, JSON.stringify(wrong.slice(0, 3), null, 1));
  const reached = Object.keys(fuzz.seen.byOperation);
  expectEqual(reached.length, fuzz.operations.length, 'operations that were asked for');
  for (const id of ['createTour', 'listTours', 'getTour', 'updateTour', 'endTour', 'deleteTour', 'createInvite', 'lockTour', 'muteParticipants',
    'allowParticipants', 'admitParticipants', 'openLobby', 'closeLobby', 'makeHost', 'postChat', 'listChat', 'listAudit', 'setPointer',
    'setView']) {
    const good = Object.keys(fuzz.seen.byOperation[id]).filter((status) => status < 300);
    expect(good.length > 0, `${id} was never done: ${JSON.stringify(fuzz.seen.byOperation[id])}`);
  }
});

await test('a server that is emptied in all ways, and not', async () => {
  const doc = await (await fetch(`${base}/v1/openapi.json`)).json();
  const token = mint({ scope: 'node:read node:write' });
  const fuzz = new OpenApiFuzz(doc, { base, seed: SEED, tokens: [token, mint({ role: 'ops' }), mint({ scope: ALL })], of: isOfNode });
  const wrong = await fuzz.run(Math.min(REQUESTS, 300));
  expectEqual(wrong.length, 0, JSON.stringify(wrong.slice(0, 3), null, 1));
  for (const id of ['getNode', 'drainNode', 'undrainNode']) {
    expect(fuzz.seen.byOperation[id][200] > 0, `${id} was never done: ${JSON.stringify(fuzz.seen.byOperation[id])}`);
  }
  const back = await fetch(`${base}/v1/node/drain`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
  expectEqual((await back.json()).state, 'serving', 'at last');
});

await test('it ends in good order', async () => {
  expectEqual((await server.stop()).code, 0, 'exit status');
});

finish();
