/**
 * What a terminal must not be given as it came: C0 and C1 controls, which move the cursor, recolour or answer back; marks
 * that turn the direction of text around; and characters that take no room, by which two names look the same.
 */
const UNSAFE =
  /\u034f|[\u180b-\u180f]|[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Joiners stay where emoji and scripts such as Persian and Hindi need them; so do the tags of the flags of Scotland and Wales. */
const NEEDED =
  /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]+\u{e007f}|(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})|(?<=(?!\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic})[\p{L}\p{M}])[\u200c\u200d](?=(?!\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic})[\p{L}\p{M}])/u;

/** Bold, dim, italic, underlined and the colours of letters: all that the tool itself uses. Nothing hides or covers text. */
const OWN_STYLE = /\u001b\[(?:[1-4]|2[234]|3[0-79]|9[0-7])m/;

const CELL = new RegExp(`${NEEDED.source}|(${UNSAFE.source})`, 'gu');
const TEXT = new RegExp(`${NEEDED.source}|(?![\\n\\t])(${UNSAFE.source})`, 'gu');
const STYLED_CELL = new RegExp(`${OWN_STYLE.source}|${CELL.source}`, 'gu');
const STYLED = new RegExp(`${OWN_STYLE.source}|${TEXT.source}`, 'gu');

const PLAIN_CELL = /^[\x20-\x7e]*$/;
const PLAIN_TEXT = /^[\x20-\x7e\n\t]*$/;

const CELL_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes data safe and one line high for a terminal: what could move the cursor, recolour the screen, reverse text or hide
 * in it is shown as an escape (`\n`, `\x1b`, `\u202e`). For cells, names and whatever gets styled afterwards.
 * @param styled lets the codes of the tool's own colours through.
 */
export function printable(text: string, styled = false): string {
  if (PLAIN_CELL.test(text)) return text;
  return text.replace(styled ? STYLED_CELL : CELL, (match, unsafe: string | undefined) => {
    if (unsafe === undefined) return match;
    const code = unsafe.charCodeAt(0);
    return CELL_ESCAPES[unsafe] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : jsonEscape(unsafe));
  });
}

/**
 * The same for a text of several lines, which may hold tabs. Escapes are those of JSON, so that a document stays one.
 * @param styled lets the codes of the tool's own colours through: for text whose data went through `printable`.
 */
export function printableText(text: string, styled = false): string {
  if (PLAIN_TEXT.test(text)) return text;
  return text.replace(styled ? STYLED : TEXT, (match, unsafe: string | undefined) =>
    unsafe === undefined ? match : jsonEscape(unsafe),
  );
}

function jsonEscape(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index++)
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  return escaped;
}
