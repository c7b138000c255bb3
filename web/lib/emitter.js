// Events with names and details that a type checker knows.

/** @typedef {import('./types.js').ClientEvents} ClientEvents */

/** An EventTarget of CustomEvents: `on` gives the detail, `addEventListener` the event. */
export class Emitter extends EventTarget {
  /**
   * Calls `listener` with the detail of each event of this name. Returns a function that ends it.
   * @template {keyof ClientEvents} K
   * @param {K} type @param {(detail: ClientEvents[K]) => void} listener
   * @returns {() => void}
   */
  on(type, listener) {
    const heard = (/** @type {Event} */ e) => listener(/** @type {CustomEvent} */ (e).detail);
    this.addEventListener(type, heard);
    return () => this.removeEventListener(type, heard);
  }

  /**
   * @internal
   * @template {keyof ClientEvents} K
   * @param {K} type @param {ClientEvents[K]} detail
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
