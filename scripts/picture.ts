// Makes docs/dashboard.png, README's picture of the overview, from the sample on an embedded PostgreSQL: npm run picture
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { loadConfig } from '../src/config/config.ts';
import { startServer } from '../src/web/server/server.ts';

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-picture-'));
const env: NodeJS.ProcessEnv = { ...process.env, FINANCE_DB_HOME: home, FINANCE_DB_TODAY: '2026-11-22' };
// It is about the embedded server, whatever this shell is set up for.
for (const name of Object.keys(env))
  if (/^(DATABASE_URL|FINANCE_DB_DUCKDB|FINANCE_DB_TABLES|PG[A-Z]+)$/.test(name)) delete env[name];
try {
  for (const command of [['init'], ['sync', '--validate']])
    execFileSync(process.execPath, ['bin/finance-db.js', ...command, '--env-file', '/dev/null'], {
      env,
      stdio: 'ignore',
    });
  // So long after the sync, whatever the machine took for it.
  const now = new Date(Date.now() + 120_000);
  const server = await startServer({
    config: loadConfig({}, env, '/'),
    now: () => now,
    port: 0,
    host: null,
    token: null,
    base: '',
    allowedHosts: [],
    trustProxy: false,
    sql: true,
    sync: { automatic: false, follow: null, maxAgeMs: 300_000, program: [], flags: [], cwd: '/', env },
    log: console.error,
  });
  const browser = await chromium.launch({
    executablePath: process.env['FINANCE_DB_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const page = await browser.newPage({
    viewport: { width: 1280, height: 880 },
    colorScheme: 'light',
    locale: 'en-US',
    reducedMotion: 'reduce',
  });
  await page.goto(`http://localhost:${server.port}/`, { waitUntil: 'load' });
  // Every file has a name of its own; a picture that changes with each would be a change of the project's.
  await page.evaluate(`(() => {
    const line = document.querySelector('.data').lastChild;
    line.textContent = line.textContent.replace(/snapshot \\w+/, 'snapshot fde5fb799404');
  })()`);
  await page.screenshot({ path: new URL('../docs/dashboard.png', import.meta.url).pathname });
  await browser.close();
  await server.close();
} finally {
  fs.rmSync(home, { recursive: true, force: true });
}
