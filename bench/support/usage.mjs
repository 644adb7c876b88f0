// Loaded into a child before its program: at its end it writes the peak of its resident memory, in bytes, and its
// seconds of CPU to BENCH_USAGE.
import fs from 'node:fs';

process.on('exit', () => {
  fs.writeFileSync(process.env.BENCH_USAGE, `${peak()} ${cpu()}`);
});

function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function peak() {
  try {
    // ru_maxrss may still hold what the parent had before exec; VmHWM is of this program alone.
    const line = /^VmHWM:\s*(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'));
    return Number(line[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
