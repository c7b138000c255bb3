// A test in a network namespace of its own: its server, browsers and other clients see one address
// that is not loopback, their losses are nobody else's, and nothing leaves the machine.
import { spawnSync, execFileSync } from 'node:child_process';

/** The address in the namespace: what is sent to it stays in the kernel. */
export const ADDRESS = '10.77.0.1';
const MARK = 'ORIEL_TEST_NETNS';

// Links have addresses of their own at once, not a second later: of a change browsers give up what they fetch.
const UP = `set -e
ip link set lo up
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link add v0 type veth peer name v1
ip addr add ${ADDRESS}/24 dev v0
ip link set v0 up
ip link set v1 up
exec "$@"`;

/** Runs the rest of the program in a namespace: call it first. False when none can be made here. */
export function enterNamespace() {
  if (process.env[MARK]) {
    return true;
  }
  // Root may; others may in a user namespace, where the kernel lets them.
  const how = process.getuid() === 0 ? ['--net'] : ['--map-root-user', '--net'];
  const inside = [...how, 'sh', '-c', UP, 'sh'];
  if (spawnSync('unshare', [...inside, 'true']).status !== 0) {
    return false;
  }
  const { status } = spawnSync('unshare', [...inside, process.execPath, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });
  process.exit(status ?? 1);
}

/** Sets what nft filters in the namespace; '' filters nothing. */
export function filter(rules) {
  execFileSync('nft', ['-f', '-'], { input: `flush ruleset\n${rules}` });
}

/** What the counters of the filter say, in their order: packets each. */
export function counted() {
  const text = execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
  return [...text.matchAll(/counter packets (\d+)/g)].map((m) => Number(m[1]));
}

/** Trains of packets are cut apart before they are dropped or queued, as on a wire: else they would
 *  be lost as a whole. */
export function splitTrains() {
  execFileSync('ip', ['link', 'set', 'dev', 'lo', 'gso_max_segs', '1']);
}

/** What nft gives the class 1:10 (meta priority) goes out at this rate from now on [kbit/s], behind a
 *  queue of its own; 0: as fast as it comes. */
export function limitRate(kbps) {
  const tc = (...args) => execFileSync('tc', args);
  const rate = ['parent', '1:', 'classid', '1:10', 'htb', 'rate', `${kbps}kbit`, 'burst', '3k'];
  if (kbps === 0) {
    tc('qdisc', 'del', 'dev', 'lo', 'root');
  } else if (limitRate.up) {
    tc('class', 'change', 'dev', 'lo', ...rate);
  } else {
    tc('qdisc', 'add', 'dev', 'lo', 'root', 'handle', '1:', 'htb');
    tc('class', 'add', 'dev', 'lo', ...rate);
    tc('qdisc', 'add', 'dev', 'lo', 'parent', '1:10', 'bfifo', 'limit', '60000');
  }
  limitRate.up = kbps > 0;
}
