// Looking for bytes that must not be there: in every file below a folder, whatever it is.
import fs from 'node:fs';
import path from 'node:path';

export function filesBelow(dir) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const name = path.join(dir, e.name);
    return e.isDirectory() ? filesBelow(name) : e.isFile() ? [name] : [];
  });
}

/** Which of the markers ({name: bytes}) are in which files, "name in file" each. A file that goes
 * away while we look is none. */
export function found(dir, markers) {
  const hits = [];
  for (const file of filesBelow(dir)) {
    let data;
    try {
      data = fs.readFileSync(file);
    } catch (error) {
      if (error.code === 'ENOENT') {
        continue;
      }
      throw error;
    }
    for (const [name, bytes] of Object.entries(markers)) {
      if (data.includes(bytes)) {
        hits.push(`${name} in ${path.relative(dir, file)}`);
      }
    }
  }
  return hits;
}
