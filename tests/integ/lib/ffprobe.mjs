// What ffprobe says of a file.
import { execFileSync, spawnSync } from 'node:child_process';

/** The entries that the arguments ask for, as lines of values. */
export const probe = (file, ...args) =>
  execFileSync('ffprobe', ['-v', 'error', '-of', 'csv=p=0', ...args, file], { encoding: 'utf8' });

/** What it and its decoders complain of when they read all of it: '' when of nothing. */
export const complaints = (file) =>
  spawnSync('ffprobe', ['-v', 'warning', '-count_frames', '-show_streams', file], { encoding: 'utf8' }).stderr;
