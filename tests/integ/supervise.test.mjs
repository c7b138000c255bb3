// `serve --supervise`: the server dies and nobody is refused: its sockets outlive it, and the next one has them.
import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, expectEqual, finish, pause, test, until } from './lib/harness.mjs';
import { ORIEL, Server, tempDir, writeConfig } from './lib/server.mjs';

const runtime = path.join(tempDir('/dev/shm'), 'run');
const config = await writeConfig(tempDir(), (c) => {
  c.runtime_dir = runtime;
  c.media = { address: '127.0.0.1', port: 0, workers: 2 };
  c.log = { format: 'json', level: 'info' };
  c.recording = { enabled: false };
});
const { port } = JSON.parse(fs.readFileSync(config)).listen;
const start = () => new Server([ORIEL, 'serve', '-c', config, '--supervise']).ready;
const server = await start();
const said = (event) => server.log.filter((l) => l.startsWith('{')).map((l) => JSON.parse(l)).filter((l) => l.event === event);
const starts = () => said('listening').length;

/** The server itself: the parent has no other child. */
function child(parent = server.pid) {
  const [pid] = fs.readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return pid;
}

/** What a process has open but for its standard streams; sockets by the number that the system has for each. */
function opened(pid) {
  return fs.readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) > 2).flatMap((fd) => {
    try {
      return [fs.readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // it has been closed meanwhile
    }
  });
}

const sockets = (pid) => opened(pid).filter((to) => to.startsWith('socket:'));

/** Connects again and again until it is told to stop; how often, and what went wrong. */
function knock() {
  const seen = { connected: 0, errors: [] };
  let stopped = false;
  const once = () => new Promise((resolve) => {
    const to = net.connect(port, '127.0.0.1', () => {
      seen.connected++;
      to.destroy();
      resolve();
    });
    to.on('error', (e) => {
      seen.errors.push(e.code);
      resolve();
    });
  });
  const all = (async () => {
    while (!stopped) {
      await once();
      await pause(5); // ports for these are not without end
    }
    return seen;
  })();
  return async () => {
    stopped = true;
    return all;
  };
}

const first = child();
// The parent takes what it is told when it gets its turn, which may be later than the child serves.
await until(() => sockets(server.pid).length >= 6, 'the parent holds the sockets', 60000);
const held = sockets(server.pid);
const mediaPort = said('listening')[0].media_port;

await test('the_parent_holds_what_is_listened_on_and_nothing_else', async () => {
  expectEqual(held.length, 6, 'http, two workers of UDP and TCP, and what the child tells it by');
  expectEqual(fs.readdirSync(`/proc/${server.pid}/task`).length, 1, 'threads');
  const others = opened(server.pid).filter((to) => !/^(socket|pipe):/.test(to)); // pipes are of who runs the test
  expectEqual(others.join(), 'anon_inode:[signalfd]', 'what else it has open');
});

await test('a_kill_refuses_nobody_and_the_ports_stay', async () => {
  const stop = knock();
  process.kill(first, 'SIGKILL');
  await until(() => starts() === 2, 'the second process serves', 60000);
  const seen = await stop();
  expectEqual(seen.errors.join(), '', `of ${seen.connected} connections`);
  expect(seen.connected > 0, 'nobody connected');
  expect(child() !== first, 'another process');
  expectEqual(said('listening')[1].media_port, mediaPort, 'the port of media, which the system chose');
  expectEqual(said('sockets_given').map((l) => `${l.used} ${l.refused} ${l.unwanted}`).join(), '5 0 0', 'what was given');
  const now = sockets(child());
  const kept = held.filter((s) => now.includes(s)).length;
  expectEqual(kept, 5, 'sockets that both processes had');
  expect(server.log.some((l) => /the server has died \(signal 9\); it is started again in 0 ms, with 5 sockets/.test(l)),
    'the parent says what it does');
  expectEqual(await server.metric('oriel_sockets_given{result="used"}'), 5, 'the metric');
});

await test('who_asks_while_there_is_no_process_is_answered_by_the_next', async () => {
  const before = starts();
  process.kill(child(), 'SIGKILL');
  const answers = await Promise.all(Array.from({ length: 20 }, async () => (
    await fetch(`http://127.0.0.1:${port}/health`)).status));
  expect(answers.every((s) => s === 200), `answers: ${answers}`);
  await until(() => starts() === before + 1, 'the third process serves', 60000);
});

