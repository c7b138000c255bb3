// web/ui/tour/still.js in virtual time: how long nothing was drawn, as far as the page can know.
import { expectEqual, finish, test } from '../integ/lib/harness.mjs';

let now = 5000;
performance.now = () => now;
globalThis.document = { visibilityState: 'visible' };
const { LOOK, StillWatch } = await import('../../web/ui/tour/still.js');

class Video {
  requestVideoFrameCallback(run) {
    this.draw = run;
  }
}

/** A picture that has just been drawn, and is looked at. */
function moving() {
  const video = new Video();
  const still = new StillWatch();
  still.look(video);
  video.draw();
  expectEqual(still.look(video), 0, 'so long a picture that moves has stood still');
  return { video, still };
}

/** Time passes, and the page looks as often as it does. */
function stands(still, video, ms) {
  let since = 0;
  for (const end = now + ms; now < end;) {
    now += LOOK;
    since = still.look(video);
  }
  return since;
}

await test('a_picture_that_stands_still_is_noticed_until_the_next_frame', () => {
  const { still, video } = moving();
  expectEqual(stands(still, video, 1600), 1600, 'so long it has stood still');
  video.draw();
  expectEqual(still.look(video), 0, 'after a frame');
});

await test('a_page_that_slept_knows_next_to_nothing_of_that_time', () => {
  const { still, video } = moving();
  stands(still, video, 400);
  now += 60000;
  expectEqual(still.look(video), 800, 'so long it has stood still');
});

await test('and_forgets_nothing_of_the_time_before', () => {
  const { still, video } = moving();
  stands(still, video, 4000);
  now += 1500;
  expectEqual(still.look(video), 4400, 'so long it has stood still');
});

await test('a_page_that_hardly_is_run_says_it_too', () => {
  const { still, video } = moving();
  for (let i = 0; i < 4; i++) {
    now += 1200;
    still.look(video);
  }
  expectEqual(still.look(video), 1600, 'so long it has stood still');
});

await test('nor_is_a_page_that_is_not_seen_to_draw', () => {
  const { still, video } = moving();
  document.visibilityState = 'hidden';
  expectEqual(stands(still, video, 4000), 0, 'so long it has stood still');
  document.visibilityState = 'visible';
  expectEqual(stands(still, video, 400), 400, 'from when it is seen again');
});

finish();
