// What moves in a page that nobody has touched: each as "how much, what from where to where".
import { expectEqual } from './harness.mjs';

/** In a page: notes in window.shifts what shifts, from its beginning or from now on. */
const watch = () => {
  window.shifts = [];
  const seen = 0.00005; // less is an icon of a few pixels that moves by its own width
  window.watchingShifts ??= new PerformanceObserver((list) => list.getEntries().filter((e) => e.value >= seen).forEach((e) => window.shifts.push(`${e.value.toFixed(4)} ${
    e.sources.map((s) => `${s.node?.nodeName} ${s.node?.className} ${JSON.stringify(s.previousRect)} to ${JSON.stringify(s.currentRect)}`).join(' | ')}`)));
  window.watchingShifts.observe({ type: 'layout-shift' });
};

/** From the next page on that is loaded in it. */
export const watchShiftsFromBeginning = (page) => page.addInitScript(watch);

/** From now on. */
export const watchShifts = (page) => page.evaluate(watch);

/** Nothing has shifted since it was asked last, once all is drawn. */
export async function expectStill(page, when) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const shifts = await page.evaluate(() => window.shifts.splice(0));
  expectEqual(shifts.join('\n'), '', `what has shifted ${when}`);
}
