/** As they stand at the end of a name, without points, in capitals. */
const FORMS = new Set(
  `GMBH MBH GGMBH AG KG KGAA SE OHG GBR UG EK EV EG INC LLC LTD LIMITED PLC CORP CORPORATION LP LLP
SARL SASU SAS SA SCA SCS EURL SPA SRL BV NV VOF CV AB AS ASA APS OY OYJ SL SLU KFT SRO PTY SP ZOO SPZOO`.split(/\s+/),
);
/** What joins two of them: `GmbH & Co. KG`, `S.à r.l. et Cie, S.C.A.`; alone at the end of a name (Harvest & Co) it stays. */
const JOINTS = new Set([
  '&',
  '+',
  'CO',
  'CIE',
  'ET',
  'UND',
  'AND',
  'Z',
  'OO',
  'HAFTUNGSBESCHRÄNKT',
  'HAFTUNGSBESCHRANKT',
]);
/** Forms that no name has within: what follows one is an addition of the bank's or of the branch. */
const WITHIN =
  /^(.*?\S*\p{L}{3}\S*),? (?:GmbH|GMBH|gmbh|LTD|Ltd|LLC|Inc|INC|SARL|AG|KG|PLC)\b[.,]? +(?!&|\+|Co\b|CO\b|co\b)\S.*$/u;
const MAY_BE_WITHIN = / (?:GmbH|GMBH|gmbh|LTD|Ltd|LLC|Inc|INC|SARL|AG|KG|PLC)\b[.,]? /;
const SARL = /\bS\. ?[àaÀA]\.? ?r\. ?l\./giu;

/** Takes the legal form away that a name ends in, and what a bank has put behind it. */
export function withoutLegalForms(text: string): string {
  const space = text.lastIndexOf(' ');
  if (space < 0 || (!MAY_BE_WITHIN.test(text) && !mayEnd(text.slice(space + 1)))) return text;
  const named = text.includes('.') ? text.replace(SARL, 'SARL') : text;
  const words = ((MAY_BE_WITHIN.test(named) ? WITHIN.exec(named)?.[1] : undefined) ?? named).split(' ');
  // A joint belongs to a form only where another form stands before it.
  let end = words.length;
  let kept = end;
  while (end > 1) {
    const word = words[end - 1] ?? '';
    const bare = (MARKS.test(word) ? word.replace(ALL_MARKS, '') : word).toUpperCase();
    if (FORMS.has(bare) && isWritten(word, bare)) kept = end - 1;
    else if (!JOINTS.has(bare)) break;
    end--;
  }
  return words.slice(0, kept).join(' ').replace(TRAILING, '');
}

function mayEnd(word: string): boolean {
  return word.includes('.') || FORMS.has(word.toUpperCase().replace(ALL_MARKS, ''));
}

/** Short forms may be words: `As`, `Se`. Capitals, small letters or points all through tell them apart. */
function isWritten(word: string, bare: string): boolean {
  if (bare.length > 2 || word.includes('.')) return true;
  const letters = word.replace(ALL_MARKS, '');
  return letters === bare || letters === bare.toLowerCase() || bare === 'BV' || bare === 'NV';
}

const MARKS = /[.,()]/;
const ALL_MARKS = /[.,()]/g;
const TRAILING = /[\s,;]+$/;
