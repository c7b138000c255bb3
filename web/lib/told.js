// What the server tells by itself, and what of the client is different by that.

import { isFinal } from './errors.js';

/** @typedef {import('./oriel.js').OrielClient} OrielClient */

/** @type {Record<string, (client: OrielClient, message: any) => void>} */
const EVENTS = {
  participant_joined: (client, { participant }) => onRoster(client, [participant], []),
  participant_changed: (client, { participant }) => onRoster(client, [participant], []),
  participant_left: (client, left) => onRoster(client, [], [left]),
  roster_changed: (client, { joined, changed, left }) => onRoster(client, [...joined, ...changed], left),
  tour_changed(client, { tour }) {
    client.tour = { property: client.tour?.property, ...tour }; // told only when it is another
    client.sources.heed();
    client.emit('tour', /** @type {import('./types.js').Tour} */ (client.tour));
  },
  source_refused: (client, { source, code, message }) => client.sources.onRefused(source, code, message),
  muted: (client, { source, by }) => client.sources.onMuted(source, by),
  slot: (client, message) => onSlot(client, message),
  layers: (client, { source, active }) => { client.session?.setLayers(source, active); },
  reception: (client, { weak }) => onReception(client, weak),
  speaker: (client, { participant }) => client.emit('speaker', participant),
  recording: (client, { state }) => onRecording(client, state),
  entry: (client, message) => client.ledger.receive(message),
  tour_ending: (client, { at, reason }) => client.emit('ending', { at, reason }),
  tour_ended: (client, { reason }) => (reason === 'maintenance' ? client.finish('draining', 'The tour has ended: the server is being maintained.')
    : client.finish('tour_ended', 'The tour has ended.')),
  admitted: (client) => { client.lobby.admitted(); },
  lobby_joined: (client, message) => client.lobby.receive(message),
  lobby_left: (client, message) => client.lobby.receive(message),
  error(client, { code, message }) {
    if (isFinal(code)) {
      client.finish(code, message);
    }
  },
};

/** A newer server may say more than this client knows. @param {OrielClient} client @param {any} message */
export function told(client, message) {
  if (Object.hasOwn(EVENTS, message.type)) {
    EVENTS[message.type](client, message);
  }
}

/**
 * @param {OrielClient} client
 * @param {import('./types.js').Participant[]} here new or different @param {{id: string}[]} left
 */
function onRoster(client, here, left) {
  here.forEach((p) => client.participants.set(p.id, p));
  left.forEach(({ id }) => client.participants.delete(id));
  const me = here.find((p) => p.id === client.me?.id);
  if (me) {
    client.me = me;
    client.sources.heed();
    if (!me.host && client.reception.size > 0) { // it is told to hosts
      onReception(client, []);
    }
  }
  client.emit('roster', client.roster());
}

/** Who is here as the server says it whole. @param {OrielClient} client @param {{roster: import('./types.js').Participant[]}} reply */
export function onWholeRoster(client, { roster }) {
  client.participants.clear();
  onRoster(client, roster, []);
}

/** @param {OrielClient} client @param {{participant: string, quality: import('./types.js').Quality}[]} weak all who do not receive well */
function onReception(client, weak) {
  client.reception = new Map(weak.map(({ participant, quality }) => [participant, quality]));
  client.emit('reception', client.reception);
}

/** @param {OrielClient} client @param {import('./types.js').RecordingState} state */
export function onRecording(client, state) {
  client.recording = state;
  client.emit('recording', state);
}

/**
 * @param {OrielClient} client
 * @param {{mid: string, participant: string|null, source: import('./types.js').SourceKind|null, paused?: boolean}} message
 */
export function onSlot(client, { mid, participant, source, paused = false }) {
  const slot = client.session?.slots.get(mid);
  if (slot) {
    slot.participant = participant;
    slot.source = source;
    slot.paused = paused;
    client.emit('slot', slot);
  }
}
