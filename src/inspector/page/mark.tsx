/** The product's mark, and the signs of severity: a colour and a shape each. */
import type { Severity } from '../api.ts';

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path class="mark-line" d="M8 1 15 8 8 15 1 8Z" />
      <path class="mark-core" d="M8 5 11 8 8 11 5 8Z" />
    </svg>
  );
}

const shapes: Readonly<Record<Severity, string>> = {
  failing: 'M5 0.6 9.8 9.2H0.2Z',
  changing: 'M5 0.8A4.2 4.2 0 1 1 5 9.2A4.2 4.2 0 1 1 5 0.8M5 2.2V7.8A2.8 2.8 0 0 1 5 2.2',
  healthy: 'M5 0.8A4.2 4.2 0 1 1 5 9.2A4.2 4.2 0 1 1 5 0.8',
  unknown:
    'M5 0.8A4.2 4.2 0 1 1 5 9.2A4.2 4.2 0 1 1 5 0.8M5 2.2A2.8 2.8 0 1 0 5 7.8A2.8 2.8 0 1 0 5 2.2',
};

interface Props {
  readonly severity: Severity;
  /** Its name stands beside it. */
  readonly isNamed?: boolean;
}

export function SeverityMark({ severity, isNamed = false }: Props) {
  const name = isNamed ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': severity };
  return (
    <svg class={`severity ${severity}`} viewBox="0 0 10 10" width="10" height="10" {...name}>
      <path d={shapes[severity]} fill-rule="evenodd" />
    </svg>
  );
}
