// What both tests of shredding do: tours of people with names of their own, a backup of before, and
// everything by which one of them could be known again.
import { expect, expectEqual, until } from './harness.mjs';
import { found } from './search.mjs';
import { minter } from './token.mjs';
import { endTour, joinTour, listRecordings } from './tour.mjs';
import { openAll, rootKeys, wrapRows } from './unseal.mjs';

export const SECRET = 'erase-erase-erase-erase-erase-erase';
export const mint = minter(SECRET, { sub: 'test' });
export const opsToken = mint({ role: 'ops', sub: 'olga', tour: undefined });
const asOps = { authorization: `Bearer ${opsToken}` };

/** A call of the REST interface as ops of all tours. Each has a connection of its own: the tests wait
 *  for programs in between, and a connection that was kept is closed by then. */
export const call = (server, method, where, body, headers) => fetch(new URL(`/v1/recordings${where}`, server.urls.agent),
  { method, body, headers: { ...asOps, connection: 'close', ...headers } });

/** Records one tour for each of {name: {title, agent, buyer}} until everybody has segments, and gives
 *  {name: recording}. `during` happens while all are under way. */
export async function recordTours(server, browser, tours, { segments = 3, during = async () => {} } = {}) {
  const base = new URL(server.urls.agent).origin;
  const before = await server.metric('oriel_recorder_segments_total');
  const known = (await listRecordings(base, opsToken)).length;
  const pages = [];
  let sources = 0;
  for (const [tour, { agent, buyer }] of Object.entries(tours)) {
    for (const [role, person] of [['agent', agent], ['buyer', buyer]].filter(([, p]) => p)) {
      const page = await browser.newPage();
      const where = role === 'agent' ? 'agent' : 't';
      await joinTour(page, `${base}/${where}/${tour}#${mint({ role, tour, sub: person, name: person })}`, { name: person });
      pages.push({ role, page });
      sources += 3; // camera, microphone, and the programme
    }
  }
  await during();
  await until(async () => await server.metric('oriel_recorder_segments_total') >= before + segments * sources, 'segments', 120000);
  await Promise.all(pages.filter((p) => p.role === 'agent').map((p) => endTour(p.page)));
  const all = await until(async () => {
    const list = await listRecordings(base, opsToken);
    const fresh = list.slice(0, list.length - known);
    return fresh.length === Object.keys(tours).length && fresh.every((r) => r.state === 'complete') && fresh;
  }, 'complete recordings', 120000);
  await Promise.all(pages.map((p) => p.page.close()));
  return Object.fromEntries(all.map((r) => [r.tour, r]));
}

/** The keys and plaintexts of a backup, by an attacker who has its wraps.db and the key file. All of it
 *  must open, or the attack would prove nothing later. */
export function breakOpen(backup, kek) {
  const rows = wrapRows(`${backup}/wraps.db`);
  const keys = rootKeys(rows, kek);
  const { tried, opened } = openAll(`${backup}/objects`, keys);
  expect(tried > 10, `${tried} objects in the backup`);
  expectEqual(opened.length, tried, 'objects that open with the keys of then');
  return { rows, keys, opened };
}

/** From `at` on the first 40 bytes that are no pattern: still pictures have long runs of zeros, which are
 *  in every file. */
function telling(plain, at) {
  let from = at;
  while (from + 40 < plain.length && new Set(plain.subarray(from, from + 40)).size < 20) {
    from += 40;
  }
  return from + 40 < plain.length ? [from] : [];
}

/** Where in a plaintext to look: of a journal where a line says what it is, for the hashes in it are in
 *  the manifest, too, which is in clear; of media anywhere. */
function placesIn(o) {
  if (o.type === 1) {
    return [0.1, 0.5, 0.9].flatMap((part) => telling(o.plain, Math.floor((o.plain.length - 40) * part)));
  }
  const lines = [0];
  for (let at = 0; (at = o.plain.indexOf('\n', at) + 1) > 0;) {
    lines.push(at);
  }
  return lines.filter((at) => at + 40 < o.plain.length).slice(0, 20);
}

/** Everything of a recording that must not be found again; with subject only what is that person's. */
export function markersOf({ rows, keys, opened }, recording, subject) {
  const markers = {};
  const own = (s) => (subject ? s === subject : true);
  for (const row of rows.filter((r) => r.recording === recording && own(r.subject))) {
    markers[`wrap of ${row.subject}`] = row.wrap;
  }
  for (const [s, key] of Object.entries(keys[recording]).filter(([k]) => own(k))) {
    markers[`root key of ${s}`] = key;
    markers[`root key of ${s} as text`] = Buffer.from(key.toString('hex'));
  }
  for (const o of opened.filter((x) => x.recording === recording && own(x.subject))) {
    markers[`key of ${o.name}`] = o.key;
    for (const at of placesIn(o)) {
      markers[`plaintext of ${o.name} at ${at}`] = o.plain.subarray(at, at + 40);
    }
  }
  return markers;
}

/** None of the markers is in any file. */
export function expectGone(dir, markers, when) {
  const hits = found(dir, markers);
  expectEqual(hits.slice(0, 5).join('; '), '', `${Object.keys(markers).length} markers, ${when}`);
}

/** Texts as markers, whole and as UTF-16, and their single words of six letters or more. */
export function textMarkers(...texts) {
  const words = texts.flatMap((t) => [t, t.toLowerCase(), ...t.split(' ').flatMap((w) => [w, w.toLowerCase()])]);
  return Object.fromEntries(words.filter((w) => w.length >= 6).map((w) => [`"${w}"`, Buffer.from(w)]));
}
