// The rooms that an agent walks through, out of the property of a tour, which is anybody's text: docs/api.md, "Properties".

import { lineOf, listOf } from '../sights.js';

/** @param {any} property @returns {string[]} in the order of the walk, each once */
export const roomsOf = (property) => [...new Set(listOf(property?.rooms).map(lineOf).filter(Boolean))];
