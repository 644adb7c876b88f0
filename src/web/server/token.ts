import crypto from 'node:crypto';

/** A token that nobody guesses: 192 bits. */
export function newToken(): string {
  return crypto.randomBytes(24).toString('base64url');
}

/** How visitors prove that they know the token. */
export interface TokenCheck {
  /** The name of the cookie: cookies do not know of ports, so that two servers on one machine would share them. */
  readonly cookie: string;
  /** What the cookie holds: not the token itself, so that it is nowhere but in its owner's hands. */
  readonly session: string;
  isToken(text: string): boolean;
  isSession(text: string): boolean;
}

/** @param port what the cookie is named after */
export function tokenCheck(token: string, port: number): TokenCheck {
  const session = crypto.createHmac('sha256', token).update('finance-db session').digest('base64url');
  return {
    cookie: `finance-db-${port}`,
    session,
    isToken: (text) => sameText(text, token),
    isSession: (text) => sameText(text, session),
  };
}

/** In a time that tells nothing of where they differ, nor of their lengths. */
function sameText(a: string, b: string): boolean {
  const key = crypto.randomBytes(32);
  const digest = (text: string): Buffer => crypto.createHmac('sha256', key).update(text).digest();
  return crypto.timingSafeEqual(digest(a), digest(b));
}
