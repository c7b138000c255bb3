// A seat in a tour without a browser and without media: enough for a recording to begin.
import fs from 'node:fs';
import path from 'node:path';
import { expectEqual } from './harness.mjs';
import { ROOT, tokenOf } from './server.mjs';
import { WsClient } from './ws.mjs';

const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/chromium_tour.sdp'), 'utf8');

/** The agent joins the demo tour; its media never come, so let timeouts.join_s be long. */
export async function takeSeat(server) {
  const client = await WsClient.open(new URL(server.urls.agent).origin);
  const joined = await client.ask({ type: 'join', id: 1, token: tokenOf(server.urls.agent), offer: OFFER,
    sources: [{ mid: '0', kind: 'microphone' }], slots: [{ mid: '3', kind: 'stage' }], consent: { recording: true, version: '1' } });
  expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 200));
  return client;
}

/** Waits for the event that says that the recording of the tour is in this state. */
export async function hears(client, state, ms) {
  for (;;) {
    const message = await client.next(ms);
    if (message.type === 'recording' && message.state === state) {
      return;
    }
  }
}

/** The agent ends the tour. */
export async function endSeat(client) {
  await client.ask({ type: 'end', id: 9 });
  await client.closed;
}
