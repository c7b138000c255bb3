// A recording as one line of time. A track is an ordered list of epochs, each a file of its own that begins at 0, with
// nothing between some of them; and much is told as a list of moments. Here both become spans [s] of the recording.

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Track} Track */
/** @typedef {import('./recordings_api.js').Happening} Happening */
/** @typedef {{start: number, end: number}} Span [s] from the beginning of the recording */
/** @typedef {Span & {number: number, base: number, cut: boolean}} Part an epoch, or what redactions have left of one: `base` is when its file
 *    begins, `cut`: the file goes on behind it, after something that was removed */
/** @typedef {Span & {cause: string}} Gap */
/** @typedef {{handle: string, name: string, role: string, hidden: ''|'erased'|'sealed', here: Span[], spoke: Span[],
 *   consent: {t: number, version: string, on: boolean}[]}} Person */
/** @typedef {{t: number, kind: string, seq: number, who: Person|null, text: string, state?: string, id?: string,
 *   answers?: string, hidden: ''|'erased'|'sealed'|'retracted'}} Said */

const NOTABLE_S = 0.5; // what is shorter nobody notices
const SHORTEST_S = 0.04; // no part: a picture
const NOBODY = /^0*$/;

/** It is being made. @param {{state: string}} recording */
export const isGrowing = ({ state }) => state === 'recording';

/** What was removed of a track for ever. @param {Track} track @returns {Span[]} */
export const removedOf = (track) => (track.redacted ?? []).map((r) => ({ start: r.from_ms / 1000, end: r.to_ms / 1000 }));

/** What is left of a part. @param {Part} part @param {Span} gone @returns {Part[]} */
function without(part, gone) {
  if (gone.end <= part.start || gone.start >= part.end) {
    return [part];
  }
  return [{ ...part, end: gone.start, cut: true }, { ...part, start: gone.end }].filter((p) => p.end - p.start >= SHORTEST_S);
}

/** @param {Track} track @returns {Part[]} */
export function partsOf(track) {
  const whole = track.epochs.map((e) => ({ number: e.number, start: e.start_ms / 1000, end: (e.start_ms + e.duration_ms) / 1000,
    base: e.start_ms / 1000, cut: false }));
  return removedOf(track).reduce((/** @type {Part[]} */ parts, gone) => parts.flatMap((part) => without(part, gone)), whole)
    .sort((a, b) => a.start - b.start || a.number - b.number);
}

/** The whole of it [s]: what is being recorded grows behind what its row says. @param {Recording} recording */
export function lengthOf(recording) {
  const ends = recording.tracks.flatMap((track) => partsOf(track).map((part) => part.end));
  return Math.max(recording.duration_ms / 1000, ...ends, 0.001);
}

/**
 * Where a moment is: in a part, or before the next one, or behind the last.
 * @param {Part[]} parts @param {number} t @returns {{part: Part|null, next: Part|null}}
 */
export function placeOf(parts, t) {
  const part = parts.filter((p) => p.start <= t && t < p.end).pop() ?? null;
  return { part, next: part ? null : parts.find((p) => p.start > t) ?? null };
}

/** @param {Happening} e */
const hiddenOf = (e) => (e.retracted ? 'retracted' : e.erased ? 'erased' : e.sealed ? 'sealed' : '');

/** Opens and closes spans as somebody comes and goes. @param {Span[]} spans @param {boolean} on @param {number} t */
function turn(spans, on, t) {
  const last = spans[spans.length - 1];
  const open = last && last.end === Infinity;
  if (on && !open) {
    spans.push({ start: t, end: Infinity });
  } else if (!on && open) {
    last.end = t;
  }
}

/** @param {Person[]} people @param {number} end */
function closeAll(people, end) {
  for (const span of people.flatMap((p) => [...p.here, ...p.spoke])) {
    span.end = Math.min(span.end, end);
  }
}

/** @param {Map<string, Person>} all @param {Happening} e @returns {Person} */
function personOf(all, e) {
  const known = all.get(e.participant);
  if (known) {
    return known;
  }
  /** @type {Person} */
  const person = { handle: e.participant, name: '', role: '', hidden: '', here: [], spoke: [], consent: [] };
  all.set(e.participant, person);
  return person;
}

/** @param {Person} person @param {Happening} e @param {number} t */
function takeParticipant(person, e, t) {
  const hidden = hiddenOf(e);
  person.name = e.name || person.name;
  person.role = e.role || person.role;
  person.hidden = hidden === 'retracted' ? '' : hidden;
  turn(person.here, e.on !== false, t);
  if (e.on === false) {
    turn(person.spoke, false, t);
  }
}

/** It is said again with everything else that changes about a person. @param {Person} person @param {Person['consent'][0]} said */
function takeConsent(person, said) {
  const last = person.consent[person.consent.length - 1];
  if (!last || last.on !== said.on || last.version !== said.version) {
    person.consent.push(said);
  }
}

