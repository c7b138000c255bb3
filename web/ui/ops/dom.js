// Small helpers to build elements; text is always text, never markup.

/** @typedef {Node|string|null|undefined|false} Child */

/**
 * An element with attributes (on… = listener, true/false = boolean attribute) and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [attributes] @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      node.addEventListener(name.slice(2), value);
    } else if (value === true) {
      node.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, String(value));
    }
  }
  node.append(.../** @type {(Node|string)[]} */ (children.filter((c) => c || c === '')));
  return node;
}

// Outline icons on a 24x24 grid.
/** @type {Record<string, string>} */
const ICONS = {
  microphone: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3M6 11a6 6 0 0 0 12 0M12 17v4',
  'microphone-off': 'M4 4l16 16M9 9v2a3 3 0 0 0 5 2.2M15 11V6a3 3 0 0 0-5.7-1.3M6 11a6 6 0 0 0 9.5 4.9M12 17v4',
  camera: 'M4 7h10a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2M16 11l6-3v8l-6-3',
  'camera-off': 'M4 4l16 16M7 7H4a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2h10M16 12V9a2 2 0 0 0-2-2h-3M16 11l6-3v8l-3-1.5',
  screen: 'M3 5h18v11H3zM8 20h8M12 16v4M9 11l3-3 3 3M12 8v5',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2 20a7 7 0 0 1 14 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18.5 14.5A7 7 0 0 1 22 20',
  record: 'M12 12m-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0M12 12m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  flip: 'M4 12a8 8 0 0 1 14-5.3M20 4v4h-4M20 12a8 8 0 0 1-14 5.3M4 20v-4h4',
  sound: 'M4 10v4h3l5 4V6l-5 4zM16 9a4 4 0 0 1 0 6',
};

/** @param {string} name */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', ICONS[name] ?? '');
  svg.append(path);
  return svg;
}

/** Replaces the page's content. @param {...Child} children */
export function show(...children) {
  const app = /** @type {HTMLElement} */ (document.getElementById('app'));
  app.replaceChildren(.../** @type {(Node|string)[]} */ (children.filter(Boolean)));
}

/**
 * A message that fills the page.
 * @param {{title: string, text?: string, busy?: boolean, action?: {label: string, run: () => void}}} n
 */
export function notice({ title, text, busy, action }) {
  show(el('section', { class: 'notice', role: 'status' },
    el('div', {},
      busy && el('div', { class: 'spinner' }),
      el('h1', {}, title),
      text && el('p', { class: 'soft' }, text),
      action && el('button', { class: 'primary', type: 'button', onclick: action.run }, action.label))));
}

/** Says something for a few seconds, to the eye and to a screen reader. @param {string} text */
export function toast(text) {
  let box = document.querySelector('.toasts');
  if (!box) {
    box = el('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
    document.body.append(box);
  }
  const line = el('div', { class: 'toast' }, text);
  box.append(line);
  setTimeout(() => line.remove(), 5000);
}

/**
 * Asks what is meant; '' when no answer is given.
 * @param {{title: string, text: string, choices: {value: string, label: string}[]}} question @returns {Promise<string>}
 */
export function choose({ title, text, choices }) {
  return new Promise((resolve) => {
    const dialog = el('dialog', {},
      el('form', { method: 'dialog' },
        el('h2', {}, title),
        el('p', { class: 'soft' }, text),
        el('div', { class: 'row' },
          ...choices.map(({ value, label }) => el('button', { value, 'data-choice': value }, label)))));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Asks before something that cannot be taken back.
 * @param {{title: string, text: string, confirm: string}} question @returns {Promise<boolean>}
 */
export function ask({ title, text, confirm }) {
  return new Promise((resolve) => {
    const dialog = el('dialog', {},
      el('form', { method: 'dialog' },
        el('h2', {}, title),
        el('p', { class: 'soft' }, text),
        el('div', { class: 'row' },
          el('button', { value: 'no', autofocus: true }, 'Cancel'),
          el('button', { value: 'yes', class: 'danger' }, confirm))));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
