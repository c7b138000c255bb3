// What a participant may do in a tour: the object `can` of the protocol, resolved.

/** @typedef {import('./types.js').Capabilities} Capabilities */
/** @typedef {import('./types.js').Participant} Participant */
/** @typedef {import('./types.js').SourceKind} SourceKind */
/** @typedef {import('./types.js').Tour} Tour */

/** @type {Capabilities} */
const ALL = { audio: 'both', camera: 'both', screen: 'both', chat: true, point: true };
/** @type {Capabilities} who watches only */
const OBSERVER = { audio: 'receive', camera: 'receive', screen: 'receive', chat: false, point: false };

/** @type {Record<SourceKind, 'audio'|'camera'|'screen'>} */
const MEMBERS = { microphone: 'audio', camera: 'camera', screen: 'screen' };

/**
 * @param {Tour|null} tour @param {Participant|null|undefined} person
 * @returns {Capabilities}
 */
export function capabilities(tour, person) {
  if (person?.can) {
    return person.can;
  }
  if (person?.role === 'ops') {
    return OBSERVER;
  }
  return tour?.can?.[person?.host ? 'host' : 'guest'] ?? ALL; // a server before these rights
}

/** @param {Capabilities} can @param {SourceKind} kind */
export function maySend(can, kind) {
  return ['send', 'both'].includes(can[MEMBERS[kind]]);
}
