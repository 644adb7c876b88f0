/** Who takes the money for somebody else, and puts its own name in front: `SQ *COFFEE`. */
const PROCESSOR =
  /^(?:sq|sqc|gosq|sumup|paypal|pp|pypl|tst|iz|izettle|zettle_?|zettle|sp|spo|py|pay|cko|stripe|klarna|adyen|mollie|bt|fs|dri|digitalriver|ppl|worldpay|nyx|nayax|ven|evt|eb|ls|pos|lnk|ic|wl|ach|goc|rvt|checkout)\s*\*+\s*(?=.*[a-zÀ-ɏ]{2})/i;

const AMAZON =
  /^(?:amzn|amazon|amz)\s*(?:mktp(?:lace)?|mktplace|marketplace|mkt)\b[\s.]*(?:us|uk|de|fr|it|es|ca|eu)?\b.*$/i;

/** Where to ask, behind the name: `HELP.UBER.COM`, `Amzn.com/bill`. */
const ADDRESS = /(?<=[a-zÀ-ɏ]{2}.*) \S+\.(?:com|net|org|co\.uk|de|fr|eu|io)(?:\/\S*)?$/i;

/** `PAYPAL *SPOTIFY`: Spotify. A star within a name (`UBER *TRIP`) becomes a blank, and a code behind it goes. */
export function withoutProcessors(text: string): string {
  const marketplace = MAY_BE_AMAZON.test(text) ? text.replace(AMAZON, 'Amazon Marketplace') : text;
  const named = marketplace.includes('.') ? marketplace.replace(ADDRESS, '') : marketplace;
  if (!named.includes('*')) return named;
  return named
    .replace(PROCESSOR, '')
    .replace(/\*+(?=[^\s*]*\d)[^\s*]+/g, ' ')
    .replace(/\s*\*+\s*/g, ' ');
}

const MAY_BE_AMAZON = /^am[az]/i;
