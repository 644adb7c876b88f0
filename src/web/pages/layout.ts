import { durationText } from '../../render/amount.ts';
import { sampleNotice } from '../../render/dataAgeText.ts';
import type { Frame } from './frame.ts';
import { type Html, html, trusted } from './html.ts';
import { linkTo, pathTo } from './links.ts';
import { PAGE_NAMES, PAGES } from './pageNames.ts';

/** The whole document around a page's own part: navigation, period and filters, and what the figures rest on. */
export function layout(frame: Frame, main: Html): Html {
  const { title } = PAGES[frame.page];
  return html`${trusted('<!doctype html>')}
<html lang="en">
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
<header>
<nav aria-label="Pages">${navigation(frame)}</nav>
${periodBar(frame)}
${dataLine(frame)}
</header>
${sampleBanner(frame)}
<main id="main"><h1>${title}</h1>
${main}
</main>
</body>
</html>
`;
}

function navigation(frame: Frame): Html {
  const names = PAGE_NAMES.filter((name) => name !== 'sql' || frame.sql);
  return html`<ul>${names.map((name) => {
    const current = name === frame.page ? trusted(' aria-current="page"') : null;
    return html`<li><a href="${linkTo(frame, name)}" data-key="${PAGES[name].key}"${current}>${PAGES[name].title}</a></li>`;
  })}</ul>`;
}

/** Without scripts too: a form that asks for the same page. Filters beside the period go along as they are. */
function periodBar(frame: Frame): Html {
  const kept = [...frame.query].filter(([name]) => name !== 'period' && name !== 'from' && name !== 'to');
  return html`<form class="period" action="${pathTo(frame, PAGES[frame.page].path)}">
<label>Period <input name="period" value="${frame.query.get('period') ?? ''}" placeholder="last month"></label>
${kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button>Show</button>
</form>`;
}

/** The snapshot, its age and its proof. */
function dataLine(frame: Frame): Html {
  const { snapshot, freshness, now } = frame;
  if (snapshot === null) return html`<p class="data">no data yet</p>`;
  const ago = (time: Date): string => `${durationText(Math.max(0, (now.getTime() - time.getTime()) / 1000))} ago`;
  const { proof } = snapshot;
  return html`<p class="data" data-live="freshness">${snapshot.syncedAt && html`data of ${ago(snapshot.syncedAt)} · `}${
    freshness.checkedAt && html`checked ${ago(freshness.checkedAt)} · `
  }<a href="${linkTo(frame, 'status')}">${
    proof === null ? 'not validated' : `${proof.outcome.toUpperCase()}, proven ${ago(proof.validatedAt)}`
  }</a> · snapshot ${snapshot.id}${freshness.syncing && html` · syncing`}${
    freshness.problem && html` · <span class="problem">${freshness.problem.message}</span>`
  }</p>`;
}

function sampleBanner({ snapshot }: Frame): Html | null {
  const notice = snapshot === null ? null : sampleNotice(snapshot);
  return notice === null ? null : html`<p class="sample" role="note">${notice}</p>`;
}
