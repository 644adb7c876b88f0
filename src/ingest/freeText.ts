/** Fields as one text: those that hold something, joined by a blank, white space single; one that another already says is left out. */
export function joinedText(fields: readonly (string | null | undefined)[]): string {
  const kept: string[] = [];
  for (const field of fields) {
    const text = field === null || field === undefined ? '' : single(field);
    if (text === '' || kept.some((other) => other.includes(text))) continue;
    for (let index = kept.length - 1; index >= 0; index--) if (text.includes(kept[index] ?? '')) kept.splice(index, 1);
    kept.push(text);
  }
  return kept.join(' ');
}

/** White space single, none at the ends. */
export function single(text: string): string {
  return UNEVEN.test(text) ? text.replace(/\s+/g, ' ').trim() : text;
}

const UNEVEN = /^\s|\s$|\s\s|[^\S ]/;

/**
 * A copy that stands alone. A piece of a long text keeps all of that text in memory: what is kept for long, such as the
 * name of each statement's account, must not.
 */
export function standingAlone(text: string): string {
  return ` ${text}`.slice(1);
}

/** The text with single white space, or null where there is none. */
export function textOrNull(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  return single(text) || null;
}

/** The bank's id of an entry, or null for what stands there when there is none. */
export function idOrNull(text: string | null | undefined): string | null {
  const id = textOrNull(text);
  return id === null || /^(nonref|[ekp]ref\+?|notprovided|not provided|none|n\/a|[-.]+|0+)$/i.test(id) ? null : id;
}
