/** Top line: name, installation, views, liveness, role, theme. */
import { Mark } from './mark.tsx';
import { overlay } from './overlays.ts';
import { views } from './routes.ts';
import { counts, isPaused, liveness, nowMs, session, togglePause } from './store.ts';
import type { Liveness } from './store.ts';
import { nextTheme, theme } from './theme-choice.ts';
import { wholeSpan } from './time.ts';

export function Header({ current }: { readonly current: string }) {
  const who = session.value;
  return (
    <header class="header bar">
      <a class="brand" href="/actors">
        <Mark /> Fairlead
      </a>
      {who && (
        <span
          class="chip"
          title={`installation ${who.installation}, host ${who.hostId}, version ${who.version}`}
        >
          <span class="muted">installation</span> <b>{who.installation.slice(0, 8)}</b>
        </span>
      )}
      <nav class="nav" aria-label="Views">
        {views.map(({ name, title, chord }) => (
          <a
            key={name}
            href={`/${name}`}
            aria-current={name === current ? 'page' : undefined}
            title={`g ${chord}`}
          >
            {title}
          </a>
        ))}
      </nav>
      <div class="header-end">
        <LiveBadge />
        {who && (
          <span class="role" title="Signed in as, and with which role">
            {who.user} <span class="muted">{who.role}</span>
          </span>
        )}
        <button type="button" title="Theme: system, light, dark" onClick={nextTheme}>
          <span class="away">Theme: </span>
          {theme}
        </button>
        <button
          type="button"
          aria-label="Keys"
          title="Keys (?)"
          onClick={() => (overlay.value = 'help')}
        >
          ?
        </button>
      </div>
    </header>
  );
}

const signs: Readonly<Record<Liveness, string>> = {
  live: '●',
  paused: '‖',
  reconnecting: '◐',
  offline: '✖',
};

function LiveBadge() {
  const state = liveness.value;
  const asOfMs = counts.value?.asOfMs ?? 0;
  const lag = counts.value?.feed.lag ?? 0;
  const age = asOfMs === 0 ? '' : `, newest change ${wholeSpan(nowMs.value - asOfMs)} old`;
  return (
    <button
      type="button"
      class={`live-badge ${state}`}
      aria-pressed={isPaused.value}
      title={`${state}${age}${lag > 0 ? `, ${lag} steps behind` : ''}. Press p to ${isPaused.value ? 'go on' : 'pause'}.`}
      onClick={togglePause}
    >
      <span aria-hidden="true">{signs[state]}</span> {state}
      {asOfMs > 0 && <span class="muted age">{wholeSpan(nowMs.value - asOfMs)}</span>}
    </button>
  );
}
