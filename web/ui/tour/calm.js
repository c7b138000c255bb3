// Notices that nobody touches anything for a while: then what lies over the picture may go.

const SECONDS = 4;
const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'focusin'];

export class Calm {
  /** @param {EventTarget} page @param {(calm: boolean) => void} tell */
  constructor(page, tell) {
    this.page = page;
    this.tell = tell;
    this.on = () => this.touched();
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  begin() {
    TOUCHES.forEach((type) => this.page.addEventListener(type, this.on, { passive: true }));
    this.touched();
  }

  touched() {
    clearTimeout(this.timer);
    this.tell(false);
    this.timer = setTimeout(() => this.tell(true), SECONDS * 1000);
  }

  stop() {
    clearTimeout(this.timer);
    TOUCHES.forEach((type) => this.page.removeEventListener(type, this.on));
  }
}
