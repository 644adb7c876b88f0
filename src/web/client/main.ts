// What runs in the browser: small, and nothing that the page cannot do without.

import { copyRows } from './copyRows.ts';
import { offerFacets } from './facets.ts';
import { stopButton, tidyForms } from './forms.ts';
import { listenToKeys } from './keys.ts';
import { watchForNews } from './news.ts';
import { postButtons } from './posts.ts';
import { fillIn } from './refresh.ts';
import { themeButton } from './theme.ts';

document.documentElement.dataset['scripts'] = 'on';
themeButton();
listenToKeys();
tidyForms();
stopButton();
offerFacets();
postButtons();
copyRows();
watchForNews();
void fillIn();
// Paper has the whole address, which a server behind a proxy need not know.
addEventListener('beforeprint', () => {
  const foot = document.querySelector('.printed');
  if (foot?.textContent?.startsWith('/') === true) foot.prepend(location.origin);
});
// Where the navigation has no room for all pages, this one is in sight.
document.querySelector('nav > ul a[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
