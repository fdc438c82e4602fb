/** Red line over the view while what is shown is old or nothing can be sent; says since when and what still works. */
import { counts, link, linkLostMs, nowMs, session } from './store.ts';
import { clock, wholeSpan } from './time.ts';

export function Banner() {
  const text = bannerText();
  return (
    <div aria-live="polite">
      {text !== '' && (
        <p class="banner" id="banner">
          {text}
        </p>
      )}
    </div>
  );
}

function bannerText(): string {
  const feed = counts.value?.feed;
  if (link.value === 'lost' && nowMs.value - linkLostMs.value > 2000)
    return `The host does not answer since ${clock(linkLostMs.value, nowMs.value)}. What is shown is from then; the page tries again by itself.`;
  if (feed?.status === 'offline') {
    const since = feed.sinceMs > 0 ? ` since ${clock(feed.sinceMs, nowMs.value)}` : '';
    const age = feed.sinceMs > 0 ? `, data ${wholeSpan(nowMs.value - feed.sinceMs)} old` : '';
    return `NATS unreachable${since}${age}, read-only`;
  }
  return session.value?.readOnlyBecause ?? '';
}