await test('a_datagram_reaches_the_worker_that_has_the_socket_now', async () => {
  // A binding request of nobody's (RFC 8489): it is looked at and counted, and not answered.
  const request = Buffer.alloc(20);
  request.writeUInt16BE(1, 0);
  request.writeUInt32BE(0x2112A442, 4);
  const counted = async () => (await server.metric('oriel_media_rx_stun')) + (await server.metric('oriel_media_drop_'));
  const before = await counted();
  const from = dgram.createSocket('udp4');
  await until(async () => {
    from.send(request, mediaPort, '127.0.0.1');
    return (await counted()) > before;
  }, 'the datagram is counted');
  from.close();
});

await test('signals_go_to_the_child', async () => {
  const pid = child();
  server.child.kill('SIGHUP');
  await until(() => said('reloaded').length === 1, 'the child reads its settings again', 60000);
  expectEqual(child(), pid, 'and goes on');
});

await test('the_third_death_within_half_a_minute_begins_clean', async () => {
  const before = starts();
  const noted = Buffer.alloc(24); // as the two starts before this one would have, had there been sessions
  noted.writeBigUInt64LE(0x737472617473n);
  [16, 8].forEach((at) => noted.writeBigInt64LE(process.hrtime.bigint() / 1000n, at));
  expectEqual(await server.metric('oriel_live_clean_start'), 0, 'the metric before');
  expect(!fs.existsSync(path.join(runtime, 'starts')), 'a start without sessions is not noted');
  process.kill(server.pid, 'SIGSTOP'); // the file of the process that dies is to be there for the next one
  process.kill(child(), 'SIGKILL');
  fs.writeFileSync(path.join(runtime, 'starts'), noted, { mode: 0o600 });
  fs.writeFileSync(path.join(runtime, 'identity.new'), 'left by a process that was killed as it wrote it');
  process.kill(server.pid, 'SIGCONT');
  await until(() => starts() === before + 1, 'it serves again', 60000);
  expectEqual(said('crash_loop').map((l) => l.files).join(), '4', 'files: two workers, identity and what it was to be');
  expectEqual(await server.metric('oriel_live_clean_start'), 1, 'the metric');
  expectEqual(fs.readdirSync(runtime).sort().join(), 'identity,worker-0.live,worker-1.live', 'new ones');
});

await test('another_address_is_bound_anew_and_the_old_socket_closed', async () => {
  const other = JSON.parse(fs.readFileSync(config));
  other.listen.address = '127.0.0.2';
  other.media.workers = 1;
  const before = starts();
  fs.writeFileSync(config, JSON.stringify(other));
  process.kill(child(), 'SIGKILL');
  await until(() => starts() === before + 1, 'it serves again', 60000);
  const last = said('sockets_given').pop();
  expectEqual(`${last.used} ${last.refused} ${last.unwanted}`, '2 1 2', 'used, refused, unwanted');
  expectEqual((await fetch(`http://127.0.0.2:${port}/health`)).status, 200, 'the new address answers');
  await until(() => sockets(server.pid).length === 4, 'the parent lets go of the old ones', 60000);
  const error = await new Promise((resolve) => {
    net.connect(port, '127.0.0.1', () => resolve('connected')).on('error', (e) => resolve(e.code));
  });
  expectEqual(error, 'ECONNREFUSED', 'at the old one');
});

await test('an_end_in_good_order_ends_both', async () => {
  const pid = child();
  const { code, signal } = await server.stop();
  expectEqual(`${code} ${signal}`, '0 null', 'how the parent ended');
  expect(!fs.existsSync(`/proc/${pid}`), 'the child is there still');
  expectEqual(fs.readdirSync(runtime).join(), '', 'what is left in runtime_dir');
});

await test('a_configuration_that_is_wrong_is_not_tried_again', async () => {
  const ran = spawnSync(ORIEL, ['serve', '--supervise', '-c', '/nowhere/oriel.json'], { encoding: 'utf8', timeout: 60000 });
  expectEqual(ran.status, 1, ran.stderr);
  expectEqual(ran.stderr.trim().split('\n').length, 1, `it says so once: ${ran.stderr}`);
});

await test('a_child_does_not_outlive_its_parent', async () => {
  const again = await start();
  const pid = child(again.pid);
  await again.stop('SIGKILL');
  await until(() => !fs.existsSync(`/proc/${pid}`), 'the child ends', 60000);
});

finish();
