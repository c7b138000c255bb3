// What is loaded while one fills in the form. All in one, so that what it shares with the page is one file, too.

export { enter } from './enter.js';
export { TourModel } from './model.js';
import './live.js';
