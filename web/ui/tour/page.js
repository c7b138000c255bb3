// Buyer's and agent's page: look at the tour, choose devices, join, live, the end.

import { OrielClient, OrielError } from '../../lib/oriel.js';
import { choose, notice } from '../dom.js';
import { readLink, signalUrl } from '../link.js';
import { Live } from './live.js';
import { showPrejoin } from './prejoin.js';

/** @typedef {import('./prejoin.js').Choice} Choice */
/** @typedef {import('../../lib/types.js').Tour} Tour */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */

const POLL = 3000; // [ms] between looks while the agent has not opened the tour
const PHONE_GALLERY = 4;

/** @type {Record<string, {title: string, text: string, again?: string}>} */
const ENDINGS = {
  left: { title: 'You left the tour', text: 'You can come back while it is running.', again: 'Join again' },
  tour_ended: { title: 'The tour has ended', text: 'Thank you for being here. You can close this page.' },
  seat_taken_over: { title: 'You joined from another window', text: 'The tour goes on there.', again: 'Use this window' },
  seat_taken: { title: 'You are in the tour on another device', text: 'The tour goes on there.', again: 'Join here' },
  seats_full: { title: 'You are in the tour on too many devices', text: 'Leave it on one of them first.', again: 'Join here' },
  token_revoked: { title: 'Your link was taken back', text: 'Ask your agent for a new one.' },
  tour_locked: { title: 'The tour is closed', text: 'The host lets nobody else in.', again: 'Try again' },
  removed: { title: 'You were removed from the tour', text: 'A host has removed you. Ask your agent if this was a mistake.' },
  connection_lost: { title: 'The connection was lost', text: 'Check your internet connection, then join again.', again: 'Join again' },
};

/** @type {Record<string, string>} */
const LINK_PROBLEMS = {
  token_missing: 'The link is incomplete. Copy the whole link from your invitation, with everything after the # sign.',
  token_tour: 'This link is for another tour. Copy the whole link from your invitation.',
  token_revoked: 'This link was taken back. Ask your agent for a new one.',
  token_expired: 'This link has expired. Ask your agent for a new one.',
  unreachable: 'The server cannot be reached. Check your internet connection.',
};

const DEVICES = {
  title: 'You are in this tour already',
  text: 'You joined on another device. Join here, too, and keep that one, or move here.',
  choices: [{ value: 'beside', label: 'Join here, too' }, { value: 'take_over', label: 'Move here' }],
};

const page = document.body.dataset.page;
const { tour, token } = readLink();

/** @param {unknown} error */
function problem(error) {
  const code = error instanceof OrielError ? error.code : '';
  const text = LINK_PROBLEMS[code] ?? (error instanceof Error ? error.message : String(error));
  notice({ title: 'This link does not work', text, action: { label: 'Try again', run: start } });
}

/** @param {string} code @param {string} message */
function ended(code, message) {
  const ending = ENDINGS[code] ?? { title: 'The tour is over for you', text: message, again: 'Join again' };
  notice({ title: ending.title, text: ending.text,
    action: ending.again ? { label: ending.again, run: start } : undefined });
}

/** Before its time guests come in through the lobby, or once a host is there. @param {Welcome} welcome */
const isClosed = ({ tour: t, you }) => t.state === 'scheduled' && !t.lobby && you.role !== 'agent';

/** @param {OrielClient} client */
async function lookUntilOpen(client) {
  for (;;) {
    try {
      const welcome = await client.look();
      if (!isClosed(welcome)) {
        return welcome;
      }
      const begin = new Date(welcome.tour.starts_at ?? '').toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
      notice({ title: 'The tour has not started yet', text: `It begins on ${begin}. Stay here: it opens by itself.`, busy: true });
      await new Promise((resolve) => setTimeout(resolve, POLL));
    } catch (error) {
      const code = error instanceof OrielError ? error.code : '';
      if (code !== 'tour_unknown' && code !== 'tour_not_started') {
        throw error;
      }
      notice({ title: 'The tour has not started yet', text: 'Stay here. It opens by itself when your agent arrives.', busy: true });
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }
}

/** @param {OrielClient} client @param {Tour} waitsFor */
function waitingRoom(client, waitsFor) {
  const here = waitsFor.state === 'live';
  notice({ title: 'The host will let you in.', busy: true,
    text: here ? 'Nobody sees or hears you yet.' : 'The host is not here yet. Stay on this page.',
    action: { label: 'Leave', run: () => client.leave() } });
}

/**
 * Who is in on another device says what becomes of that.
 * @param {OrielClient} client @param {import('../../lib/oriel.js').JoinOptions} options
 */
async function enter(client, options) {
  try {
    return await client.join(options);
  } catch (error) {
    if (!(error instanceof OrielError) || error.code !== 'seat_taken') {
      throw error;
    }
    const seat = await choose(DEVICES);
    if (seat !== 'beside' && seat !== 'take_over') {
      throw error;
    }
    return client.join({ ...options, seat });
  }
}

/** @param {OrielClient} client @param {Welcome} welcome @param {Choice} choice */
async function join(client, welcome, choice) {
  const { version, required } = welcome.consent;
  const consent = required ? { recording: choice.consent, version } : undefined;
  const live = new Live(client, { agent: welcome.you.role === 'agent', tracks: choice.tracks });
  client.addEventListener('ended', (event) => {
    const { code, message } = /** @type {CustomEvent} */ (event).detail;
    live.stopAll();
    ended(code, message);
  });
  client.addEventListener('lobby', (event) => waitingRoom(client, /** @type {CustomEvent} */ (event).detail.tour));
  client.addEventListener('back', () => live.render());
  await enter(client, { name: choice.name, codec: welcome.tour.codec, consent });
  await live.render();
}

async function start() {
  if (!token) {
    problem(new OrielError('token_missing', 'A token is needed.'));
    return;
  }
  notice({ title: 'Connecting…', busy: true });
  const narrow = matchMedia('(max-width: 760px)').matches;
  const client = new OrielClient({ url: signalUrl(), token, tour, gallery: narrow ? PHONE_GALLERY : 8 });
  // For support and for tests: window.oriel.session.pc.getStats() tells what the page sees.
  Object.assign(window, { oriel: client });
  try {
    const welcome = await lookUntilOpen(client);
    document.title = `${welcome.tour.title || tour} – Oriel`;
    showPrejoin(welcome, (choice) => join(client, welcome, choice));
  } catch (error) {
    problem(error);
  }
}

window.addEventListener('pagehide', () => {
  const client = /** @type {any} */ (window).oriel;
  if ((client?.session || client?.lobby.waiting) && !client.over) {
    client.leave();
  }
});

if (page === 'buyer' || page === 'agent') {
  start();
}
