// Nearer to the picture: with two fingers, the wheel, or + and -; moved with one finger while it is near.

const MOST = 4;
const WHEEL = 0.0015; // of a step, per pixel that the wheel turned
const STEP = 1.25;
const TAP = { ms: 300, px: 10 };

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{twice: boolean, touch: boolean, at: Point}} Tap where, from the middle of the box */

/** @param {Point} a @param {Point} b */
const apart = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

export class Zoom {
  /** @param {HTMLElement} box @param {() => void} changed @param {(tap: Tap) => void} tapped */
  constructor(box, changed, tapped) {
    this.box = box;
    this.changed = changed;
    this.tapped = tapped;
    this.scale = 1;
    this.x = 0; // how far it is moved [px]
    this.y = 0;
    /** @type {Map<number, Point>} fingers */
    this.down = new Map();
    /** @type {{at: Point, ms: number}|null} */
    this.begun = null;
    /** @type {number|undefined} a tap that may become a double one */
    this.waits = undefined;
    box.addEventListener('pointerdown', (e) => this.onDown(e));
    box.addEventListener('pointermove', (e) => this.onMove(e));
    box.addEventListener('pointerup', (e) => this.onUp(e));
    box.addEventListener('pointercancel', (e) => this.down.delete(e.pointerId));
    box.addEventListener('wheel', (e) => this.onWheel(e), { passive: false });
  }

  /** @param {number} scale @param {Point} [at] what stays where it is, from the middle of the box */
  to(scale, at = { x: 0, y: 0 }) {
    const next = Math.min(MOST, Math.max(1, scale));
    this.x = at.x - ((at.x - this.x) * next) / this.scale;
    this.y = at.y - ((at.y - this.y) * next) / this.scale;
    this.scale = next;
    this.keepIn();
  }

  /** No edge of the picture comes into the box. */
  keepIn() {
    const room = { x: (this.box.clientWidth * (this.scale - 1)) / 2, y: (this.box.clientHeight * (this.scale - 1)) / 2 };
    this.x = Math.min(room.x, Math.max(-room.x, this.x));
    this.y = Math.min(room.y, Math.max(-room.y, this.y));
    this.changed();
  }

  /** @param {{clientX: number, clientY: number}} event @returns {Point} from the middle */
  where({ clientX, clientY }) {
    const box = this.box.getBoundingClientRect();
    return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
  }

  /** @param {PointerEvent} event */
  onDown(event) {
    if (/** @type {Element} */ (event.target).closest('button, a')) {
      return;
    }
    if (event.isPrimary) {
      this.down.clear(); // of one before it we may have missed the end, outside
    }
    this.down.set(event.pointerId, this.where(event));
    this.begun = this.down.size === 1 ? { at: this.where(event), ms: event.timeStamp } : null;
    if (this.scale > 1 || this.down.size > 1) {
      this.box.setPointerCapture(event.pointerId);
    }
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    const before = this.down.get(event.pointerId);
    if (!before || event.buttons === 0) { // it was let go where we did not see it
      this.down.delete(event.pointerId);
      return;
    }
    const now = this.where(event);
    const [other] = [...this.down].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.down.set(event.pointerId, now);
    if (other) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      this.x += (now.x - before.x) / 2;
      this.y += (now.y - before.y) / 2;
      this.to(this.scale * (apart(now, other) / Math.max(1, apart(before, other))), middle);
    } else if (this.scale > 1) {
      this.x += now.x - before.x;
      this.y += now.y - before.y;
      this.keepIn();
    }
  }

  /** @param {PointerEvent} event */
  onUp(event) {
    this.down.delete(event.pointerId);
    const { begun } = this;
    this.begun = null;
    if (!begun || event.timeStamp - begun.ms > TAP.ms || apart(begun.at, this.where(event)) > TAP.px) {
      return;
    }
    const touch = event.pointerType !== 'mouse';
    const { at } = begun;
    if (this.waits !== undefined) {
      clearTimeout(this.waits);
      this.waits = undefined;
      this.tapped({ twice: true, touch, at });
    } else {
      this.waits = setTimeout(() => {
        this.waits = undefined;
        this.tapped({ twice: false, touch, at });
      }, TAP.ms);
    }
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    event.preventDefault();
    this.to(this.scale * Math.exp(-event.deltaY * WHEEL), this.where(event));
  }

  /** @param {string} key @returns {boolean} it was meant for us */
  key(key) {
    const scale = { '+': this.scale * STEP, '=': this.scale * STEP, '-': this.scale / STEP, 0: 1 }[key];
    if (scale) {
      this.to(scale);
    }
    return Boolean(scale);
  }
}
