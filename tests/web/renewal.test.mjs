// web/lib/renewal.js and seats beside each other, in virtual time.
import { expect, expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { clock, network, run, server } from './lib_oriel.mjs';

const { OrielClient, OrielError } = await import('../../web/lib/oriel.js');
console.warn = () => undefined;

const LASTS = 240000; // [ms] a seat
let last = null;

/** What the server of lib_oriel.mjs does not know: seats that end. */
const plain = server.answer;
let said = []; // what was asked, whole
let refuse = null; // the code that a renewal gets
let device;
let taken = 0; // joins that are asked
server.answer = (message) => {
  said.push(message);
  const seat_ends_at = new Date(clock.now + LASTS).toISOString();
  if (message.type === 'renew') {
    return refuse ? { type: 'error', code: refuse, message: '' } : { type: 'renewed', resume: 'fresh', seat_ends_at };
  }
  if (message.type === 'join' && message.seat !== 'beside' && taken > 0) {
    return { type: 'error', code: 'seat_taken', message: '' };
  }
  const reply = plain.call(server, message);
  return reply.participant ? { ...reply, participant: { id: 'p1', device }, seat_ends_at } : reply;
};

const asked = (type) => said.filter((m) => m.type === type);

async function joined(options = {}, join = {}) {
  server.reset();
  Object.assign(network, { up: true, delay: 20 });
  last?.finish('left', '');
  said = [];
  refuse = null;
  taken = 0;
  device = options.device;
  const client = new OrielClient({ url: 'ws://there', token: 'old', gallery: 1, audio: 1, ...options });
  last = client;
  client.addEventListener('ended', (e) => { client.ended = e.detail.code; });
  const done = client.join({ name: 'Ada', codec: 'vp8', ...join });
  await run(1000);
  await done;
  return client;
}

await test('a seat is renewed before it ends, again and again', async () => {
  let tokens = 0;
  const client = await joined({ getToken: async () => `token${++tokens}` });
  await run(LASTS * 0.89);
  expectEqual(asked('renew').length, 0, 'renewals, with more than a tenth left');
  await run(LASTS * 0.02);
  expectEqual(asked('renew').map((m) => m.token).join(), 'token1', 'the token');
  expectEqual(client.resumeToken, 'fresh', 'the secret');
  expectEqual(said.at(-1).type, 'ping', 'the server is told that the secret has come');
  await run(LASTS * 0.92);
  expectEqual(asked('renew').map((m) => m.token).join(), 'token1,token2', 'the tokens');
  client.finish('left', '');
  await run(2 * LASTS);
  expectEqual(asked('renew').length, 2, 'renewals, after the end');
});

await test('what fails is tried again, and ends nothing', async () => {
  const client = await joined({ getToken: async () => 'new' });
  refuse = 'token_keys_unavailable';
  await run(LASTS * 0.91);
  expectEqual(asked('renew').length, 1, 'renewals');
  await run(61000);
  expectEqual(asked('renew').length, 2, 'renewals, a minute later');
  refuse = null;
  await run(61000);
  expectEqual(client.resumeToken, 'fresh', 'the secret');
  await run(120000);
  expectEqual(asked('renew').length, 3, 'renewals, once it went well');
  expectEqual(client.ended, undefined, 'the end');
});

await test('without a source of tokens nothing is renewed', async () => {
  await joined();
  await run(2 * LASTS);
  expectEqual(asked('renew').length, 0, 'renewals');
});

await test('who has to choose is told so, and nobody chooses for him', async () => {
  const client = await joined();
  client.finish('left', '');
  const second = new OrielClient({ url: 'ws://there', token: 'old', tour: 'demo', gallery: 1, audio: 1 });
  last = second;
  taken = 1;
  let code = '';
  second.join({ name: 'Ada', codec: 'vp8' }).catch((error) => { code = error instanceof OrielError && error.code; });
  await run(5000);
  expectEqual(code, 'seat_taken', 'the error');
  expectEqual(asked('join').at(-1).tour, 'demo', 'the tour');
  const done = second.join({ name: 'Ada', codec: 'vp8', seat: 'beside' });
  await new Promise((resolve) => { setImmediate(resolve); }); // no timer runs yet that would let it begin
  await run(1000);
  await done;
  expectEqual(asked('join').at(-1).seat, 'beside', 'the choice');
});

/** The server is started anew and knows of no seat. */
async function restart(client) {
  const once = server.answer;
  server.answer = (message) => (message.type === 'resume'
    ? said.push(message) && { type: 'error', code: 'resume_unknown', message: '' } : once(message));
  server.transport = null;
  client.signal.socket.close();
  await run(3000);
  server.answer = once;
}

await test('after a restart of the server one of several devices comes back beside the others', async () => {
  const client = await joined({ device: 2 }, { seat: 'take_over' });
  taken = 1;
  await restart(client);
  expectEqual(asked('join').map((m) => m.seat).join(), 'take_over,beside', 'the choices');
  expectEqual(client.ended, undefined, 'the end');
});

await test('a consent that was taken back is not given again by a restart of the server', async () => {
  const client = await joined();
  const taken = client.consent(false);
  await run(100);
  await taken;
  await client.publish('camera', { kind: 'video', getSettings: () => ({}) });
  const sender = () => client.session?.senders.get('camera').sender;
  const tracks = [];
  const answer = server.answer;
  server.answer = (message) => {
    tracks.push([message.type, Boolean(sender()?.track)].join(' '));
    const reply = answer(message);
    return { ...reply, type: reply.type === 'join' ? 'joined' : reply.type };
  };
  await restart(client);
  server.answer = answer;
  expectEqual(tracks.filter((t) => /join|consent/.test(t)).join(), 'join false,consent false', 'what is asked, and is a camera sent');
  expectEqual(asked('consent').at(-1).recording, false, 'the consent');
  expect(sender().track, 'the camera is sent again');
  const again = client.join({ name: 'Ada', codec: 'vp8' }); // with a consent that a person has given
  await run(1000);
  await again;
  await restart(client);
  expectEqual(asked('consent').length, 2, 'what is said of consent');
  client.finish('left', '');
});

/** A client that took its consent back; told: what is asked from now on, and whether a camera is sent then. */
async function withdrawn() {
  const client = await joined();
  const taken = client.consent(false);
  await run(100);
  await taken;
  const camera = { kind: 'video', getSettings: () => ({}) };
  await client.publish('camera', camera);
  const told = [];
  const sent = () => Boolean(client.session?.senders.get('camera').sender.track);
  return { client, camera, told, sent };
}

await test('nor when the connection is lost before it is taken back', async () => {
  const { client, told, sent } = await withdrawn();
  const answer = server.answer;
  let cut = 0;
  server.answer = (message) => {
    told.push([message.type, sent()].join(' '));
    if (message.type === 'resume' && cut === 0) {
      return { type: 'error', code: 'resume_unknown', message: '' };
    }
    if (message.type === 'consent' && cut++ === 0) { // the transport is gone, too
      server.spent = server.transport.certificate;
      server.transport = null;
      client.session.pc.become('failed');
      client.signal.socket.close();
    }
    const reply = answer(message);
    return { ...reply, type: reply.type === 'join' ? 'joined' : reply.type };
  };
  server.transport = null;
  client.signal.socket.close();
  await run(5000);
  server.answer = answer;
  expectEqual(told.filter((t) => /consent/.test(t)).join(), 'consent false,consent false', 'is a camera sent');
  expect(told.some((t) => t === 'resume false') && sent(), 'and then it is');
  client.finish('left', '');
});

await test('nor by a page that publishes meanwhile', async () => {
  const { client, camera, told, sent } = await withdrawn();
  client.on('roster', () => { client.publish('camera', camera); });
  const answer = server.answer;
  server.answer = (message) => {
    told.push([message.type, sent()].join(' '));
    const reply = answer(message);
    return { ...reply, type: reply.type === 'join' ? 'joined' : reply.type };
  };
  await restart(client);
  server.answer = answer;
  expectEqual(told.filter((t) => /consent/.test(t)).join(), 'consent false', 'is a camera sent');
  expect(sent(), 'and then it is');
  client.finish('left', '');
});

await test('nor when the answer to that was lost', async () => {
  const client = await joined();
  const answer = server.answer;
  let lost = '';
  client.consent(false).catch((error) => { lost = error.code; });
  server.answer = (message) => { // restarted while it answered
    if (message.type === 'consent' && !lost) {
      client.signal.socket.close();
    }
    const reply = message.type === 'resume' ? { type: 'error', code: 'resume_unknown', message: '' } : answer(message);
    return { ...reply, type: reply.type === 'join' ? 'joined' : reply.type };
  };
  await run(3000);
  server.answer = answer;
  expectEqual(lost, 'connection_lost', 'the error');
  expectEqual(said.filter((m) => m.type === 'join' || m.type === 'consent').map((m) => m.type).join(), 'join,consent,join,consent',
    'what is asked');
  client.finish('left', '');
});

await test('who was taken over meanwhile does not take it back by himself', async () => {
  const client = await joined({}, { seat: 'take_over' });
  taken = 1;
  await restart(client);
  expectEqual(asked('join').at(-1).seat, 'ask', 'the choice');
  expectEqual(client.ended, 'seat_taken', 'the end');
  const n = said.length;
  await run(60000);
  expectEqual(said.length, n, 'what is said after that');
});

await test('a seat that was taken over stays so', async () => {
  const client = await joined();
  client.signal.receive('{"type":"error","code":"seat_taken_over","message":""}');
  expectEqual(client.ended, 'seat_taken_over', 'the end');
  const sockets = server.sockets.length;
  await run(60000);
  expect(server.sockets.length === sockets, 'it connects again');
});

finish();
