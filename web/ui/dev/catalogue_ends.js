// What is the whole page: waiting, and every end of a tour, of a host whose name is as long as names may be.

import { endScreen } from '../tour/ends.js';
import { problemScreen } from '../tour/link_problem.js';
import { earlyScreen, lobbyScreen } from '../tour/waiting.js';
import { OrielError } from '../../lib/errors.js';

/** @typedef {import('./catalogue.js').Entry} Entry */

const nothing = () => {};
const NAME = 'Wolfeschlegelsteinhausenbergerdorff'.repeat(4).slice(0, 128); // docs/protocol.md
const CODES = ['left', 'tour_ended', 'seat_taken_over', 'seat_taken', 'seats_full', 'token_revoked', 'token_expired', 'tour_locked', 'removed',
  'connection_lost', 'other'];
const LINKS = ['token_missing', 'token_tour', 'token_invalid', 'token_expired', 'token_not_yet_valid', 'unreachable', 'server_overloaded'];

/** @param {Record<string, any>} [more] @returns {any} */
const tour = (more = {}) => ({ name: 'demo', title: 'Demo tour', state: 'waiting', ...more,
  property: { address: '12 Elm Street, Millbrook', agency: { name: 'Hearth & Key', phone: '+1 555 0100' }, agent: { name: NAME, phone: '+1 555 0123' } } });

/** @type {Entry[]} */
export const END_PARTS = [
  { part: 'Waiting', states: [
    { name: 'too early', wide: true, draw: () => earlyScreen({ tour: tour({ starts_at: '2126-01-01T00:00:00Z' }), lost: false }, {}) },
    { name: 'nobody knows of it yet', wide: true, draw: () => earlyScreen({ tour: null, lost: true, long: true }, {}) },
    { name: 'in the lobby', wide: true, draw: () => lobbyScreen({ tour: tour(), lost: false }, {}, nothing) },
    { name: 'the host is here', wide: true, draw: () => lobbyScreen({ tour: tour({ state: 'live', led_by: NAME }), lost: true }, {}, nothing) }] },
  { part: 'End', states: [
    ...CODES.map((code) => ({ name: code, wide: true, draw: () => endScreen({ code, tour: tour() }, nothing) })),
    { name: 'of a tour that nothing is known of', wide: true, draw: () => endScreen({ code: 'connection_lost', tour: null }, nothing) },
    { name: 'for who led it', wide: true, draw: () => endScreen({ code: 'tour_ended', tour: tour(), hosts: true, recorded: true }, nothing) }] },
  { part: 'LinkProblem', states: LINKS.map((code) => ({ name: code, wide: true, draw: () => problemScreen(new OrielError(code, 'A sentence.'), nothing) })) },
];
