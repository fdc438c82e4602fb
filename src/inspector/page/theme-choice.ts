/** Theme: the system's, or the one chosen; `theme.ts` sets it before the first paint. */
import { signal } from '@preact/signals';

type Theme = 'auto' | 'light' | 'dark';

const next: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };

const chosen = document.documentElement.dataset['theme'];
export const theme = signal<Theme>(chosen === 'light' || chosen === 'dark' ? chosen : 'auto');

export function nextTheme(): void {
  theme.value = next[theme.value];
  if (theme.value === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
  try {
    if (theme.value === 'auto') localStorage.removeItem('fairlead.theme');
    else localStorage.setItem('fairlead.theme', theme.value);
  } catch {
    // Refused by the browser's settings: the choice lasts until the next load.
  }
}
