/** State of a breaker: sign, word and colour. */

const looks: Readonly<Record<string, readonly [sign: string, mood: string, word: string]>> = {
  closed: ['●', 'good', 'closed'],
  halfOpen: ['◐', 'changing', 'half open'],
  open: ['✖', 'bad', 'open'],
  isolated: ['■', 'idle', 'isolated'],
  metricsOnly: ['○', 'idle', 'observed'],
};

export function BreakerState({ state }: { readonly state: string }) {
  const [sign, mood, word] = looks[state] ?? ['?', 'idle', state];
  return (
    <span class={`mood ${mood}`}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
}
