#!/usr/bin/env -S node --
// The -- keeps Node from taking our --env-file for its own: it would look for the file itself (exit 9) and obey a
// NODE_OPTIONS in it. GNU's, macOS's and BSD's env know -S, and so does npm's launcher for Windows; busybox's does not.
// Starts dist/main.cjs. What V8 compiled of it, and of the bundle that a command has for itself, is kept in dist/.cache, one file per command
// (and its --lake) and version of Node, which takes a third off the start of a query; where that folder cannot be written it is left out.
// NODE_DISABLE_COMPILE_CACHE=1 turns it off, as it does Node's own.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const COMMANDS = ['init', 'sync', 'lake', 'validate', 'stats', 'query', 'status', 'help', '--help'];
const folder = path.join(__dirname, '..', 'dist');

/** The cache of this command for this very bundle and Node; another bundle has another name. */
function cacheFile(bundle) {
  const { size, mtimeMs } = fs.statSync(bundle);
  const [, , word = '--help'] = process.argv;
  // What reads a lake needs more than what reads a file.
  const over = process.argv.includes('--lake') ? '-lake' : '';
  const command = (COMMANDS.includes(word) ? word.replace('--', '') : 'other') + over;
  const name = path.basename(bundle, '.cjs');
  const part = name === 'main' ? '' : `${name}-`;
  return path.join(
    folder,
    '.cache',
    `${command}-${part}${process.version}-${process.arch}-${size}-${Math.round(mtimeMs)}`,
  );
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Written aside and renamed, so that a cache is whole or not there. */
function keep(file, data) {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.${process.pid}`, data);
    fs.renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A read-only installation: the next start compiles again.
  }
}

/** @param name of a file in dist */
function load(name) {
  const bundle = path.join(folder, name);
  // Source maps are read only when a stack trace was asked for, and only Node's own loader knows of them.
  const verbose = process.argv.includes('--verbose');
  if (verbose) process.setSourceMapsEnabled(true);
  if (verbose || process.env.NODE_DISABLE_COMPILE_CACHE) return require(bundle);
  const file = cacheFile(bundle);
  const cachedData = readIfThere(file);
  const source = fs.readFileSync(bundle, 'latin1');
  const script = new vm.Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, {
    filename: bundle,
    cachedData,
    importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const made = { exports: {} };
  const plain = require('node:module').createRequire(bundle);
  const beside = Object.assign((id) => (/^\.\/\w+\.cjs$/.test(id) ? load(id) : plain(id)), plain);
  script.runInThisContext()(made.exports, beside, made, bundle, folder);
  if (cachedData === undefined || script.cachedDataRejected)
    process.on('exit', (code) => {
      // After a long run V8 has let go of what the start needed, and after an error the rest was never compiled.
      if (code === 0 && process.uptime() < 3) keep(file, script.createCachedData());
    });
  return made.exports;
}

load('main.cjs').main();
