// web/lib/oriel.js: what is made ready before somebody joins is what joins, or is closed.
import { expect, expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { network, peers, run, server } from './lib_oriel.mjs';

const { OrielClient } = await import('../../web/lib/oriel.js');
console.warn = () => undefined;

function fresh() {
  server.reset();
  Object.assign(network, { up: true, delay: 20 });
  return new OrielClient({ url: 'ws://there', token: 't', gallery: 1, audio: 1 });
}

async function joined(client, codec = 'vp8') {
  const done = client.join({ name: 'Ada', codec });
  await run(1000);
  await done;
}

const open = () => peers().filter((p) => p.connectionState !== 'closed').length;

await test('what_was_made_ready_joins', async () => {
  const client = fresh();
  const before = peers().length;
  client.prepare({ codec: 'vp8' });
  const ready = client.ready.pc;
  await run(100);
  expectEqual(ready.localDescription, undefined, 'an address is looked for');
  expectEqual(server.sockets.length, 0, 'somebody is asked');
  client.iceServers = [{ urls: 'stun:there' }]; // told since
  let told = null;
  ready.setConfiguration = (c) => { told = c.iceServers; };
  await joined(client);
  expectEqual(client.session.pc, ready, 'the peer connection');
  expectEqual(told, client.iceServers, 'what it asks for its addresses');
  expectEqual(peers().length, before + 1, 'how many were made');
  client.finish('left', '');
  expectEqual(open(), 0, 'open');
});

await test('of_another_codec_it_is_made_anew', async () => {
  const client = fresh();
  client.prepare({ codec: 'vp8' });
  const ready = client.ready.pc;
  await joined(client, 'h264');
  expect(client.session.pc !== ready && client.session.codec === 'h264', 'the peer connection');
  expectEqual(ready.connectionState, 'closed', 'that of the other codec');
  client.finish('left', '');
});

await test('who_does_not_join_leaves_nothing_open', async () => {
  const client = fresh();
  client.prepare({ codec: 'vp8' });
  client.prepare({ codec: 'vp9' });
  expectEqual(open(), 1, 'open');
  client.unprepare();
  expectEqual(open(), 0, 'open');
  client.prepare({ codec: 'vp8' });
  client.finish('tour_ended', '');
  expectEqual(open(), 0, 'open after the end');
});

await test('what_could_not_be_offered_is_said_by_the_join', async () => {
  const client = fresh();
  client.prepare({ codec: 'vp8' });
  client.ready.pc.close();
  const done = client.join({ name: 'Ada', codec: 'vp8' }).then(() => 'joined', (e) => e.name);
  await run(1000);
  expectEqual(await done, 'InvalidStateError', 'the answer');
  expectEqual(open(), 0, 'open');
});

finish();
