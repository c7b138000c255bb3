// A test in a network namespace of its own: its server, browsers and other clients see one address
// that is not loopback, their losses are nobody else's, and nothing leaves the machine.
import { spawnSync, execFileSync } from 'node:child_process';

/** The address in the namespace: what is sent to it stays in the kernel. */
export const ADDRESS = '10.77.0.1';
const MARK = 'ORIEL_TEST_NETNS';

const UP = `set -e
ip link set lo up
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
