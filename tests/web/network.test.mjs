// web/lib/network.js with a browser that is told what it sees: when is a connection elsewhere?
import { expect, expectEqual, finish, test } from '../integ/lib/harness.mjs';

let sees = []; // addresses that a new document begins with
let frames = 0; // in the page
const candidate = (address, protocol = 'udp') => `a=candidate:1 1 ${protocol} 2122260223 ${address} 40000 typ host generation 0`;
const sdpOf = (addresses) => ['v=0', ...addresses.map((a) => candidate(a))].join('\r\n');

class Gathering {
  createDataChannel() {}
  close() {}
  async setLocalDescription() {
    if (sees === null) {
      throw new Error('the browser refuses');
    }
    this.localDescription = { sdp: sdpOf(sees) };
    sees.forEach((address) => setTimeout(() => this.onicecandidate({ candidate: { address } }), 0));
  }
}

globalThis.document = {
  createElement: () => ({ contentWindow: { RTCPeerConnection: Gathering }, remove: () => frames-- }),
  documentElement: { append: () => frames++ },
};
console.warn = () => {};
const { elsewhere } = await import('../../web/lib/network.js');

/** A connection that was told of `known` and sends from `used`. */
const connection = (known, used) => ({ localDescription: { sdp: sdpOf(known) }, getStats: async () => new Map([
  ['t', { type: 'transport', selectedCandidatePairId: used && 'p' }],
  ['p', { type: 'candidate-pair', localCandidateId: 'l' }], ['l', { type: 'local-candidate', address: used }]]) });

for (const [name, known, used, now, moved] of [
  ['the_address_in_use_became_another', ['10.0.0.1'], '10.0.0.1', ['10.0.0.2'], true],
  ['one_beside_it_stays', ['10.0.0.1', '172.17.0.1'], '10.0.0.1', ['10.0.0.2', '172.17.0.1'], true],
  ['no_pair_is_in_use_any_more', ['10.0.0.1'], undefined, ['10.0.0.2'], true],
  ['nothing_changed', ['10.0.0.1'], '10.0.0.1', ['10.0.0.1'], false],
  ['the_address_in_use_is_still_there', ['10.0.0.1'], '10.0.0.1', ['10.0.0.1', '10.0.0.2'], false],
  ['another_that_was_known_is_left', ['10.0.0.1', '10.0.0.2'], '10.0.0.1', ['10.0.0.2'], false],
  ['there_is_no_network_yet', ['10.0.0.1'], '10.0.0.1', [], false],
  ['addresses_are_hidden', ['10.0.0.1'], '10.0.0.1', ['4f2a.local'], false],
  ['it_is_bound_to_none', ['4f2a.local'], '203.0.113.7', ['10.0.0.2'], false],
  ['the_browser_refuses', ['10.0.0.1'], '10.0.0.1', null, false]]) {
  await test(name, async () => {
    sees = now;
    const realm = await elsewhere(connection(known, used));
    expectEqual(Boolean(realm), moved, 'elsewhere');
    expectEqual(frames, moved ? 1 : 0, 'documents in the page');
    realm?.close();
    expect(frames === 0, 'a document was left');
  });
}
await test('a_browser_that_does_not_answer_is_not_waited_for', async () => {
  sees = ['10.0.0.2'];
  const realm = await elsewhere({ ...connection(['10.0.0.1'], '10.0.0.1'), getStats: () => new Promise(() => {}) });
  expectEqual(realm, null, 'elsewhere');
  expectEqual(frames, 0, 'documents in the page');
});
finish();
