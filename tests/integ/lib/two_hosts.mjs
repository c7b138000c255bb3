// A client's network and a server's, each a namespace of its own with a cable between them: the
// client's addresses come and go while it plays, nobody else sees it, nothing leaves the machine.
// The test itself and what it starts are on the client's side.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { until } from './harness.mjs';

const MARK = 'ORIEL_TEST_TWO_HOSTS';

const WITHOUT_DAD = ['sh', ['-c', 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad']];
const LINK_LOCAL = ['ip', '-6', 'addr', 'show', 'dev'];

const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });

/** Runs the rest of the program in a namespace: call it first. False when none can be made here. */
export function enterClientNetwork() {
  if (process.env[MARK]) {
    return true;
  }
  // Root may; others may in a user namespace, where the kernel lets them.
  const how = process.getuid() === 0 ? ['--net'] : ['--map-root-user', '--net'];
  if (spawnSync('unshare', [...how, 'ip', 'link', 'set', 'lo', 'up']).status !== 0) {
    return false;
  }
  const { status } = spawnSync('unshare', [...how, process.execPath, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });
  process.exit(status ?? 1);
}

const networkOf = (pid) => fs.readlinkSync(`/proc/${pid}/ns/net`);

/** The server's side; ends with the test. */
export class ServerNetwork {
  /** addresses: [address with prefix length] of the server's end; the client's end has none yet. */
  static async open(addresses) {
    ip('link', 'set', 'lo', 'up');
    const network = new ServerNetwork();
    network.holder = spawn('unshare', ['--net', 'sleep', '3600'], { stdio: 'ignore' });
    process.on('exit', () => network.close());
    await until(() => networkOf(network.holder.pid) !== networkOf('self'), 'the other network');
    // Else the links have addresses of their own only a second or two later, when nobody answered to them: a browser
    // that loads its first page by then is told that its network has changed, and gives up what it fetches.
    for (const [program, args] of [WITHOUT_DAD, network.command(WITHOUT_DAD.flat())]) {
      execFileSync(program, args);
    }
    ip('link', 'add', 'client', 'type', 'veth', 'peer', 'name', 'server');
    ip('link', 'set', 'server', 'netns', String(network.holder.pid));
    for (const command of [['link', 'set', 'lo', 'up'], ['link', 'set', 'server', 'up'],
      ...addresses.map((a) => addressCommand('add', a, 'server'))]) {
      execFileSync(...network.command(['ip', ...command]));
    }
    ip('link', 'set', 'client', 'up');
    const [program, args] = network.command([...LINK_LOCAL, 'server']);
    await until(() => [execFileSync(program, args), ip(...LINK_LOCAL.slice(1), 'client')].every((said) =>
      said.includes('fe80') && !said.includes('tentative')), "the links' own addresses");
    return network;
  }

  /** argv of a command that runs there, as execFile takes it. */
  command([program, ...args]) {
    return ['nsenter', [...this.argv, program, ...args]];
  }

  /** What the server sends passes at this rate from now on [kbit/s], behind a queue of so many bytes. */
  limitRate(kbps, queue) {
    const there = (...args) => execFileSync(...this.command(args));
    there('ip', 'link', 'set', 'dev', 'server', 'gso_max_segs', '1'); // packets as on a wire
    there('tc', 'qdisc', 'replace', 'dev', 'server', 'root', 'tbf', 'rate', `${kbps}kbit`, 'burst', '3k',
      'limit', String(queue));
  }

  /** Sets what nft filters there; '' filters nothing. */
  filter(rules) {
    execFileSync(...this.command(['nft', '-f', '-']), { input: `flush ruleset\n${rules}` });
  }

  get argv() {
    return ['--target', String(this.holder.pid), '--net', '--'];
  }

  /** A program that runs another one there, for who wants the path of a browser. */
  wrapper(program) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'oriel-there-'));
    process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
    const file = path.join(dir, path.basename(program));
    fs.writeFileSync(file, `#!/bin/sh\nexec nsenter ${this.argv.join(' ')} ${program} "$@"\n`, { mode: 0o755 });
    return file;
  }

  close() {
    this.holder.kill('SIGKILL');
  }
}

const addressCommand = (what, address, device) =>
  ['addr', what, address, 'dev', device, ...(what === 'add' && address.includes(':') ? ['nodad'] : [])];

/** Gives the client an address, or takes it away: it is gone at once, and so is what used it. */
export const addAddress = (address) => ip(...addressCommand('add', address, 'client'));
export const takeAddress = (address) => ip(...addressCommand('del', address, 'client'));
/** The client reaches everything else by this one; routes go with the last address. */
export const routeBy = (address) => ip('route', 'replace', 'default', 'via', address, 'dev', 'client');
/** The client has these addresses and no other. */
export function setAddresses(...addresses) {
  ip('addr', 'flush', 'dev', 'client', 'scope', 'global');
  addresses.forEach(addAddress);
}
