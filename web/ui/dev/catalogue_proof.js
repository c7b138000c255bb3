// The check of a recording, in every state, of one that is made up.

import { proofCheck } from '../ops/proof_check.js';

/** @typedef {import('./catalogue.js').Entry} Entry */
/** @typedef {import('../ops/recordings_api.js').Recording} Recording */
/** @typedef {import('../ops/recordings_api.js').Verification} Verification */

const LONG = 'Maximiliana Konstantinopolitanskaja-Featherstonehaugh of Lower Upperthorpe and the Isles';
const ID = '3f0c9a318b1e4d07a6c5514f0e2d7b90';
const nothing = () => {};

/** @param {string} state @param {Partial<Verification>|null} check @param {string} [problem] */
function check(state, check, problem = '') {
  const recording = /** @type {Recording} */ (/** @type {unknown} */ ({ id: ID, state, tracks: [] }));
  const ended = new Date().toISOString();
  return proofCheck({ recording, problem, order: nothing,
    placeOf: (f) => ({ track: f.track === 'programme' ? 'What was on the stage' : `${LONG}, camera`, at: f.segment === 2 ? -1 : 72 }),
    check: check && { state: 'done', permille: 1000, ordered: ended, ended, result: null, opened: true, findings: [], findings_left_out: 0, ...check } });
}

/** @param {string} problem @param {Partial<import('../ops/recordings_api.js').Finding>} [more] */
const finding = (problem, more = {}) => ({ object: '', what: problem, problem, ...more });
const PIECE = { kind: 'media', track: 'programme', epoch: 0, segment: 1, object: `recordings/${ID}/programme/0-1.seg` };
const FOUND = [finding('changed', PIECE), finding('missing', { ...PIECE, track: ID, segment: 2, object: `recordings/${ID}/${ID}/0-2.seg` }),
  finding('unlisted', { object: `recordings/${ID}/programme/0-99.seg.away` }), finding('signature', { kind: 'manifest', object: `recordings/${ID}/manifest/1.man` }),
  finding('disagrees')];

/** @type {Entry[]} */
export const PROOF_PARTS = [
  { part: 'ProofCheck', states: [
    { name: 'never', wide: true, draw: () => check('complete', null) },
    { name: 'waits', wide: true, draw: () => check('complete', { state: 'waiting', permille: 0 }) },
    { name: 'runs', wide: true, draw: () => check('complete', { state: 'running', permille: 421 }) },
    { name: 'whole', wide: true, draw: () => check('complete', { result: 'ok' }) },
    { name: 'whole, without its key', wide: true, draw: () => check('complete', { result: 'ok', opened: false, error: 'key_denied' }) },
    { name: 'whole, and broke off', wide: true, draw: () => check('interrupted', { result: 'ok' }) },
    { name: 'damaged', wide: true, draw: () => check('complete', { result: 'damaged', findings: FOUND, findings_left_out: 12 }) },
    { name: 'could not be checked', wide: true, draw: () => check('complete', { state: 'failed', error: 'io' }) },
    { name: 'could not be ordered', wide: true, draw: () => check('complete', null, 'Too much is going on right now. Try again in a minute.') },
    { name: 'is being recorded', wide: true, draw: () => check('recording', null) }] },
];
