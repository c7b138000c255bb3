// A browser may not know yet where it is. Chromium tells documents of another address only when it has
// been there for a while (net::NetworkChangeNotifier: 2 s on Linux, 1.5 s on Windows, 1 s on Android,
// 0.5 s on macOS), and until then their peer connections are bound to addresses that are gone. Each
// document has a list of its own, though: one that is made now begins with the addresses of now.

const LOOK_MOST = 150; // [ms] for an address to be found: it takes 5 to 30
const LOOK_OVER = 500; // [ms] all of it: who is to reconnect does not wait for a browser that does not answer
const LOOK_ON = 20; // [ms] for those beside it; candidates of TCP come 0.1 s later and tell nothing new

/** Addresses of the machine in a description; names that hide them (mDNS) say nothing. @param {string} sdp */
function hostAddresses(sdp) {
  const found = sdp.matchAll(/^a=candidate:\S+ 1 (?:udp|tcp) \d+ (\S+) \d+ typ host/gim);
  return new Set([...found].map((m) => m[1]).filter((a) => !a.endsWith('.local')));
}

/** The address that a connection sends from; undefined when it has no pair in use. @param {RTCPeerConnection} pc */
async function addressInUse(pc) {
  const stats = /** @type {any} */ (await pc.getStats());
  for (const s of stats.values()) {
    if (s.type === 'transport' && s.selectedCandidatePairId) {
      return stats.get(stats.get(s.selectedCandidatePairId)?.localCandidateId)?.address;
    }
  }
  return undefined;
}

/** An empty document beside the page, which is where a peer connection may live. */
export class Realm {
  constructor() {
    this.frame = document.createElement('iframe');
    this.frame.hidden = true;
    document.documentElement.append(this.frame);
    this.window = /** @type {Window & typeof globalThis} */ (this.frame.contentWindow);
  }

  /** What it sees of the network: host addresses. @returns {Promise<Set<string>>} */
  async addresses() {
    const pc = new this.window.RTCPeerConnection();
    const all = new Promise((done) => {
      pc.onicecandidate = () => setTimeout(done, LOOK_ON);
      setTimeout(done, LOOK_MOST);
    });
    pc.createDataChannel('');
    await pc.setLocalDescription();
    await all;
    const found = hostAddresses(pc.localDescription?.sdp ?? '');
    pc.close();
    return found;
  }

  /** It ends with everything in it, and no event tells of that, when the page loses its element. */
  get ended() {
    return !this.frame.isConnected;
  }

  /** Ends what lives in it. */
  close() {
    this.frame.remove();
  }
}

/**
 * A document that has an address of which the browser has not told this connection, when the one that
 * the connection used is gone; else null. Who gets it closes it.
 * @param {RTCPeerConnection} pc @returns {Promise<Realm|null>}
 */
export async function elsewhere(pc) {
  const known = hostAddresses(pc.localDescription?.sdp ?? '');
  if (known.size === 0) {
    return null; // bound to no address, so it moves by itself
  }
  let realm = null;
  try {
    realm = new Realm();
    const late = new Promise((_, fail) => { setTimeout(() => fail(new Error('late')), LOOK_OVER); });
    const [now, used] = await Promise.race([Promise.all([realm.addresses(), addressInUse(pc)]), late]);
    if (!(used && now.has(used)) && [...now].some((a) => !known.has(a))) {
      return realm;
    }
  } catch (error) {
    console.warn('The network cannot be looked at.', error);
  }
  realm?.close();
  return null;
}
