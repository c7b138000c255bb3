// The screen of whoever films stays on. A browser lets go of that whenever the page is hidden, so it is asked again.

export class WakeLock {
  constructor() {
    /** @type {{release: () => Promise<void>}|null} */
    this.held = null;
    this.wanted = false;
    this.onVisible = () => this.take();
  }

  begin() {
    this.wanted = true;
    document.addEventListener('visibilitychange', this.onVisible);
    return this.take();
  }

  async take() {
    if (!this.wanted || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) {
      return;
    }
    try {
      const held = await navigator.wakeLock.request('screen');
      await this.held?.release();
      this.held = held;
      if (!this.wanted) { // it was over while the browser thought about it
        await this.end();
      }
    } catch {
      // A low battery, say: the screen goes dark as it always does.
    }
  }

  async end() {
    this.wanted = false;
    document.removeEventListener('visibilitychange', this.onVisible);
    const { held } = this;
    this.held = null;
    await held?.release().catch(() => undefined);
  }
}
