// What is done with goes: a question that was answered, somebody who was let in. If it had the focus, that would fall
// to the page itself, and whoever has no mouse would begin again at the top. It goes to what is around it instead.

export class FocusKeeper {
  /** @param {HTMLElement} page */
  constructor(page) {
    this.page = page;
    /** @type {Element[]} what had the focus last, and all that is around it */
    this.path = [];
    this.onFocus = (/** @type {FocusEvent} */ event) => {
      this.path = /** @type {Element[]} */ (event.composedPath().filter((at) => at instanceof Element));
    };
    this.watch = new MutationObserver(() => this.look());
  }

  begin() {
    this.page.addEventListener('focusin', this.onFocus);
    this.watch.observe(this.page, { childList: true, subtree: true });
  }

  look() {
    const lost = document.activeElement === document.body && this.path.length > 0 && !this.path[0].isConnected;
    if (lost && !document.querySelector('dialog[open]')) {
      this.give();
    }
  }

  /** To what scrolls around it, else the title; to no neighbour, for that may be the button that deletes. */
  give() {
    const around = this.path.find((at) => at.isConnected && at.matches('[tabindex]') && at.checkVisibility());
    /** @type {HTMLElement|null|undefined} */ (around ?? this.page.querySelector('h1'))?.focus({ preventScroll: true });
  }

  end() {
    this.page.removeEventListener('focusin', this.onFocus);
    this.watch.disconnect();
  }
}
