declare const FINANCE_DB_VERSION: string | undefined;

/** The version of the tool; the build writes it in, a run from source calls itself so. */
export const VERSION: string = typeof FINANCE_DB_VERSION === 'string' ? FINANCE_DB_VERSION : '0.0.0-source';
