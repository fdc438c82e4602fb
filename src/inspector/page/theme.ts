/** Sets the theme before the first paint. A script of its own: the page's security policy allows none in its markup. */
export {};

let kept: string | null = null;
try {
  kept = localStorage.getItem('fairlead.theme');
} catch {
  // Storage may be refused by the browser's settings; the system's theme is then taken.
}
if (kept === 'light' || kept === 'dark') document.documentElement.dataset['theme'] = kept;
