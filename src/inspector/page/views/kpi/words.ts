/** Figures as people read them. Pure. */
import type { Kpi } from '../../../api.ts';

/** `0.31 s`, `09:48`, `1:02:03`, `99.6 %`, `3`, `12.0/min`; `unknown` until something was measured. */
export function valueText(unit: Kpi['unit'], value: number | undefined): string {
  if (value === undefined) return 'unknown';
  switch (unit) {
    case 'seconds':
      return value < 60 ? `${value.toFixed(2)} s` : stopwatch(value);
    case 'share':
      return `${(100 * value).toFixed(1)} %`;
    case 'count':
      return String(value);
    case 'perMinute':
      return `${value.toFixed(1)}/min`;
  }
}

function stopwatch(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (count: number): string => String(count).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return `${hours === 0 ? two(minutes) : `${hours}:${two(minutes)}`}:${two(whole % 60)}`;
}

/** `target < 15:00, alert > 20:00`; empty for a figure that is only watched. */
export function boundsText({ unit, target, alert, below }: Kpi): string {
  const parts: string[] = [];
  const round = (bound: number): string => valueText(unit, bound).replace(/\.0+(?=\D|$)/, '');
  if (target !== undefined) {
    const sign = target === 0 ? '' : below ? '< ' : '> ';
    parts.push(`target ${sign}${round(target)}`);
  }
  if (alert !== undefined) parts.push(`alert ${below ? '>' : '<'} ${round(alert)}`);
  return parts.join(', ');
}

/** Sign, mood and word of a verdict; a figure without a target is only watched. */
export function verdictOf({
  verdict,
  target,
}: Kpi): readonly [sign: string, mood: string, word: string] {
  if (verdict === 'unknown') return ['?', 'idle', 'not measured yet'];
  if (target === undefined) return ['○', 'idle', 'watched'];
  if (verdict === 'alert') return ['✖', 'bad', 'alert'];
  return verdict === 'met' ? ['✔', 'good', 'met'] : ['◐', 'changing', 'missed'];
}

/** Top of the picture: all that was seen, and the bounds it is judged by. */
export function scaleOf({ target, alert }: Kpi, seen: readonly number[]): number {
  const most = Math.max(0, target ?? 0, alert ?? 0, ...seen);
  return most === 0 ? 1 : most * 1.1;
}
