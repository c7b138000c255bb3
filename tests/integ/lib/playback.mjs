// A recording in the player of a page: does it play, and does every seek land?
import { expect, until } from './harness.mjs';

const VIDEO = '.player video';

/** Plays from the start and seeks to three points; every seek must land and show a frame.
 *  evaluate: runs a function in the page. Returns the duration [s]. */
export async function playAndSeek(evaluate, { atLeast = 3, selector = VIDEO } = {}) {
  const duration = await until(() => evaluate((where) => {
    const video = document.querySelector(where);
    if (video.error) {
      throw new Error(`cannot be played: ${video.error.message}`);
    }
    return video.readyState >= 1 && Number.isFinite(video.duration) && video.duration;
  }, selector), 'metadata with a duration');
  expect(duration > atLeast, `the recording lasts ${duration} s`);
  await evaluate(async (where) => {
    const video = document.querySelector(where);
    video.muted = true;
    await video.play();
  }, selector);
  await until(() => evaluate((where) => document.querySelector(where).currentTime > 0.5, selector), 'play');
  for (const part of [0.8, 0.2, 0.5]) {
    const landed = await seek(evaluate, duration * part, selector);
    expect(landed.ready >= 2 && landed.width > 0, `no frame at ${landed.at}`);
  }
  return duration;
}

/** Seeks to a time [s], which must be where it lands; what is shown there. */
export async function seek(evaluate, target, selector = VIDEO) {
  const landed = await evaluate(async ({ to, where }) => {
    const video = document.querySelector(where);
    video.pause();
    const seeked = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
    video.currentTime = to;
    await seeked;
    return { at: video.currentTime, ready: video.readyState, width: video.videoWidth };
  }, { to: target, where: selector });
  expect(Math.abs(landed.at - target) < 0.5, `seek to ${target} landed at ${landed.at}`);
  return landed;
}
