// What runs in the browser: small, and nothing that the page cannot do without.
document.documentElement.dataset['scripts'] = 'on';
