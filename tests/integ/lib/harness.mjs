// A test program in three words: test(name, run), expect(condition, why), finish(). Prints
// "ok NAME" or "not ok NAME" and, last, "N passed, N failed".

let passed = 0;
let failed = 0;

/** Runs one test; the ones after it run all the same, and find what they would find had it not failed: what it
 *  gives to `atEnd`, its argument, is run when it ends, however it ends, the last first. */
export async function test(name, run) {
  const begun = Date.now();
  const undo = [];
  try {
    try {
      await run((back) => undo.unshift(back));
    } finally {
      for (const back of undo) {
        await back();
      }
    }
    passed++;
    console.log(`ok ${name} (${Date.now() - begun} ms)`);
    return true;
  } catch (error) {
    failed++;
    const cause = error?.cause ? `\nbecause of ${error.cause.stack ?? error.cause}` : ''; // "fetch failed" says nothing
    console.log(`# ${`${error?.stack ?? error}${cause}`.replaceAll('\n', '\n# ')}`);
    console.log(`not ok ${name}`);
    return false;
  }
}

export function expect(condition, why) {
  if (!condition) {
    throw new Error(why);
  }
}

export function expectEqual(actual, wanted, what) {
  if (actual !== wanted) {
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until `probe` gives something truthy; the bound is a limit, not a measure. */
export async function until(probe, what, ms = 30000) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${ms} ms for: ${what}`);
    }
    await pause(50);
  }
}

/** Prints the summary and ends the process; browsers may leave timers behind. */
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed || !passed ? 1 : 0);
}
