// Stands in for @duckdb/node-bindings in the bundle: finds the same native part without loading child_process and
// detect-libc, which cost a query more than opening the file. Falls back to the package's own way.
const fs = require('node:fs');

/** Whether this Node runs on musl: its program header names the dynamic loader. */
function isMusl() {
  const fd = fs.openSync(process.execPath, 'r');
  try {
    const head = Buffer.alloc(4096);
    fs.readSync(fd, head, 0, head.length, 0);
    return head.includes('/ld-musl-');
  } finally {
    fs.closeSync(fd);
  }
}

function load() {
  try {
    const libc = process.platform === 'linux' && isMusl() ? '-musl' : '';
    return require(`@duckdb/node-bindings-${process.platform}-${process.arch}${libc}/duckdb.node`);
  } catch {
    // Not there, or below another package's folder: as @duckdb/node-api itself would find it.
    return require('node:module').createRequire(require.resolve('@duckdb/node-api'))('@duckdb/node-bindings');
  }
}

module.exports = load();