/** Everybody who was there, in the order in which they came. @param {Recording} recording @returns {Person[]} */
export function peopleOf(recording) {
  /** @type {Map<string, Person>} */
  const all = new Map();
  for (const e of [...recording.events].sort((a, b) => a.t_ms - b.t_ms)) {
    const t = e.t_ms / 1000;
    if (e.type === 'voice' || (e.type === 'pause' && e.on !== false)) { // the loudest; whoever was it before is no more
      for (const other of all.values()) {
        turn(other.spoke, e.type === 'voice' && other.handle === e.participant && e.source !== 0, t);
      }
    } else if (e.participant && !NOBODY.test(e.participant) && e.type === 'participant') {
      takeParticipant(personOf(all, e), e, t);
    } else if (e.participant && !NOBODY.test(e.participant) && e.type === 'consent') {
      takeConsent(personOf(all, e), { t, version: e.name ?? '', on: e.on !== false });
    }
  }
  const people = [...all.values()];
  closeAll(people, lengthOf(recording));
  return people;
}

const SAID = ['chat', 'question', 'answer', 'chapter', 'mark'];

/** @param {Happening} e @param {Person[]} people @returns {Said} */
function saidOf(e, people) {
  return { t: e.t_ms / 1000, kind: e.type === 'mark' ? 'chapter' : e.kind, seq: Number(e.seq ?? 0),
    who: people.find((p) => p.handle === e.participant) ?? null,
    text: String(e.title ?? e.text ?? e.name ?? ''), state: e.state, id: e.question, hidden: hiddenOf(e) };
}

/** All that people said in writing, asked and showed, in order. @param {Recording} recording @param {Person[]} people */
export function saidIn(recording, people) {
  const said = recording.events.filter((e) => e.type === 'mark' || e.type === 'entry').filter((e) => SAID.includes(e.kind ?? e.type))
    .map((e) => saidOf(e, people));
  const fresh = said.filter((s, i) => s.kind !== 'chapter' // after a pause the chapter that holds is said again
    || said.slice(0, i).filter((before) => before.kind === 'chapter').pop()?.text !== s.text);
  const questions = new Map(said.filter((s) => s.kind === 'question').map((s) => [s.id, s.text]));
  return fresh.map((s) => (s.kind === 'answer' ? { ...s, answers: questions.get(s.id) ?? '' } : s));
}

/** When recording was paused, for all of it. @param {Recording} recording @returns {Gap[]} */
function pausesOf(recording) {
  /** @type {Span[]} */
  const spans = [];
  for (const e of recording.events.filter((one) => one.type === 'pause')) {
    turn(spans, e.on !== false, e.t_ms / 1000);
  }
  return spans.map((span) => ({ start: span.start, end: Math.min(span.end, lengthOf(recording)), cause: 'recording_paused' }));
}

/** What a pause leaves of a gap, whose cause it is as far as it lasts. @param {Gap} gap @param {Gap} pause @returns {Gap} */
function besides(gap, pause) {
  const apart = gap.end <= pause.start || gap.start >= pause.end;
  return apart ? gap : gap.start < pause.start ? { ...gap, end: pause.start } : { ...gap, start: pause.end };
}

/** What is missing of a track that one would notice. @param {Recording} recording @param {Track} track @returns {Gap[]} */
export function gapsOf(recording, track) {
  const pauses = pausesOf(recording);
  const within = (/** @type {Span} */ a, /** @type {Span} */ b) => a.start >= b.start - NOTABLE_S && a.end <= b.end + NOTABLE_S;
  const removed = removedOf(track).map((gone) => ({ ...gone, cause: 'redacted' }));
  const told = [...removed, ...pauses, ...recording.events.filter((e) => e.type === 'gap' && (e.track === track.id || !e.track))
    .map((e) => ({ start: e.t_ms / 1000, end: (e.t_ms + (e.duration_ms ?? 0)) / 1000, cause: String(e.cause ?? '') }))
    .map((gap) => pauses.reduce(besides, gap)).filter((gap) => gap.end - gap.start >= NOTABLE_S)];
  const parts = partsOf(track);
  const edges = [...parts.map((p) => p.start), lengthOf(recording)];
  const between = edges.map((edge, i) => ({ start: i === 0 ? 0 : parts[i - 1].end, end: edge, cause: 'nothing' }))
    .filter((gap) => gap.end - gap.start >= NOTABLE_S);
  return [...between.map((gap) => ({ ...gap, cause: told.find((g) => g.start < gap.end && gap.start < g.end)?.cause ?? gap.cause })),
    ...told.filter((gap) => !between.some((b) => within(gap, b)))]
    .sort((a, b) => a.start - b.start);
}

/** Spans with less than `least` between them are one: nobody sees it, and hours have thousands. @param {Span[]} spans
 *  @param {number} least [s] @returns {Span[]} */
export function thin(spans, least) {
  /** @type {Span[]} */
  const few = [];
  for (const span of spans) {
    const last = few[few.length - 1];
    if (last && span.start - last.end < least) {
      last.end = Math.max(last.end, span.end);
    } else {
      few.push({ ...span });
    }
  }
  return few;
}

/** @param {string} text */
const plain = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** All words in it, or parts of words, in any case and with any accents. @param {Said[]} said @param {string} words */
export function find(said, words) {
  const asked = plain(words).split(/\s+/).filter(Boolean);
  return asked.length === 0 ? said : said.filter((s) => {
    const text = plain(`${s.text} ${s.who?.name ?? ''} ${s.answers ?? ''}`);
    return asked.every((word) => text.includes(word));
  });
}
