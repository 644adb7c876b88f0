import fc from 'fast-check';

// The same cases in every run; `FC_SEED=… npm test` tries others.
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20261122) });
