// web/lib/oriel.js before a host has let it in, in virtual time.
import { expect, expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { network, run as runOnce, server } from './lib_oriel.mjs';

const { OrielClient } = await import('../../web/lib/oriel.js');
console.warn = () => undefined;

/** Time passes, and promises are kept even while no timer runs. */
async function run(ms) {
  for (let left = ms; left > 0; left -= 10) {
    await new Promise((done) => { setImmediate(done); });
    await runOnce(Math.min(10, left));
  }
}

const answer = server.answer;
const gate = { open: false, inside: false };
const outside = { participant: { id: 'p1' }, tour: { recording: false, lobby: true }, resume: 'secret' };

/** A tour with a lobby: no media, and no join, before the gate is open. */
server.answer = function lobby(message) {
  const waits = !gate.inside && ['join', 'resume'].includes(message.type);
  if (waits && !(gate.open && message.type === 'join')) {
    return { type: 'lobby', ...outside, ...(gate.open && { admitted: true }) };
  }
  gate.inside ||= message.type === 'join';
  const reply = answer.call(server, message);
  const types = { join: 'joined', resume: 'resumed', restart: 'restarted' };
  return { ...reply, type: types[reply.type] ?? reply.type };
};

/** What the server says by itself. */
const say = (message) => server.sockets.findLast((s) => s.readyState === 1).onmessage({ data: JSON.stringify(message) });

let last = null;

/** A client that waits. */
async function knocked() {
  server.reset();
  Object.assign(gate, { open: false, inside: false });
  Object.assign(network, { up: true, delay: 20 });
  last?.finish('left', '');
  const client = new OrielClient({ url: 'ws://there', token: 't', gallery: 1, audio: 1 });
  last = client;
  client.events = [];
  for (const type of ['lobby', 'admitted', 'ended', 'waiting', 'roster']) {
    client.addEventListener(type, () => client.events.push(type));
  }
  client.done = client.join({ name: 'Ada', codec: 'vp8' }).then((joined) => joined.type, (error) => error.code);
  client.done.then((how) => { client.how = how; });
  await run(1000);
  expectEqual(client.events.join(), 'lobby', 'the events');
  expectEqual(client.session, null, 'the session');
  return client;
}

const lose = (client) => client.signal.socket.onclose({ code: 1006 });

/** It is in, by one join more, with a transport, and what it publishes is sent. */
async function isIn(client) {
  await run(3000);
  expectEqual(client.how, 'joined', 'the join');
  expectEqual(client.session.pc.connectionState, 'connected', 'the transport');
  expectEqual(client.lobby.waiting, null, 'waiting');
}

const asked = (type) => server.asked.filter(([t]) => t === type).length;

await test('admitted_by_an_event', async () => {
  const client = await knocked();
  gate.open = true;
  say({ type: 'admitted' });
  await isIn(client);
  expectEqual(asked('join'), 2, 'joins');
  expect(client.events.includes('admitted'), 'the event');
});

await test('admitted_while_the_connection_was_lost', async () => {
  const client = await knocked();
  lose(client);
  gate.open = true;
  await isIn(client);
  expectEqual(`${asked('resume')} ${asked('join')}`, '1 2', 'resumes and joins');
});

await test('still_waiting_after_an_outage', async () => {
  const client = await knocked();
  lose(client);
  await run(3000);
  expectEqual(client.events.join(), 'lobby,lobby', 'the events');
  expectEqual(client.how, undefined, 'the join');
  gate.open = true;
  say({ type: 'admitted' });
  await isIn(client);
});

await test('the_answer_to_the_second_join_is_lost', async () => {
  const client = await knocked();
  gate.open = true;
  say({ type: 'admitted' });
  await run(30); // the server has it, and its answer is under way
  expectEqual(gate.inside, true, 'inside');
  lose(client);
  client.signal.socket.readyState = 3;
  await run(3000);
  expectEqual(client.how, 'resumed', 'the join');
  expectEqual(client.session.pc.connectionState, 'connected', 'the transport');
  expectEqual(asked('restart'), 1, 'restarts');
});

await test('refused_and_ended', async () => {
  for (const [message, code] of [[{ type: 'error', code: 'removed', message: '' }, 'removed'],
    [{ type: 'tour_ended', reason: 'ended' }, 'tour_ended']]) {
    const client = await knocked();
    say(message);
    await run(100);
    expectEqual(client.how, code, 'the join');
    expect(client.events.includes('ended'), 'the event');
    await run(5000);
    expectEqual(asked('resume'), 0, 'resumes');
  }
});

await test('in_the_tour_and_the_server_knows_no_more_of_it', async () => {
  const client = await knocked();
  gate.open = true;
  say({ type: 'admitted' });
  await isIn(client);
  Object.assign(gate, { open: false, inside: false }); // another process
  server.transport = null;
  server.transports.clear();
  const { answer: lobby } = server;
  server.answer = (message) => (message.type === 'resume' ? { type: 'error', code: 'resume_unknown', message: '' }
    : lobby.call(server, message));
  let back = 0;
  client.addEventListener('back', () => back++);
  lose(client);
  client.signal.socket.readyState = 3;
  await run(5000);
  server.answer = lobby;
  expectEqual(client.events.filter((e) => e === 'lobby').length, 2, 'told to wait again');
  expect(client.session === null && !client.reconnecting, 'it waits');
  gate.open = true;
  say({ type: 'admitted' });
  await run(3000);
  expectEqual(back, 1, 'back');
  expectEqual(client.session.pc.connectionState, 'connected', 'the transport');
});

await test('a_host_is_told_who_waits', async () => {
  const client = await knocked();
  const lists = [];
  client.addEventListener('waiting', (e) => lists.push(e.detail.map((p) => p.id).join('+')));
  gate.open = true;
  say({ type: 'admitted' });
  await isIn(client);
  say({ type: 'lobby_joined', participant: { id: 'p2', name: 'Bob' } });
  say({ type: 'lobby_joined', participant: { id: 'p3', name: 'Cyd' } });
  say({ type: 'lobby_left', id: 'p2', reason: 'admitted' });
  expectEqual(lists.join(), ',p2,p2+p3,p3', 'the lists');
});

await test('a_host_is_told_who_receives_badly_until_he_is_none', async () => {
  const client = await knocked();
  const told = [];
  client.addEventListener('reception', (e) => told.push([...e.detail].join('+')));
  gate.open = true;
  say({ type: 'admitted' });
  await isIn(client);
  say({ type: 'participant_changed', participant: { ...client.me, host: true } });
  say({ type: 'reception', weak: [{ participant: 'p2', quality: 'poor' }, { participant: 'p3', quality: 'fair' }] });
  say({ type: 'reception', weak: [{ participant: 'p3', quality: 'fair' }] });
  say({ type: 'participant_changed', participant: { ...client.me, host: false } });
  expectEqual(told.join(), 'p2,poor+p3,fair,p3,fair,', 'the lists');
  expectEqual(client.reception.size, 0, 'and now');
});

finish();
