export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  globalSetup: '<rootDir>/test/support/globalSetup.ts',
  globalTeardown: '<rootDir>/test/support/globalTeardown.ts',
  reporters: ['default', '<rootDir>/test/support/closingLine.mjs'],
  testSequencer: '<rootDir>/test/support/longestFirst.mjs',
  setupFiles: ['<rootDir>/test/support/fastCheckSeed.ts'],
  // What takes ten seconds on a quiet machine took over a minute on one that eight worked on.
  testTimeout: 300_000,
  // Tests wait for servers and disks as long as they compute: three keep two cores busy.
  maxWorkers: 3,
};
