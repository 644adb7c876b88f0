/** A feature in words: `"shell"`, `account visa`, `amounts of 32 to 64`. */
export function wordsOfFeature(name: string): string {
  const [kind = '', value = ''] = splitAt(name, ':');
  const [first = '', second = ''] = splitAt(value, '|');
  switch (kind) {
    case 's':
      return sizeInWords(value);
    case 'ps':
      return `${quoted(second)} with ${sizeInWords(first)}`;
    case 'a':
      return `account ${value}`;
    case 'as':
      return `${second === '-' ? 'money out' : second === '+' ? 'money in' : 'nothing'} of account ${first}`;
    case 'ap':
    case 'aw':
      return `${quoted(second)} on account ${first}`;
    case 'm':
      return `merchant code ${value}`;
    default:
      return quoted(value);
  }
}

function splitAt(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function quoted(text: string): string {
  return `"${text.trim()}"`;
}

/** `-6r`: 32 to 64 out, a multiple of five. */
function sizeInWords(size: string): string {
  const power = Number.parseInt(size.slice(1), 10);
  if (!Number.isInteger(power)) return 'an amount of 0';
  const bounds = power === 0 ? 'below 1' : `${2 ** (power - 1)} to ${2 ** power}`;
  return `${size.endsWith('r') ? 'round ' : ''}amounts ${bounds} ${size.startsWith('-') ? 'out' : 'in'}`;
}
