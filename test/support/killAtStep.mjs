// Loaded before the tool (NODE_OPTIONS=--import): counts what it is about to change below KILL_ROOT, and ends it with SIGKILL before change
// number KILL_AT, so that a crash comes exactly between two steps. Writes how many there were to KILL_COUNT when it was not killed.
import fs from 'node:fs';

const { KILL_ROOT: root = '', KILL_AT: at = '0', KILL_COUNT: count } = process.env;
const append = fs.writeFileSync;
let steps = 0;
for (const name of ['writeFileSync', 'renameSync', 'linkSync', 'rmSync', 'rmdirSync', 'fsyncSync']) {
  const real = fs[name];
  fs[name] = (place, ...rest) => {
    // A file that is flushed is known by its number alone: DuckDB has written it, and the tool has not counted on it yet.
    const ours = typeof place === 'string' ? place.startsWith(root) : pathOf(place).startsWith(root);
    if (ours && ++steps === Number(at)) process.kill(process.pid, 'SIGKILL');
    return real(place, ...rest);
  };
}

function pathOf(fd) {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

process.on('exit', () => {
  if (count !== undefined) append(count, String(steps));
});
