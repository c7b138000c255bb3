// web/lib/oriel.js through outages, in virtual time.
import { expect, expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { Peer, addresses, clock, frames, listeners, network, peers, run, server, sleep } from './lib_oriel.mjs';

const { OrielClient } = await import('../../web/lib/oriel.js');
console.warn = () => undefined;

let last = null;

/** A client that has joined, publishes a camera and is shown one. */
async function joined(options = {}) {
  server.reset();
  Object.assign(network, { up: true, delay: 20 });
  last?.finish('left', '');
  const client = new OrielClient({ url: 'ws://there', token: 't', gallery: 1, audio: 1 });
  client.iceServers = options.iceServers ?? [];
  last = client;
  client.links = [];
  client.addEventListener('link', (e) => client.links.push(e.detail));
  client.addEventListener('ended', (e) => { client.ended = e.detail.code; });
  const done = client.join({ name: 'Ada', codec: 'vp8' });
  await run(1000);
  await done;
  client.camera = { kind: 'video', getSettings: () => ({ width: 1280, height: 720 }) };
  await client.publish('camera', client.camera);
  await run(1000);
  expectEqual(client.links.at(-1), 'live', 'the link');
  return client;
}

/** Time passes until `probe` is true. */
async function passUntil(probe, what) {
  for (const end = clock.now + 60000; !probe();) {
    expect(clock.now < end, `waited a minute for: ${what}`);
    await run(10);
  }
}

/** Time until all is well after the network came back [ms]. */
async function recovered(client, most) {
  const begun = clock.now;
  while (clock.now - begun < most && (client.links.at(-1) !== 'live' || client.reconnecting)) {
    await run(50);
  }
  expectEqual(client.links.at(-1), 'live', 'the link');
  expectEqual(client.ended, undefined, 'the end');
  const took = clock.now - begun;
  await run(1000);
  expectEqual(client.session.pc.connectionState, 'connected', 'the transport');
  expectEqual(client.session.senders.get('camera').sender.track, client.camera, 'what is published');
  expectEqual(client.session.slots.get('3').participant, 'p2', 'who is on the stage');
  expectEqual(client.session.slots.get('3').track, client.session.pc.transceivers[3].receiver.track, 'its track');
  const open = server.sockets.filter((s) => s.readyState < 2);
  expect(open.length === 1 && open[0] === client.signal.socket, `${open.length} WebSockets are open`);
  return took;
}

async function outage(client, ms) {
  network.up = false;
  await run(ms);
  network.up = true;
}

for (const seconds of [1, 3, 14, 16, 20, 45]) {
  await test(`an_outage_of_${seconds}_s`, async () => {
    const client = await joined();
    const { pc } = client.session;
    await outage(client, seconds * 1000);
    console.log(`# live again after ${await recovered(client, 25000)} ms`);
    expectEqual(client.session.pc === pc, seconds <= 14, 'the same peer connection');
  });
}

// The media alone: the WebSocket works all the time.
await test('a_transport_that_the_server_gave_up_over_a_websocket_that_is_there', async () => {
  const client = await joined();
  const { pc } = client.session;
  server.spent = server.transport.certificate;
  server.transport = null;
  await run(3000);
  await recovered(client, 1000);
  expect(client.session.pc !== pc, 'the same peer connection');
  expectEqual(server.sockets.length, 1, 'WebSockets');
});

// The server knows the new transport, and the client has not heard so.
await test('the_answer_to_the_new_offer_gets_lost', async () => {
  const client = await joined();
  await outage(client, 20000);
  const { certificate } = client.session.pc;
  await passUntil(() => server.transport && server.transport.certificate !== certificate, 'another transport');
  network.up = false;
  await run(3000);
  network.up = true;
  await recovered(client, 30000);
});

// The server was away, too: it misses all cameras, and as they come back each restart is answered before the slot is told.
await test('what_a_slot_shows_is_in_the_answer_to_a_restart', async () => {
  const client = await joined();
  client.receive({ type: 'slot', mid: '3', participant: null, source: null });
  const told = [];
  client.on('slot', ({ participant }) => told.push(participant));
  client.transport.onSilent();
  client.session.pc.become('disconnected');
  await passUntil(() => server.asked.some(([type]) => type === 'restart'), 'a restart');
  await recovered(client, 1000);
  expectEqual(told.join(), 'p2', 'who was told to be on the stage');
});

await test('a_slow_websocket_is_not_closed', async () => {
  const client = await joined();
  const [socket] = server.sockets;
  network.delay = 900; // what comes of media is late by that, too, and the browser knows no round trip
  client.transport.onSilent();
  client.session.pc.become('disconnected');
  await run(8000);
  expectEqual(socket.readyState, 1, 'the WebSocket in use');
  expectEqual(server.asked.filter(([type]) => type === 'resume').length, 0, 'resumes');
  await recovered(client, 1);
});

await test('a_dead_websocket_is_left_within_a_second', async () => {
  const client = await joined();
  const [socket] = server.sockets;
  socket.send = () => undefined;
  client.session.pc.become('disconnected');
  await run(1000);
  expect(server.asked.some(([type, at]) => type === 'resume' && at === 1), 'no resume over another');
  await recovered(client, 100);
  expectEqual(socket.readyState, 3, 'the dead one');
});

await test('a_failed_attempt_leaves_no_websocket', async () => {
  const client = await joined();
  server.silent = true;
  client.signal.close();
  await run(40000);
  const open = server.sockets.filter((s) => s.readyState < 2);
  expect(server.sockets.length > 2, 'it did not try');
  expect(open.length <= 1, `${open.length} WebSockets are open`);
  server.silent = false;
  await recovered(client, 20000);
});

await test('who_sleeps_for_an_hour_tries_again', async () => {
  const client = await joined();
  network.up = false;
  await run(5000);
  sleep(3600000);
  await run(5000);
  expectEqual(client.ended, undefined, 'the end');
  network.up = true;
  await recovered(client, 20000);
});

await test('who_is_awake_does_not_try_for_ever', async () => {
  const client = await joined();
  await outage(client, 100000);
  expectEqual(client.ended, 'connection_lost', 'the end');
});

await test('a_network_that_comes_ends_the_pause', async () => {
  const client = await joined();
  network.up = false;
  await run(8000);
  await passUntil(() => listeners.size > 0, 'a pause');
  network.up = true;
  listeners.forEach((listener) => listener());
  const took = await recovered(client, 1000);
  expect(took < 500, `${took} ms`);
});

await test('nothing_outlives_a_client', async () => {
  for (const when of [0, 5000]) {
    const client = await joined();
    network.up = when === 0;
    await run(when);
    client.finish('left', '');
    network.up = true;
    await run(30000);
    expectEqual(listeners.size, 0, 'listeners of the window');
    expectEqual(server.sockets.filter((s) => s.readyState < 2).length, 0, 'WebSockets');
    expectEqual(clock.timers.length, 0, 'timers');
  }
});

await test('not_all_come_back_at_the_same_moment', async () => {
  const waits = new Set();
  for (let i = 0; i < 8; i++) {
    const client = await joined();
    const begun = clock.now;
    client.signal.close();
    await passUntil(() => server.sockets.length > 1, 'another WebSocket');
    waits.add(clock.now - begun);
    client.finish('left', '');
    await run(1000);
  }
  console.log(`# after ${[...waits]} ms`);
  expect(waits.size > 2 && Math.max(...waits) < 350, 'they do');
});

await test('what_is_turned_off_at_once_is_not_sent', async () => {
  const client = await joined();
  const { sender } = client.session.senders.get('camera');
  const { session } = client;
  for (const change of [() => client.publish('camera', client.camera), () => client.sources.publishAgain()]) {
    await client.publish('camera', null);
    client.sources.published.set('camera', client.camera);
    const on = change();
    await client.publish('camera', null);
    await on;
    expectEqual([sender.track, client.published.get('camera')].join(), ',', 'the track');
  }
  await Promise.all([client.camera, null, client.camera].map((track) => client.publish('camera', track)));
  expectEqual(sender.track, client.camera, 'what was said last');
  expectEqual(client.session, session, 'the session');
});

await test('what_was_refused_and_is_turned_off_while_it_is_asked_for', async () => {
  const client = await joined();
  const { sender } = client.session.senders.get('camera');
  client.sources.onRefused('camera', 'sources_full', '');
  const on = client.publish('camera', client.camera);
  await client.publish('camera', null);
  await run(1000);
  await on;
  expectEqual(server.asked.filter(([type]) => type === 'mute').length, 1, 'it is asked for');
  expectEqual([sender.track, client.published.get('camera')].join(), ',', 'the track');
});

await test('who_joins_twice_is_in_once', async () => {
  const client = await joined();
  const { session } = client;
  const { answer } = server;
  server.answer = () => ({ type: 'error', code: 'already_joined', message: '' });
  const again = client.join({ name: 'Ada', codec: 'vp8' }).catch((error) => error.code);
  await run(1000);
  server.answer = answer;
  expectEqual(await again, 'already_joined', 'the error');
  expectEqual(client.session, session, 'the session');
  client.finish('left', '');
  expectEqual(peers().filter((peer) => peer.connectionState !== 'closed').length, 0, 'peer connections');
});

await test('who_leaves_sends_nothing_more_and_has_left_once', async () => {
  const client = await joined();
  const { sender } = client.session.senders.get('camera');
  const ends = [];
  client.on('ended', ({ code }) => ends.push(code));
  network.up = false;
  const left = client.leave();
  await run(10);
  expectEqual(sender.track, null, 'what is sent while the server does not answer');
  await run(20000);
  await left;
  await client.leave();
  expectEqual(ends.join(), 'left', 'the ends');
});

await test('a_websocket_that_closes_while_the_seat_is_resumed', async () => {
  const client = await joined();
  await outage(client, 16000); // another transport is needed
  const { settle } = client.transport;
  client.transport.settle = (...settled) => {
    client.transport.settle = settle;
    client.signal.close();
    return settle.apply(client.transport, settled);
  };
  await passUntil(() => client.transport.settle === settle, 'an answer');
  await recovered(client, 5000);
});

await test('a_token_by_a_key_that_the_server_is_fetching', async () => {
  for (const [code, times, comesIn] of [['token_key_unknown', 1, true], ['token_keys_unavailable', 3, true],
    ['token_key_unknown', 4, false], ['token_signature', 1, false]]) {
    server.reset();
    last?.finish('left', '');
    let left = times;
    const { answer } = server;
    server.answer = (message) => (left-- > 0 ? { type: 'error', code, message: '' } : answer.call(server, message));
    const client = new OrielClient({ url: 'ws://there', token: 't', gallery: 1, audio: 1 });
    last = client;
    let end = null;
    client.join({ name: 'Ada', codec: 'vp8' }).then(() => { end = 'in'; }, (error) => { end = error.code; });
    await passUntil(() => end, 'an answer');
    server.answer = answer;
    expectEqual(end, comesIn ? 'in' : code, `${code}, ${times} times`);
    expectEqual(server.asked.filter(([type]) => type === 'join').length, comesIn ? times + 1 : code === 'token_signature' ? 1 : 4,
      'requests');
  }
});

await test('servers_that_the_browser_cannot_read', async () => {
  const client = await joined({ iceServers: [{ urls: 'turn:host:99999' }] });
  client.session.pc.setConfiguration = () => { throw new SyntaxError('a URL that cannot be read'); };
  await outage(client, 3000);
  await recovered(client, 10000);
});

/** A client whose machine has got another address, of which the browser tells nobody yet. */
async function moved() {
  Object.assign(addresses, { told: ['10.0.0.1'], now: ['10.0.0.1'] });
  const client = await joined();
  addresses.now = ['10.0.0.2'];
  return client;
}

await test('who_moves_goes_on_from_a_document_that_knows', async () => {
  const client = await moved();
  await passUntil(() => client.links.at(-1) !== 'live', 'silence');
  console.log(`# live again after ${await recovered(client, 3000)} ms`);
  expectEqual(frames.size, 1, 'documents beside the page');
});

// A framework that replaces all of the page takes the document along.
await test('a_page_that_removes_that_document', async () => {
  const client = await moved();
  await passUntil(() => frames.size > 0 && client.session.realm && client.session.joined, 'another document');
  await run(2000);
  client.session.pc.getStats = () => new Promise(() => {}); // it is just being asked
  await run(300);
  addresses.told = addresses.now;
  [...frames].forEach((frame) => frame.remove());
  await passUntil(() => client.links.at(-1) !== 'live', 'silence');
  await recovered(client, 5000);
  expectEqual(frames.size, 0, 'documents beside the page');
});

await test('a_page_that_removes_it_before_anything_has_come', async () => {
  const client = await moved();
  await passUntil(() => client.session.realm, 'a session in another document');
  addresses.told = addresses.now;
  [...frames].forEach((frame) => frame.remove());
  await passUntil(() => !client.session.realm, 'another session');
  await recovered(client, 5000);
});

await test('no_document_outlives_a_client', async () => {
  for (const when of [(client) => frames.size > 0 && !client.session.realm, (client) => client.session.realm]) {
    const client = await moved();
    await passUntil(() => when(client), 'another document');
    client.finish('left', '');
    await run(5000);
    expectEqual(frames.size, 0, 'documents beside the page');
    expectEqual(peers().filter((peer) => peer.connectionState !== 'closed').length, 0, 'peer connections');
  }
});

await test('a_document_in_which_no_session_can_be_made', async () => {
  const client = await moved();
  const { addTransceiver } = Peer.prototype;
  let refused = 0;
  Peer.prototype.addTransceiver = () => {
    refused++;
    throw new Error('no more of them');
  };
  await passUntil(() => refused > 0, 'the first attempt');
  Peer.prototype.addTransceiver = addTransceiver;
  await run(100);
  expectEqual(frames.size, 0, 'documents beside the page');
  await passUntil(() => client.links.at(-1) === 'live' && !client.reconnecting, 'it to be live again');
  await recovered(client, 1000);
});

Object.assign(addresses, { told: [], now: [] });
finish();
