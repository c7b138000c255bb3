// A recording as one line of time: epochs with nothing between them, pauses, who spoke when, and what is found.
import { expect, expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { find, gapsOf, lengthOf, partsOf, peopleOf, placeOf, saidIn, thin } from '../../web/ui/ops/programme.js';

const ANN = '0000500000000003';
const BEA = '0000800000000006';
const track = (id, ...epochs) => ({ id, kind: id === 'programme' ? 'programme' : 'camera', participant: null, codec: 'vp8',
  epochs: epochs.map(([start_ms, duration_ms], number) => ({ number, start_ms, duration_ms, bytes: 1, width: 1, height: 1 })) });
const recording = (events, ...tracks) => ({ id: '0'.repeat(32), tour: 'x', title: '', started: '2026-01-01T00:00:00Z', ended: null,
  duration_ms: 34000, state: 'complete', bytes: 1, participants: [], tracks, events });
const spans = (list) => list.map((s) => `${s.start}-${s.end}${s.cause ? ` ${s.cause}` : ''}`).join();

await test('epochs_are_places_on_one_line_of_time', () => {
  const parts = partsOf(track('programme', [20000, 4000], [5000, 10000])); // in whatever order they come
  expectEqual(spans(parts), '5-15,20-24', 'parts');
  expectEqual(placeOf(parts, 5).part?.start, 5, 'the first instant of a part');
  expectEqual(placeOf(parts, 15).part, null, 'behind the last one');
  expectEqual(placeOf(parts, 15).next?.start, 20, 'what comes next');
  expectEqual(placeOf(parts, 30).next, null, 'nothing comes next');
  expectEqual(placeOf(partsOf(track('programme', [0, 5000], [4900, 1000])), 4.95).part?.start, 4.9, 'of two that overlap the later');
});

await test('what_was_removed_is_a_gap_in_its_track_alone_and_has_its_cause', () => {
  const whole = track('programme', [5000, 10000], [20000, 4000]);
  const cut = { ...whole, redacted: [{ track: 'programme', from_ms: 8000, to_ms: 9000 }, { track: 'programme', from_ms: 19000, to_ms: 21000 }] };
  expectEqual(spans(partsOf(cut)), '5-8,9-15,21-24', 'parts');
  expectEqual(partsOf(cut).map((part) => `${part.number} ${part.base} ${part.cut}`).join(), '0 5 true,0 5 false,1 20 false', 'and their files');
  expectEqual(spans(gapsOf({ ...recording([], cut), duration_ms: 24000 }, cut)), '0-5 nothing,8-9 redacted,15-21 redacted', 'gaps');
  expectEqual(spans(partsOf({ ...whole, redacted: [{ track: 'programme', from_ms: 0, to_ms: 99000 }] })), '', 'all of it');
  expectEqual(spans(partsOf(whole)), '5-15,20-24', 'another track');
});

await test('the_length_is_that_of_the_recording_and_grows_with_its_parts', () => {
  expectEqual(lengthOf(recording([], track('programme', [20000, 14000]))), 34, 'as its row says');
  expectEqual(lengthOf(recording([], track('programme', [20000, 30000]))), 50, 'a part that goes on behind it');
  expect(lengthOf({ ...recording([]), duration_ms: 0 }) > 0, 'of nothing');
});

await test('what_is_missing_is_told_once_with_its_cause', () => {
  const r = recording([
    { t_ms: 10000, type: 'pause', participant: ANN, on: true }, { t_ms: 14000, type: 'pause', participant: ANN, on: false },
    { t_ms: 10050, type: 'gap', track: 'cam', duration_ms: 4000, cause: 'pause' }, // the same again
    { t_ms: 8000, type: 'gap', track: 'cam', duration_ms: 4000, cause: 'loss' }, // goes over into it
    { t_ms: 20000, type: 'gap', track: 'cam', duration_ms: 2000, cause: 'loss' },
    { t_ms: 22000, type: 'gap', track: 'cam', duration_ms: 100, cause: 'loss' }, // nobody notices
    { t_ms: 25000, type: 'gap', track: 'other', duration_ms: 2000, cause: 'loss' },
  ], track('programme', [0, 34000]), track('cam', [5000, 25000]));
  expectEqual(spans(gapsOf(r, r.tracks[0])), '10-14 recording_paused', 'of the programme');
  expectEqual(spans(gapsOf(r, r.tracks[1])), '0-5 nothing,8-10 loss,10-14 recording_paused,20-22 loss,30-34 nothing', 'of a camera');
  const open = recording([{ t_ms: 30000, type: 'pause', participant: ANN, on: true }], track('programme', [0, 30000]));
  expectEqual(spans(gapsOf(open, open.tracks[0])), '30-34 recording_paused', 'until the end');
});

const TALK = recording([
  { t_ms: 0, type: 'participant', participant: ANN, id: 'p1', on: true, name: 'Ann', role: 'agent' },
  { t_ms: 0, type: 'consent', participant: ANN, source: 0, on: true, name: '1' },
  { t_ms: 1000, type: 'voice', participant: ANN, source: 1, on: true },
  { t_ms: 2000, type: 'participant', participant: BEA, id: 'p2', on: true, name: 'Béa', role: 'buyer' },
  { t_ms: 2000, type: 'consent', participant: BEA, source: 0, on: true, name: '1' },
  { t_ms: 2500, type: 'entry', kind: 'chapter', seq: 1, participant: ANN, title: 'Kitchen' },
  { t_ms: 3000, type: 'voice', participant: BEA, source: 4, on: true },
  { t_ms: 4000, type: 'entry', kind: 'question', seq: 2, participant: BEA, text: 'How old is the BOILER?', question: 'q1' },
  { t_ms: 5000, type: 'voice', participant: ANN, source: 1, on: true },
  { t_ms: 6000, type: 'entry', kind: 'answer', seq: 3, participant: ANN, text: '', question: 'q1', state: 'answered' },
  { t_ms: 7000, type: 'voice', participant: '0000000000000000', source: 0, on: true },
  { t_ms: 8000, type: 'entry', kind: 'chapter', seq: 3, participant: ANN, title: 'Kitchen' }, // what holds after a pause
  { t_ms: 8500, type: 'entry', kind: 'hand', seq: 4, participant: BEA, up: true },
  { t_ms: 9000, type: 'entry', kind: 'chat', seq: 5, participant: '0000000000000000', text: 'From the office' },
  { t_ms: 9500, type: 'entry', kind: 'chat', seq: 6, participant: BEA, retracted: true },
  { t_ms: 9700, type: 'consent', participant: BEA, source: 0, on: false, name: '1' },
  { t_ms: 9800, type: 'participant', participant: BEA, on: false, name: 'Béa', role: 'buyer' },
  { t_ms: 9900, type: 'participant', participant: ANN, on: false, name: 'Ann', role: 'agent' },
  { t_ms: 9900, type: 'consent', participant: ANN, source: 0, on: true, name: '1' },
], track('programme', [0, 34000]));

await test('people_have_lanes_and_what_they_agreed_to', () => {
  const [ann, bea] = peopleOf(TALK);
  expectEqual(`${ann.name} ${spans(ann.spoke)}`, 'Ann 1-3,5-7', 'the agent');
  expectEqual(`${bea.name} ${spans(bea.spoke)} ${spans(bea.here)}`, 'Béa 3-5 2-9.8', 'the buyer');
  expectEqual(ann.consent.length, 1, 'a consent that is said again is one');
  expectEqual(bea.consent.map((c) => `${c.t} ${c.on}`).join(), '2 true,9.7 false', 'one that was taken back');
  const erased = peopleOf(recording([{ t_ms: 0, type: 'participant', participant: BEA, on: true, name: '', erased: true }], track('programme', [0, 1])));
  expectEqual(`${erased[0].hidden} ${spans(erased[0].here)}`, 'erased 0-34', 'who was deleted and never left');
});

await test('nobody_speaks_in_a_pause_or_after_leaving', () => {
  const [ann, bea] = peopleOf(recording([
    { t_ms: 0, type: 'participant', participant: ANN, on: true, name: 'Ann' }, { t_ms: 0, type: 'participant', participant: BEA, on: true, name: 'Bea' },
    { t_ms: 1000, type: 'voice', participant: ANN, source: 1 }, { t_ms: 5000, type: 'pause', participant: ANN, on: true },
    { t_ms: 9000, type: 'pause', participant: ANN, on: false }, { t_ms: 9000, type: 'voice', participant: BEA, source: 2 },
    { t_ms: 12000, type: 'participant', participant: BEA, on: false, name: 'Bea' },
  ], track('programme', [0, 34000])));
  expectEqual(`${spans(ann.spoke)} ${spans(bea.spoke)}`, '1-5 9-12', 'spoke');
});

await test('what_was_said_is_found_by_any_words_of_it', () => {
  const said = saidIn(TALK, peopleOf(TALK));
  expectEqual(said.map((s) => s.kind).join(), 'chapter,question,answer,chat,chat', 'what people read');
  const at = (words) => find(said, words).map((s) => s.t).join();
  expectEqual(at('boiler'), '4,6', 'the question, and its answer');
  expectEqual(at('boil old'), '4,6', 'all words, or parts of them');
  expectEqual(at('bea'), '4,9.5', 'by who said it, with any accents');
  expectEqual(at('boiler garage'), '', 'one that is not there');
  expectEqual(at('  '), '2.5,4,6,9,9.5', 'no words');
  expectEqual(said[4].hidden, 'retracted', 'what was taken back');
  expectEqual(said[3].who, null, 'the office is nobody in the tour');
});

await test('hours_of_talk_are_few_pieces', () => {
  const talk = Array.from({ length: 10000 }, (_, i) => ({ start: i, end: i + 0.9 }));
  expectEqual(spans(thin(talk, 1)), '0-9999.9', 'without a silence that one sees');
  expectEqual(spans(thin([{ start: 0, end: 1 }, { start: 5, end: 6 }], 1)), '0-1,5-6', 'with one');
  expectEqual(talk[0].end, 0.9, 'what they are of is as it was');
});
finish();
