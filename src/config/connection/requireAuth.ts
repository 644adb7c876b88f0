/** Ways to log in that `require_auth` can name; `none` is no question at all. */
export const AUTH_METHODS = ['password', 'md5', 'gss', 'sspi', 'scram-sha-256', 'oauth', 'none'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/**
 * The methods that a value of `require_auth` allows: those listed, or with ! before each all but those listed.
 * @returns a text when the value means nothing: what was expected
 */
export function parseRequireAuth(text: string): readonly AuthMethod[] | string {
  const words = text.split(',').map((word) => word.trim());
  const negated = words.filter((word) => word.startsWith('!')).length;
  if (negated > 0 && negated < words.length) return 'either every method has a ! before it, or none';
  const names = words.map((word) => word.replace(/^!\s*/, ''));
  const unknown = names.find((name) => !AUTH_METHODS.some((method) => method === name));
  if (unknown !== undefined)
    return `expected methods of ${AUTH_METHODS.join(', ')}, separated by commas, found ${JSON.stringify(unknown)}`;
  return AUTH_METHODS.filter((method) => names.includes(method) === (negated === 0));
}
