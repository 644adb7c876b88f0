import { durationText } from '../../render/amount.ts';
import { sampleNotice } from '../../render/dataAgeText.ts';
import { followText } from './followText.ts';
import type { Frame } from './frame.ts';
import { type Html, html, trusted } from './html.ts';
import { isPrivate } from './ink.ts';
import { linkHere, linkTo } from './links.ts';
import { isInMore, PAGE_NAMES, PAGES, type PageName } from './pageNames.ts';
import { periodBar } from './periodBar.ts';

/** Pages that are about the file and not about a period. */
const WITHOUT_PERIOD: readonly PageName[] = ['sql', 'status', 'forecast'];

/** The whole document around a page's own part: navigation, period and filters, and what the figures rest on. */
export function layout(frame: Frame, main: Html): Html {
  const { title } = PAGES[frame.page];
  const hidden = isPrivate(frame.query);
  return html`${trusted('<!doctype html>')}
<html lang="en"${hidden && trusted(' data-private="on"')}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · finance-db</title>
<link rel="stylesheet" href="${frame.assets.style}">
<link rel="icon" href="data:,">
<script type="module" src="${frame.assets.script}"></script>
</head>
<body data-base="${frame.base}" data-snapshot="${frame.snapshot?.id ?? ''}">
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<div class="first"><a class="brand" href="${linkTo(frame, 'overview')}">finance<b>db</b></a><nav aria-label="Pages">${navigation(frame)}</nav><div class="tools">${tools(frame, hidden)}</div></div>
${!WITHOUT_PERIOD.includes(frame.page) && periodBar(frame)}
${dataLine(frame)}
${sampleBanner(frame)}
</header>
<p class="fresh" data-fresh hidden role="status"></p>
<main id="main" tabindex="-1"><h1>${title}</h1>
${main}
<p class="printed">${linkHere(frame, {})}${frame.snapshot !== null && ` · snapshot ${frame.snapshot.id}`}</p>
</main>
${keyHelp(frame)}
</body>
</html>
`;
}

function navigation(frame: Frame): Html {
  const names = PAGE_NAMES.filter((name) => name !== 'sql' || frame.sql);
  const entry = (name: PageName): Html => {
    const current = name === frame.page ? trusted(' aria-current="page"') : null;
    return html`<li><a href="${linkTo(frame, name)}" data-key="${PAGES[name].key}"${current}>${PAGES[name].title}</a></li>`;
  };
  // A page that is not in sight is named where it would be looked for.
  const here = isInMore(frame.page);
  return html`<ul>${names.filter((name) => !isInMore(name)).map(entry)}</ul><details class="menu more"><summary${here && trusted(' class="here"')}>${here ? PAGES[frame.page].title : 'More'}</summary><ul class="sheet-box">${names.filter(isInMore).map(entry)}</ul></details>`;
}

function tools(frame: Frame, hidden: boolean): Html {
  return html`<button type="button" class="icon needs-script" data-theme-button aria-label="Light or dark" title="Light or dark">◐</button><a class="icon" href="${linkHere(frame, { private: hidden ? null : '1' })}" title="${hidden ? 'Show amounts' : 'Hide amounts'}"><span aria-hidden="true">${hidden ? '○' : '●'}</span><span class="sr">${hidden ? 'Show amounts' : 'Hide amounts'}</span></a><button type="button" class="icon needs-script" data-keys-button aria-label="Keys" title="Keys (?)">?</button>`;
}

/** The snapshot, its age and its proof. */
function dataLine(frame: Frame): Html {
  const { snapshot, freshness, now } = frame;
  if (snapshot === null) return html`<p class="data">no data yet</p>`;
  const ago = (time: Date): string => {
    const seconds = Math.max(0, (now.getTime() - time.getTime()) / 1000);
    return seconds < 10 ? 'just now' : `${durationText(seconds)} ago`;
  };
  const { proof } = snapshot;
  const followed = followText(freshness.following);
  return html`<p class="data" data-live="${freshness.syncing ? 'running' : freshness.problem === null ? 'idle' : 'failed'}" data-following="${freshness.following?.state ?? ''}">${snapshot.syncedAt && html`data of ${ago(snapshot.syncedAt)} · `}${
    freshness.checkedAt && html`checked ${ago(freshness.checkedAt)} · `
  }<a href="${linkTo(frame, 'status')}#receipts">${
    proof === null
      ? 'not validated'
      : `${proof.outcome.toUpperCase()}, proven ${ago(proof.validatedAt)}${isOlder(snapshot) ? ', before the last sync' : ''}`
  }</a> · snapshot ${snapshot.id}${followed !== null && html` · ${followed}`}${freshness.syncing && html` · syncing`}${
    freshness.problem && html` · <span class="problem">${freshness.problem.message}</span>`
  }</p>`;
}

/** A receipt stays in the file when a later sync changes it. A sync that validates writes both within a moment. */
function isOlder({ proof, syncedAt }: NonNullable<Frame['snapshot']>): boolean {
  return proof !== null && syncedAt !== null && proof.validatedAt.getTime() < syncedAt.getTime();
}

function sampleBanner({ snapshot }: Frame): Html | null {
  const notice = snapshot === null ? null : sampleNotice(snapshot);
  return notice === null ? null : html`<p class="sample" role="note">${notice}</p>`;
}

/** Shown by the script alone, which is what listens to keys. */
function keyHelp(frame: Frame): Html {
  const pages = PAGE_NAMES.filter((name) => name !== 'sql' || frame.sql);
  const key = (keys: string, does: string): Html => html`<div><dt><kbd>${keys}</kbd></dt><dd>${does}</dd></div>`;
  return html`<dialog id="keys" aria-label="Keys"><h2>Keys</h2><dl class="keys">${key('/', 'search')}${key('[', 'the period before')}${key(']', 'the period after')}${key('?', 'these keys')}${key('Ctrl click', 'pick a row, Shift for all between; Ctrl+C copies them')}${pages.map((name) => key(`g ${PAGES[name].key}`, PAGES[name].title))}</dl><form method="dialog"><button>Close</button></form></dialog>`;
}
